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
  /** Bytes. No kernel of today holds it. */
  kernelMemory?: number | undefined;
  /** A number of CPUs, such as 1.5. */
  cpus?: number | undefined;
  cpuShares?: number | undefined;
  cpuQuota?: number | undefined;
  cpuPeriod?: number | undefined;
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  /** 0 or less: no limit. Podman's 2048 when left out. */
  pidsLimit?: number | undefined;
  /** Microseconds. */
  cpuRealtimeRuntime?: number | undefined;
  cpuRealtimePeriod?: number | undefined;
  /** 10 to 1000. */
  blkioWeight?: number | undefined;
  blkioWeightDevice?: readonly DeviceValue[] | undefined;
  /** Bytes a second. */
  deviceReadBps?: readonly DeviceValue[] | undefined;
  deviceWriteBps?: readonly DeviceValue[] | undefined;
  /** Operations a second. */
  deviceReadIops?: readonly DeviceValue[] | undefined;
  deviceWriteIops?: readonly DeviceValue[] | undefined;
  /** `--cgroup-conf`: a file of a v2 cgroup, and what is written into it. */
  cgroupConf?: Readonly<Record<string, string>> | undefined;
}

/** A weight or a rate for one block device of the host. */
export interface DeviceValue {
  path: string;
  value: number;
}

export const DEFAULT_PIDS_LIMIT = 2048;

/** What the host's cgroups can do. */
export interface LimitHost {
  cgroup: 'v1' | 'hybrid' | 'v2' | 'none';
  /** Does the kernel account for swap? Without, a swap limit is an error to the runtimes. */
  swap: boolean;
  /** The numbers of a device of the host; asked only for limits on devices. */
  deviceNumber?(path: string): { major: number; minor: number };
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
  checkRanges(options, fail);
  const cpu = clean({
    ...resources.cpu,
    shares: options.cpuShares || undefined,
    quota: options.cpuQuota ?? resources.cpu?.quota,
    period: options.cpuPeriod ?? resources.cpu?.period,
    realtimeRuntime: options.cpuRealtimeRuntime || undefined,
    realtimePeriod: options.cpuRealtimePeriod || undefined,
    cpus: options.cpusetCpus || undefined,
    mems: options.cpusetMems || undefined,
  });
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;

  const pids = options.pidsLimit ?? DEFAULT_PIDS_LIMIT;
  if (pids > 0) resources.pids = { limit: pids };
  const blockIO = blockLimits(options, host);
  if (Object.keys(blockIO).length > 0) resources.blockIO = blockIO;
  if (options.cgroupConf !== undefined && Object.keys(options.cgroupConf).length > 0) {
    resources.unified = { ...options.cgroupConf };
  }
  return resources;
}

function blockLimits(options: LimitOptions, host: LimitHost): NonNullable<Resources['blockIO']> {
  const numbered = (values: readonly DeviceValue[] = []) =>
    values.map(({ path, value }) => ({ ...host.deviceNumber!(path), value }));
  const rates = (values?: readonly DeviceValue[]) => {
    return values?.length
      ? numbered(values).map(({ value, ...device }) => ({ ...device, rate: value }))
      : undefined;
  };
  return clean({
    weight: options.blkioWeight || undefined,
    weightDevice: options.blkioWeightDevice?.length
      ? numbered(options.blkioWeightDevice).map(({ value, ...device }) => ({ ...device, weight: value }))
      : undefined,
    throttleReadBpsDevice: rates(options.deviceReadBps),
    throttleWriteBpsDevice: rates(options.deviceWriteBps),
    throttleReadIOPSDevice: rates(options.deviceReadIops),
    throttleWriteIOPSDevice: rates(options.deviceWriteIops),
  });
}

type Fail = (what: string, why: string) => ProaError;

/** The kernel's own bounds (sched-bwc.rst; cgroup-v1/cpusets.rst), said before the runtime meets them. */
function checkRanges(options: LimitOptions, fail: Fail): void {
  const { cpuShares, cpuQuota, cpuPeriod } = options;
  if (cpuShares !== undefined && (cpuShares < 0 || cpuShares === 1))
    throw fail('cpu shares', 'the minimum is 2');
  if (cpuPeriod && (cpuPeriod < 1000 || cpuPeriod > 1_000_000))
    throw fail('cpu period', `${cpuPeriod} is not between 1000 and 1000000 (microseconds)`);
  if (cpuQuota !== undefined && cpuQuota > 0 && cpuQuota < 1000)
    throw fail('cpu quota', `${cpuQuota} is less than 1000 (microseconds)`);
  const { blkioWeight, blkioWeightDevice = [], memorySwappiness = -1 } = options;
  for (const weight of [blkioWeight, ...blkioWeightDevice.map(({ value }) => value)]) {
    if (weight && (weight < 10 || weight > 1000))
      throw fail('block IO weight', `${weight} is not between 10 and 1000`);
  }
  if (memorySwappiness < -1 || memorySwappiness > 100)
    throw fail('memory swappiness', `${memorySwappiness} is not between 0 and 100`);
  for (const set of [options.cpusetCpus, options.cpusetMems]) {
    if (set && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(set))
      throw fail('cpuset', `${set} is not a list such as 0-2,4`);
  }
}

function memoryLimits(options: LimitOptions, host: LimitHost, fail: Fail): Resources['memory'] {
  const { memory, memoryReservation, memorySwap = 0 } = options;
  if (memory !== undefined && memory < MINIMUM_MEMORY) throw fail('memory', 'the minimum is 6m');
  if (memorySwap > 0 && memory === undefined) throw fail('memory and swap', '--memory-swap needs --memory');
  if (memorySwap > 0 && memorySwap < (memory ?? 0)) {
    throw fail('memory and swap', '--memory-swap is below --memory');
  }
  if (memoryReservation !== undefined && memoryReservation < MINIMUM_MEMORY)
    throw fail('memory reservation', 'the minimum is 6m');
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
