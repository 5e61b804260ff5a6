/** Resource limits of a container's processes, `--ulimit`: getrlimit(2). */
import { ProaError } from '../../../core/error.ts';
import type { Rlimit } from './types.ts';

const ULIMITS: readonly string[] =
  'as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
    ' ',
  );

/** RLIM_INFINITY, as Docker's API writes it; {@link import('./spec.ts').serializeSpec} turns it into 2^64-1. */
export const UNLIMITED = -1;

/** What a process here may have: what /proc/self/limits shows, -1 for no limit. */
export type HostLimits = ReadonlyMap<string, { soft: number; hard: number }>;

/**
 * `--ulimit NAME=SOFT[:HARD]`, -1 or `unlimited` for none. A single number is both.
 * @throws ProaError INVALID_ULIMIT
 */
export function parseUlimit(value: string): Rlimit {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_ULIMIT', `set ulimit ${value}: ${why}`, {
      hint: 'use --ulimit NAME=SOFT[:HARD], for example --ulimit nofile=1024:2048',
    });
  const [, name = '', limits = ''] = /^([a-z_]+)=(.+)$/i.exec(value) ?? [];
  const plain = name.toLowerCase().replace(/^rlimit_/, '');
  if (name === '') throw fail('it is not NAME=SOFT[:HARD]');
  if (!ULIMITS.includes(plain)) throw fail(`unknown limit ${name}, known are ${ULIMITS.join(', ')}`);
  const parts = limits.split(':').map((part) => {
    if (part === '-1' || part.toLowerCase() === 'unlimited') return UNLIMITED;
    return /^\d+$/.test(part) && Number.isSafeInteger(Number(part)) ? Number(part) : Number.NaN;
  });
  const [soft = Number.NaN, hard = soft] = parts;
  if (parts.length > 2 || Number.isNaN(soft) || Number.isNaN(hard))
    throw fail('a limit is a number, or -1 for none');
  if (isAbove(soft, hard)) throw fail(`the soft limit is above the hard limit: ${soft} > ${hard}`);
  return { type: `RLIMIT_${plain.toUpperCase()}`, soft, hard };
}

const PROC_NAMES: Readonly<Record<string, string>> = {
  'Max address space': 'AS',
  'Max core file size': 'CORE',
  'Max cpu time': 'CPU',
  'Max data size': 'DATA',
  'Max file size': 'FSIZE',
  'Max file locks': 'LOCKS',
  'Max locked memory': 'MEMLOCK',
  'Max msgqueue size': 'MSGQUEUE',
  'Max nice priority': 'NICE',
  'Max open files': 'NOFILE',
  'Max processes': 'NPROC',
  'Max resident set': 'RSS',
  'Max realtime priority': 'RTPRIO',
  'Max realtime timeout': 'RTTIME',
  'Max pending signals': 'SIGPENDING',
  'Max stack size': 'STACK',
};

/** Reads /proc/PID/limits (proc_pid_limits(5)): columns parted by at least two spaces. */
export function parseProcLimits(text: string): HostLimits {
  const limits = new Map<string, { soft: number; hard: number }>();
  for (const line of text.split('\n')) {
    const [title = '', soft = '', hard = ''] = line.split(/ {2,}/);
    const name = PROC_NAMES[title];
    if (name === undefined) continue;
    const number = (field: string): number => (field === 'unlimited' ? UNLIMITED : Number(field));
    limits.set(`RLIMIT_${name}`, { soft: number(soft), hard: number(hard) });
  }
  return limits;
}

/** Podman's default for open files and processes (containers.conf(5), default_ulimits). */
const DEFAULT_LIMIT = 1_048_576;

export interface RlimitInput {
  ulimits: readonly Rlimit[];
  host: HostLimits;
  /** CAP_SYS_RESOURCE in the initial user namespace: only with it is a hard limit raised. */
  mayRaise: boolean;
}

/**
 * `process.rlimits`: what was asked for, and generous defaults for open files and processes. Without the right to raise
 * hard limits all are cut to what this process has; a default then keeps this process's soft limit.
 */
export function resolveRlimits({ ulimits, host, mayRaise }: RlimitInput): Rlimit[] {
  const limits = new Map(ulimits.map((limit) => [limit.type, limit]));
  for (const type of ['RLIMIT_NOFILE', 'RLIMIT_NPROC']) {
    if (limits.has(type)) continue;
    const soft = mayRaise ? DEFAULT_LIMIT : lower(DEFAULT_LIMIT, host.get(type)?.soft ?? UNLIMITED);
    limits.set(type, { type, soft, hard: DEFAULT_LIMIT });
  }
  if (mayRaise) return [...limits.values()];
  return Array.from(limits.values(), ({ type, soft, hard }) => {
    const ceiling = host.get(type)?.hard ?? UNLIMITED;
    return { type, soft: lower(soft, ceiling), hard: lower(hard, ceiling) };
  });
}

function isAbove(a: number, b: number): boolean {
  return b !== UNLIMITED && (a === UNLIMITED || a > b);
}

function lower(a: number, b: number): number {
  return isAbove(a, b) ? b : a;
}
