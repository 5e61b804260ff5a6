/** Limits on a container as a whole, held by its cgroup: docker-run(1), config-linux.md "Control groups". */
import { ProaError } from '../../../core/error.ts';
import type { Resources } from './types.ts';

/** Microseconds: the kernel's and every engine's default period of the CPU quota. */
const CPU_PERIOD = 100_000;

/** Docker's smallest memory limit: below it no runtime can start a process. */
const MINIMUM_MEMORY = 6 * 1024 * 1024;

export interface LimitOptions {
  /** Bytes. */
  memory?: number | undefined;
  memoryReservation?: number | undefined;
  /** Bytes of memory and swap together, -1 for unlimited swap; twice the memory when left out, as in Docker. */
  memorySwap?: number | undefined;
  memorySwappiness?: number | undefined;
  oomKillDisable?: boolean | undefined;
  /** A number of CPUs, such as 1.5. */
  cpus?: number | undefined;
  cpuShares?: number | undefined;
  cpuQuota?: number | undefined;
  cpuPeriod?: number | undefined;
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  /** 0 or less: no limit. Podman's 2048 when left out. */
  pidsLimit?: number | undefined;
  blkioWeight?: number | undefined;
}

export const DEFAULT_PIDS_LIMIT = 2048;

/** What the host's cgroups can do. */
export interface LimitHost {
  cgroup: 'v1' | 'hybrid' | 'v2' | 'none';
  /** Does the kernel account for swap? Without, a swap limit is an error to the runtimes. */
  swap: boolean;
}

/**
 * `linux.resources` but the devices. Swappiness and the OOM switch exist only in v1's controllers; on v2 they are left
 * out, as is a swap limit that the kernel does not account for.
 * @throws ProaError INVALID_LIMIT
 */
export function makeResources(options: LimitOptions, host: LimitHost): Resources {
  const fail = (what: string, why: string): ProaError =>
    new ProaError('INVALID_LIMIT', `limit ${what}: ${why}`);
  const resources: Resources = {};
  const memory = memoryLimits(options, host, fail);
  if (memory !== undefined) resources.memory = memory;
  const { cpus } = options;
  if (cpus !== undefined) {
    if (!(cpus > 0)) throw fail('cpus', `${cpus} is not above 0`);
    if (options.cpuQuota !== undefined || options.cpuPeriod !== undefined) {
      throw fail('cpus', '--cpus cannot be combined with --cpu-quota or --cpu-period');
    }
    // The kernel takes no quota below a millisecond (sched-bwc.rst).
    const quota = Math.max(1000, Math.round(cpus * CPU_PERIOD));
    resources.cpu = { quota, period: CPU_PERIOD };
  }
  const cpu = clean({
    ...resources.cpu,
    shares: options.cpuShares || undefined,
    quota: options.cpuQuota ?? resources.cpu?.quota,
    period: options.cpuPeriod ?? resources.cpu?.period,
    cpus: options.cpusetCpus || undefined,
    mems: options.cpusetMems || undefined,
  });
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;

  const pids = options.pidsLimit ?? DEFAULT_PIDS_LIMIT;
  if (pids > 0) resources.pids = { limit: pids };
  if (options.blkioWeight) resources.blockIO = { weight: options.blkioWeight };
  return resources;
}

function memoryLimits(
  options: LimitOptions,
  host: LimitHost,
  fail: (what: string, why: string) => ProaError,
): Resources['memory'] {
  const { memory, memoryReservation, memorySwap = 0 } = options;
  if (memory !== undefined && memory < MINIMUM_MEMORY) throw fail('memory', 'the minimum is 6m');
  if (memorySwap > 0 && memory === undefined) throw fail('memory and swap', '--memory-swap needs --memory');
  if (memorySwap > 0 && memorySwap < (memory ?? 0)) {
    throw fail('memory and swap', '--memory-swap is below --memory');
  }
  if (memory !== undefined && memoryReservation !== undefined && memoryReservation > memory) {
    throw fail('memory', '--memory-reservation is above --memory');
  }
  const v1 = host.cgroup !== 'v2';
  const limits = clean({
    limit: memory,
    reservation: memoryReservation,
    swap: host.swap && memory !== undefined ? memorySwap || memory * 2 : undefined,
    swappiness: v1 && options.memorySwappiness !== -1 ? options.memorySwappiness : undefined,
    disableOOMKiller: (v1 && options.oomKillDisable) || undefined,
  });
  return Object.keys(limits).length > 0 ? limits : undefined;
}

/** Without the members that are undefined, so that the JSON and comparisons stay plain. */
function clean<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
