import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { compileFilter } from '../../../../lib/core/sys/libseccomp.ts';
import { DEFAULT_CAPABILITIES } from '../../../../lib/oci/model/runtime-spec/capabilities.ts';
import { defaultSeccomp, hostArchitecture } from '../../../../lib/oci/model/runtime-spec/seccomp.ts';
import { filterRules } from '../../../../lib/oci/model/runtime-spec/seccomp-filter.ts';
import type { Seccomp } from '../../../../lib/oci/model/runtime-spec/types.ts';
import { crunRefuses } from '../../../../lib/oci/runtime/select.ts';
import { verdict } from '../../../helpers/bpf.ts';
import { Bundle, reasonToSkip } from './bundle.ts';

/** What crun itself makes of the rules: it leaves its program in its state folder. */
function crunsProgram(seccomp: Seccomp): Buffer {
  using bundle = new Bundle();
  bundle.run('crun', 'true', {}); // writes config.json
  const file = `${bundle.dir}/config.json`;
  const spec = JSON.parse(readFileSync(file, 'utf8')) as {
    process: { rlimits?: unknown };
    linux: { seccomp: Seccomp };
  };
  spec.linux.seccomp = seccomp;
  // Unlimited ones are numbers that JSON.parse rounds.
  delete spec.process.rlimits;
  writeFileSync(file, JSON.stringify(spec));
  const crun = (...args: string[]): void => {
    const argv = ['crun', '--root', `${bundle.dir}/state`, ...args];
    // Where crun refuses the hybrid layout, it gets to see a v1 layout (see bundle.ts).
    if (crunRefuses())
      argv.unshift('unshare', '--mount', 'sh', '-c', 'umount -l /sys/fs/cgroup/unified && exec "$@"', '-');
    // No pipes: the container that waits for its start would hold them open.
    const { status } = spawnSync(argv[0]!, argv.slice(1), { stdio: 'ignore' });
    if (status !== 0) throw new Error(`crun ${args[0]}: exit ${status}`);
  };
  const id = `proa-seccomp-${process.pid}`;
  crun('create', '--bundle', bundle.dir, id);
  try {
    const state = `${bundle.dir}/state/${id}`;
    if (!readdirSync(state).includes('seccomp.bpf')) throw new Error('crun left no seccomp.bpf');
    return readFileSync(`${state}/seccomp.bpf`);
  } finally {
    crun('delete', '--force', id);
  }
}

const profile = (syscalls: Seccomp['syscalls']): Seccomp => {
  const architectures =
    process.arch === 'arm64' ? ['SCMP_ARCH_AARCH64'] : ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'];
  return { defaultAction: 'SCMP_ACT_ALLOW', architectures, syscalls };
};
const condition = (index: number, op: string, value: number, valueTwo?: number) => ({
  index,
  op,
  value,
  valueTwo,
});

const deny = (name: string, ...args: ReturnType<typeof condition>[]) => {
  return { names: [name], action: 'SCMP_ACT_ERRNO', args };
};

const profiles: [string, Seccomp][] = [
  [
    'the default one',
    defaultSeccomp({ capabilities: DEFAULT_CAPABILITIES, architecture: hostArchitecture() }),
  ],
  [
    'several actions and errno values',
    profile([
      { names: ['swapon', 'no_such_call'], action: 'SCMP_ACT_ERRNO', errnoRet: 28 },
      { names: ['swapoff'], action: 'SCMP_ACT_ERRNO' },
      { names: ['ptrace'], action: 'SCMP_ACT_KILL_PROCESS' },
      { names: ['reboot'], action: 'SCMP_ACT_KILL' },
      { names: ['acct'], action: 'SCMP_ACT_TRAP' },
      { names: ['bpf'], action: 'SCMP_ACT_LOG' },
    ]),
  ],
  [
    'conditions: all of a rule, and alternatives where one argument comes twice',
    profile([
      deny('socket', condition(0, 'SCMP_CMP_EQ', 21), condition(1, 'SCMP_CMP_NE', 3)),
      deny('personality', condition(0, 'SCMP_CMP_EQ', 0), condition(0, 'SCMP_CMP_EQ', 8)),
      deny('unshare', condition(0, 'SCMP_CMP_MASKED_EQ', 0x7e020000, 0x7e020000)),
      deny('dup', condition(0, 'SCMP_CMP_GE', 1000)),
    ]),
  ],
];

const filterOf = (seccomp: Seccomp) => compileFilter(filterRules(seccomp));
const skip =
  reasonToSkip('crun', false) ?? (filterOf(profiles[0]![1]) === undefined ? 'no libseccomp' : undefined);

const compare = skip === undefined ? test : test.skip;

compare.each(profiles)(
  `crun compiles the same program of %s${skip ? ` (skipped: ${skip})` : ''}`,
  (_, seccomp) => {
    const ours = compileFilter(filterRules(seccomp));
    if (ours === undefined) return; // no libseccomp to load; crun may have its own
    expect(Buffer.from(ours).equals(crunsProgram(seccomp))).toBe(true);
  },
);

const here = process.arch === 'x64' && filterOf(profiles[2]![1]) !== undefined ? test : test.skip;

here('alternatives on one argument are either, conditions on several are both (skipped off x86-64)', () => {
  const ours = filterOf(profiles[2]![1])!;
  const denied = (nr: number, ...args: bigint[]): boolean => verdict(ours, { nr, args }) === 0x00050001;
  expect([0n, 4n, 8n].map((value) => denied(135, value))).toEqual([true, false, true]);
  expect([denied(41, 21n, 1n), denied(41, 21n, 3n), denied(41, 1n, 1n)]).toEqual([true, false, false]);
  expect([denied(272, 0x7e020000n), denied(272, 0x10000000n)]).toEqual([true, false]);
});
