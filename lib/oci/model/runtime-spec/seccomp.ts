/**
 * The system call filter of a container, `linux.seccomp`: the default one from our table, or a profile file in the
 * format that Docker and Podman share (conditions by capability and architecture, resolved here, as the runtime
 * specification has none).
 */
import { messageOf, ProaError } from '../../../core/error.ts';
import {
  ALLOWED,
  ARCHITECTURES,
  BY_ARCHITECTURE,
  BY_CAPABILITY,
  PERSONALITIES,
  REFUSED,
} from './seccomp-default.ts';
import type { Seccomp, SeccompArgument, SeccompRule } from './types.ts';

const ALLOW = 'SCMP_ACT_ALLOW';
const ERRNO = 'SCMP_ACT_ERRNO';
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;

export interface SeccompContext {
  /** The container's bounding set: what it could ever have decides, not what it starts with. */
  capabilities: readonly string[];
  /** The host's architecture as GOARCH names it; also for an emulated image, whose emulator runs natively. */
  architecture: string;
  /** Running kernel, for `minKernel` of a profile file. */
  kernel?: { major: number; minor: number };
}

/** This process's architecture as GOARCH names it. */
export function hostArchitecture(): string {
  const names: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}

/** The default filter. */
export function defaultSeccomp(context: SeccompContext): Seccomp {
  const has = (capability: string): boolean => context.capabilities.includes(capability);
  const allowed = [ALLOWED];
  const refused: string[] = [];
  for (const [capability, names] of Object.entries(BY_CAPABILITY)) {
    (has(capability) ? allowed : refused).push(names);
  }
  for (const { architectures, names } of BY_ARCHITECTURE) {
    if (architectures.includes(context.architecture)) allowed.push(names);
  }
  const syscalls: SeccompRule[] = [
    { names: REFUSED.split(' '), action: ERRNO, errnoRet: EPERM },
    { names: allowed.join(' ').split(' '), action: ALLOW },
  ];
  // After the allowed ones, as in the original: setns is in both, and the runtimes add rules in order.
  if (refused.length > 0)
    syscalls.push({ names: refused.join(' ').split(' '), action: ERRNO, errnoRet: EPERM });
  for (const value of PERSONALITIES) {
    syscalls.push({ names: ['personality'], action: ALLOW, args: [equals(0, value)] });
  }
  syscalls.push(...socketRules(has('CAP_AUDIT_WRITE')));
  return {
    defaultAction: ERRNO,
    defaultErrnoRet: ENOSYS,
    architectures: [...(ARCHITECTURES[context.architecture] ?? [])],
    syscalls,
  };
}

/** Without CAP_AUDIT_WRITE no audit sockets: programs take EINVAL for a kernel without audit and go on. */
function socketRules(audit: boolean): SeccompRule[] {
  const AF_NETLINK = 16;
  const NETLINK_AUDIT = 9;
  const names = ['socket'];
  if (audit) return [{ names, action: ALLOW }];
  const differs = (index: number, value: number): SeccompArgument => ({ index, value, op: 'SCMP_CMP_NE' });
  return [
    { names, action: ERRNO, errnoRet: EINVAL, args: [equals(0, AF_NETLINK), equals(2, NETLINK_AUDIT)] },
    { names, action: ALLOW, args: [differs(2, NETLINK_AUDIT)] },
    { names, action: ALLOW, args: [differs(0, AF_NETLINK)] },
  ];
}

function equals(index: number, value: number): SeccompArgument {
  return { index, value, op: 'SCMP_CMP_EQ' };
}

/** A profile file: seccomp.json(5), https://docs.docker.com/engine/security/seccomp. */
interface Profile {
  defaultAction?: unknown;
  defaultErrnoRet?: number;
  architectures?: string[] | null;
  archMap?: { architecture: string; subArchitectures?: string[] | null }[] | null;
  flags?: string[];
  listenerPath?: string;
  syscalls?: ProfileRule[] | null;
}

interface ProfileRule {
  name?: string;
  names?: string[];
  action?: unknown;
  errnoRet?: number | null;
  args?: SeccompArgument[] | null;
  includes?: Conditions | null;
  excludes?: Conditions | null;
}

interface Conditions {
  caps?: string[] | null;
  arches?: string[] | null;
  minKernel?: string;
}

/**
 * A profile file's text, resolved for a container.
 * @throws ProaError INVALID_SECCOMP naming the file and what is wrong with it
 */
export function resolveSeccompProfile(text: string, file: string, context: SeccompContext): Seccomp {
  const fail = (why: string, cause?: unknown): ProaError =>
    new ProaError('INVALID_SECCOMP', `read seccomp profile ${file}: ${why}`, { cause });
  let profile: Profile | null;
  try {
    profile = JSON.parse(text) as Profile | null;
  } catch (error) {
    throw fail(messageOf(error), error);
  }
  if (typeof profile?.defaultAction !== 'string') throw fail('it has no defaultAction');
  if (profile.architectures?.length && profile.archMap?.length) {
    throw fail('it has both architectures and archMap');
  }
  const seccomp: Seccomp = { defaultAction: profile.defaultAction, syscalls: [] };
  if (profile.defaultErrnoRet !== undefined) seccomp.defaultErrnoRet = profile.defaultErrnoRet;
  if (profile.flags?.length) seccomp.flags = profile.flags;
  if (profile.listenerPath) seccomp.listenerPath = profile.listenerPath;
  const architectures = profileArchitectures(profile, context.architecture);
  if (architectures !== undefined) seccomp.architectures = architectures;

  for (const [index, rule] of (profile.syscalls ?? []).entries()) {
    const names = rule.names ?? (rule.name === undefined ? [] : [rule.name]);
    if (names.length === 0) throw fail(`rule ${index} names no system call`);
    if (typeof rule.action !== 'string') throw fail(`rule ${index} (${names[0]}) has no action`);
    if (!applies(rule, context)) continue;
    const resolved: SeccompRule = { names, action: rule.action };
    if (rule.errnoRet !== undefined && rule.errnoRet !== null) resolved.errnoRet = rule.errnoRet;
    if (rule.args?.length) resolved.args = rule.args.map((arg) => argument(arg, fail, names[0]!));
    seccomp.syscalls.push(resolved);
  }
  return seccomp;
}

function argument(arg: SeccompArgument, fail: (why: string) => ProaError, name: string): SeccompArgument {
  // JSON numbers lose bits above 2^53, and a filter that compares with another value is no filter.
  for (const value of [arg.value, arg.valueTwo ?? 0]) {
    if (!Number.isSafeInteger(value))
      throw fail(`an argument of ${name} is compared with ${value}, which is too large`);
  }
  return arg.valueTwo === undefined || arg.valueTwo === 0
    ? { index: arg.index, value: arg.value, op: arg.op }
    : { index: arg.index, value: arg.value, valueTwo: arg.valueTwo, op: arg.op };
}

function applies(rule: ProfileRule, context: SeccompContext): boolean {
  const { includes, excludes } = rule;
  const { capabilities, architecture } = context;
  const isCap = (name: string): boolean => capabilities.includes(name);
  if (includes?.arches?.length && !includes.arches.includes(architecture)) return false;
  if (includes?.caps?.length && !includes.caps.every(isCap)) return false;
  if (includes?.minKernel && !isKernelAtLeast(context.kernel, includes.minKernel)) return false;
  if (excludes?.arches?.includes(architecture)) return false;
  if (excludes?.caps?.some(isCap)) return false;
  return !(excludes?.minKernel && isKernelAtLeast(context.kernel, excludes.minKernel));
}

function isKernelAtLeast(kernel: SeccompContext['kernel'], wanted: string): boolean {
  if (kernel === undefined) return false;
  const [major = 0, minor = 0] = wanted.split('.').map(Number);
  return kernel.major > major || (kernel.major === major && kernel.minor >= minor);
}

function profileArchitectures(profile: Profile, architecture: string): string[] | undefined {
  if (profile.architectures?.length) return profile.architectures;
  if (!profile.archMap?.length) return undefined;
  const native = ARCHITECTURES[architecture]?.[0];
  const entry = profile.archMap.find((candidate) => candidate.architecture === native);
  return entry === undefined ? undefined : [entry.architecture, ...(entry.subArchitectures ?? [])];
}
