/**
 * Compiling the default system call filter takes libseccomp 15 ms, half of what crun needs for a container. The program
 * depends on nothing but the rules, so it is compiled once after a boot and handed to crun ready made (crun(1),
 * run.oci.seccomp_bpf_data). The rules stay in the specification: a runtime that does not know the annotation compiles
 * them itself, to the same effect.
 */
import { readFileSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { renameAt2 } from '../../core/sys/file.ts';
import { span } from '../../core/trace.ts';
import type { Seccomp, Spec } from '../../oci/model/runtime-spec/types.ts';
import type { Store } from '../../storage/store.ts';

export const FILTER_ANNOTATION = 'run.oci.seccomp_bpf_data';

/** Adds the compiled filter to a specification that has rules. */
export async function addCompiledFilter(store: Store, spec: Spec): Promise<void> {
  const { seccomp } = spec.linux ?? {};
  if (seccomp === undefined || seccomp.flags?.length || seccomp.listenerPath) return;
  using _ = span('system call filter');
  const file = `${store.runRoot}/seccomp/${Bun.hash(JSON.stringify(seccomp)).toString(16)}`;
  const filter = readFilter(file) ?? (await compile(seccomp, file));
  if (filter !== undefined) spec.annotations = { ...spec.annotations, [FILTER_ANNOTATION]: filter };
}

function readFilter(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function compile(seccomp: Seccomp, file: string): Promise<string | undefined> {
  const [{ compileFilter }, { filterRules }] = await Promise.all([
    import('../../core/sys/libseccomp.ts'),
    import('../../oci/model/runtime-spec/seccomp-filter.ts'),
  ]);
  let program: Uint8Array | undefined;
  try {
    program = compileFilter(filterRules(seccomp));
  } catch (error) {
    // A profile that libseccomp refuses is the runtime's to judge, in its own words.
    if (error instanceof ProaError) return undefined;
    throw error;
  }
  if (program === undefined) return undefined;
  const text = Buffer.from(program).toString('base64');
  // Several first containers may do this at once: each writes a file of its own, and no reader sees a part of one.
  const own = `${file}.${process.pid}`;
  writeFile(own, text, { mode: 0o600 });
  renameAt2(own, file);
  return text;
}
