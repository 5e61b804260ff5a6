/** `linux.seccomp` in the terms of libseccomp (seccomp.h), read as crun and runc read it. */
import type { FilterRule, FilterRules } from '../../../core/sys/libseccomp.ts';
import type { Seccomp, SeccompRule } from './types.ts';

const ACTIONS: Readonly<Record<string, number>> = {
  SCMP_ACT_KILL: 0x00000000,
  SCMP_ACT_KILL_THREAD: 0x00000000,
  SCMP_ACT_KILL_PROCESS: 0x80000000,
  SCMP_ACT_TRAP: 0x00030000,
  SCMP_ACT_ERRNO: 0x00050000,
  SCMP_ACT_TRACE: 0x7ff00000,
  SCMP_ACT_LOG: 0x7ffc0000,
  SCMP_ACT_ALLOW: 0x7fff0000,
};

const OPERATORS: Readonly<Record<string, number>> = {
  SCMP_CMP_NE: 1,
  SCMP_CMP_LT: 2,
  SCMP_CMP_LE: 3,
  SCMP_CMP_EQ: 4,
  SCMP_CMP_GE: 5,
  SCMP_CMP_GT: 6,
  SCMP_CMP_MASKED_EQ: 7,
};

const EPERM = 1;

export function filterRules(seccomp: Seccomp): FilterRules {
  const rules: FilterRule[] = [];
  for (const rule of seccomp.syscalls ?? []) {
    const action = actionOf(rule.action, rule.errnoRet);
    for (const syscall of rule.names) {
      for (const conditions of alternatives(rule)) rules.push({ syscall, action, conditions });
    }
  }
  return {
    defaultAction: actionOf(seccomp.defaultAction, seccomp.defaultErrnoRet),
    architectures: (seccomp.architectures ?? []).map((name) => name.replace('SCMP_ARCH_', '').toLowerCase()),
    rules,
  };
}

/** An action with its number: the errno to return, EPERM when none is said (config-linux.md, "Seccomp"). */
function actionOf(name: string, errno: number | undefined): number {
  const action = ACTIONS[name] ?? 0;
  const takesNumber = name === 'SCMP_ACT_ERRNO' || name === 'SCMP_ACT_TRACE';
  return takesNumber ? (action | (errno ?? EPERM)) >>> 0 : action;
}

/**
 * The conditions of one rule must all hold; but several on one argument are alternatives, as a rule of libseccomp takes
 * one condition an argument.
 */
function alternatives({ args = [] }: SeccompRule): FilterRule['conditions'][] {
  const conditions = args.map(({ index, value, valueTwo, op }) => ({
    argument: index,
    operator: OPERATORS[op] ?? 0,
    a: BigInt(value),
    b: BigInt(valueTwo ?? 0),
  }));
  const repeated = new Set(args.map(({ index }) => index)).size < args.length;
  return repeated ? conditions.map((condition) => [condition]) : [conditions];
}
