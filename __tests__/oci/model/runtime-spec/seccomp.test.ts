import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  ALL_CAPABILITIES,
  DEFAULT_CAPABILITIES,
} from '../../../../lib/oci/model/runtime-spec/capabilities.ts';
import { defaultSeccomp, resolveSeccompProfile } from '../../../../lib/oci/model/runtime-spec/seccomp.ts';
import type { Seccomp, SeccompRule } from '../../../../lib/oci/model/runtime-spec/types.ts';

const FILE = '/usr/share/containers/seccomp.json';
/** The file that our table was made from: containers-common 0.50. */
const SHA256 = 'cc374cf23846ce1f62f4dc807a8e2b8673c783c6f56cb475467621035d281e6c';

function reasonToSkip(): string | undefined {
  if (!existsSync(FILE)) return `${FILE} is not installed`;
  const hash = createHash('sha256').update(readFileSync(FILE)).digest('hex');
  return hash === SHA256 ? undefined : `${FILE} is of another version than our table`;
}

/** Each system call → its different rules in their order, however they are grouped. */
function effect(seccomp: Seccomp): Record<string, string[]> {
  const calls = new Map<string, Set<string>>();
  for (const rule of seccomp.syscalls) {
    for (const name of rule.names) {
      calls.set(name, (calls.get(name) ?? new Set()).add(describeRule(rule)));
    }
  }
  return Object.fromEntries(Array.from(calls, ([name, rules]) => [name, [...rules]]));
}

function describeRule({ action, errnoRet, args = [] }: SeccompRule): string {
  return JSON.stringify([
    action,
    errnoRet ?? null,
    args.map((arg) => [arg.index, arg.op, arg.value, arg.valueTwo ?? 0]),
  ]);
}

describe('the default filter', () => {
  const skip = reasonToSkip();
  const compare = skip === undefined ? test : test.skip;
  const sets: [string, readonly string[]][] = [
    ['no capability', []],
    ['the default ones', DEFAULT_CAPABILITIES],
    ['all', ALL_CAPABILITIES],
    ['SYS_ADMIN and AUDIT_WRITE', ['CAP_SYS_ADMIN', 'CAP_AUDIT_WRITE']],
    ['SYS_PTRACE and DAC_READ_SEARCH', ['CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH']],
  ];
  describe.each(['amd64', 'arm64', 's390x', 'ppc64le'])('on %s', (architecture) => {
    compare.each(sets)(
      `is the machine's seccomp.json with %s${skip ? ` (skipped: ${skip})` : ''}`,
      (_, capabilities) => {
        const context = { capabilities, architecture };
        const theirs = resolveSeccompProfile(readFileSync(FILE, 'utf8'), FILE, context);
        const ours = defaultSeccomp(context);
        expect(effect(ours)).toEqual(effect(theirs));
        expect(ours.defaultAction).toBe(theirs.defaultAction);
        expect(ours.defaultErrnoRet).toBe(theirs.defaultErrnoRet);
        expect(ours.architectures).toEqual(theirs.architectures ?? []);
      },
    );
  });

  test('read is allowed, kexec_load never, bpf with SYS_ADMIN', () => {
    const of = (capabilities: string[], name: string): string[] =>
      effect(defaultSeccomp({ capabilities, architecture: 'amd64' }))[name] ?? [];
    expect(of([], 'bpf')).toEqual(['["SCMP_ACT_ERRNO",1,[]]']);
    expect(of(['CAP_SYS_ADMIN'], 'bpf')).toEqual(['["SCMP_ACT_ALLOW",null,[]]']);
    expect(of([], 'kexec_load')).toEqual(['["SCMP_ACT_ERRNO",1,[]]']);
    expect(of([], 'read')).toEqual(['["SCMP_ACT_ALLOW",null,[]]']);
  });
});

describe('a profile file', () => {
  const context = {
    capabilities: ['CAP_SYS_ADMIN'],
    architecture: 'arm64',
    kernel: { major: 5, minor: 10 },
  };
  const resolve = (profile: unknown): Seccomp =>
    resolveSeccompProfile(JSON.stringify(profile), 'p.json', context);

  test('conditions by capability, architecture and kernel are resolved', () => {
    const rule = (name: string, conditions: object): object => ({
      names: [name],
      action: 'SCMP_ACT_ALLOW',
      ...conditions,
    });
    const seccomp = resolve({
      defaultAction: 'SCMP_ACT_ERRNO',
      archMap: [{ architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] }],
      syscalls: [
        rule('a', { includes: { caps: ['CAP_SYS_ADMIN'] } }),
        rule('b', { includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } }),
        rule('c', { excludes: { caps: ['CAP_SYS_ADMIN'] } }),
        rule('d', { includes: { arches: ['amd64'] } }),
        rule('e', { includes: { minKernel: '4.8' } }),
        rule('f', { includes: { minKernel: '5.11' } }),
        rule('g', { excludes: { arches: ['amd64'] }, includes: {}, args: null, comment: '' }),
        { name: 'h', action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ],
    });
    expect(seccomp).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
      syscalls: [
        ...['a', 'e', 'g'].map((name) => ({ names: [name], action: 'SCMP_ACT_ALLOW' })),
        { names: ['h'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
      ],
    });
  });

  test.each([
    ['{', /^read seccomp profile p.json: /],
    ['null', /it has no defaultAction/],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO"}]}',
      /rule 0 names no system call/,
    ],
    ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"]}]}', /rule 0 \(x\) has no action/],
    [
      '{"defaultAction":"A","syscalls":[{"names":["x"],"action":"A","args":[{"index":0,"value":18446744073709551615,"op":"E"}]}]}',
      /too large/,
    ],
  ])('%s is refused', (text, message) => {
    expect(() => resolveSeccompProfile(text, 'p.json', context)).toThrow(
      expect.objectContaining({ code: 'INVALID_SECCOMP', message: expect.stringMatching(message) }),
    );
  });
});
