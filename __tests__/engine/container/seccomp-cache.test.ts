import { readdirSync, writeFileSync } from 'node:fs';
import { compileFilter } from '../../../lib/core/sys/libseccomp.ts';
import { addCompiledFilter, FILTER_ANNOTATION } from '../../../lib/engine/container/seccomp-cache.ts';
import { filterRules } from '../../../lib/oci/model/runtime-spec/seccomp-filter.ts';
import type { Seccomp, Spec } from '../../../lib/oci/model/runtime-spec/types.ts';
import { TestStore } from '../../helpers/container-records.ts';

const seccomp = {
  defaultAction: 'SCMP_ACT_ALLOW',
  architectures: [],
  syscalls: [{ names: ['swapon'], action: 'SCMP_ACT_ERRNO' }],
} as Seccomp;
const specOf = (rules?: Seccomp): Spec =>
  ({ annotations: { a: 'b' }, linux: { seccomp: rules } }) as unknown as Spec;
const program = compileFilter(filterRules(seccomp));
const here = program === undefined ? test.skip : test;

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());
const kept = (): string[] => readdirSync(`${records.runRoot}/seccomp`);

here('compiled once for the same rules, and kept (skipped without libseccomp)', async () => {
  const spec = specOf(seccomp);
  await addCompiledFilter(records.store, spec);
  expect(spec.annotations).toEqual({ a: 'b', [FILTER_ANNOTATION]: Buffer.from(program!).toString('base64') });
  expect(spec.linux!.seccomp).toBe(seccomp);
  expect(kept()).toHaveLength(1);
  writeFileSync(`${records.runRoot}/seccomp/${kept()[0]}`, 'kept');
  const again = specOf(seccomp);
  await addCompiledFilter(records.store, again);
  expect(again.annotations![FILTER_ANNOTATION]).toBe('kept');
  await addCompiledFilter(records.store, specOf({ ...seccomp, defaultAction: 'SCMP_ACT_LOG' }));
  expect(kept()).toHaveLength(2);
});

test.each<[string, Seccomp | undefined]>([
  ['no rules', undefined],
  ['flags', { ...seccomp, flags: ['SECCOMP_FILTER_FLAG_LOG'] }],
  ['a listener', { ...seccomp, listenerPath: '/run/x' }],
  [
    'rules that libseccomp refuses',
    {
      ...seccomp,
      syscalls: [
        { names: ['read'], action: 'SCMP_ACT_ERRNO', args: [{ index: 9, op: 'SCMP_CMP_EQ', value: 0 }] },
      ],
    } as Seccomp,
  ],
])('%s are left to the runtime', async (_, rules) => {
  const spec = specOf(rules);
  await addCompiledFilter(records.store, spec);
  expect([spec.annotations, kept()]).toEqual([{ a: 'b' }, []]);
});
