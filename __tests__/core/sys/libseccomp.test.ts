import { compileFilter, type FilterRules } from '../../../lib/core/sys/libseccomp.ts';
import { verdict } from '../../helpers/bpf.ts';

const ALLOW = 0x7fff0000;
const ERRNO = 0x00050000;
const [READ, WRITE, PERSONALITY] = [0, 1, 135];

const rules: FilterRules = {
  defaultAction: ERRNO | 38,
  architectures: ['x86_64'],
  rules: [
    { syscall: 'read', action: ALLOW, conditions: [] },
    { syscall: 'read', action: ALLOW, conditions: [] },
    { syscall: 'no_such_call', action: ALLOW, conditions: [] },
    { syscall: 'write', action: ERRNO | 38, conditions: [] },
    {
      syscall: 'personality',
      action: ALLOW,
      conditions: [{ argument: 0, operator: 4, a: 0xffff_ffff_0000_0008n, b: 0n }],
    },
  ],
};
const compiled = process.arch === 'x64' ? compileFilter(rules) : undefined;
const here = compiled === undefined ? test.skip : test;

here('the program says what the rules say (skipped without libseccomp, or on another processor)', () => {
  const says = (nr: number, ...args: bigint[]): number => verdict(compiled!, { nr, args });
  expect([says(READ), says(WRITE), says(9999)]).toEqual([ALLOW, ERRNO | 38, ERRNO | 38]);
  // All 64 bits of an argument count.
  expect(says(PERSONALITY, 0xffff_ffff_0000_0008n)).toBe(ALLOW);
  expect(says(PERSONALITY, 8n)).toBe(ERRNO | 38);
  // A call by another processor's numbers (here i386) is ended, not looked up in the wrong table.
  expect(verdict(compiled!, { nr: READ, arch: 0x40000003 })).toBe(0);
});

here('what libseccomp refuses is told with the system call', () => {
  const conditions = [{ argument: 9, operator: 4, a: 0n, b: 0n }];
  expect(() => compileFilter({ ...rules, rules: [{ syscall: 'read', action: ALLOW, conditions }] })).toThrow(
    expect.objectContaining({ code: 'EINVAL', message: expect.stringContaining('read') }),
  );
});
