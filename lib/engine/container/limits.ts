/** Resource limits: what was asked for, and what this host's cgroups can hold of it. */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { CGROUP_ROOT } from '../../core/cgroup-mode.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { type LimitOptions, makeResources } from '../../oci/model/runtime-spec/resources.ts';
import type { Resources } from '../../oci/model/runtime-spec/types.ts';
import { type CgroupPlan, supportedResources } from '../../rootless/cgroups.ts';
import type { Engine } from '../engine.ts';
import { deviceNumber } from './devices.ts';

interface Limit {
  flag: string;
  /** By its v2 name. */
  controller?: string;
  /** The only version of cgroups that has it. */
  only?: 'v1' | 'v2';
  /** Files of a v1 cgroup of which one must be there: what a kernel may be built without. */
  files?: readonly string[];
}

const NO_KERNEL_MEMORY = 'Linux has no such limit since 5.16';

const LIMITS: Readonly<Record<keyof LimitOptions, Limit>> = {
  memory: { flag: '--memory', controller: 'memory' },
  memoryReservation: { flag: '--memory-reservation', controller: 'memory' },
  memorySwap: { flag: '--memory-swap', controller: 'memory' },
  memorySwappiness: { flag: '--memory-swappiness', controller: 'memory', only: 'v1' },
  oomKillDisable: { flag: '--oom-kill-disable', controller: 'memory', only: 'v1' },
  kernelMemory: { flag: '--kernel-memory' },
  cpus: { flag: '--cpus', controller: 'cpu', files: ['cpu/cpu.cfs_quota_us'] },
  cpuShares: { flag: '--cpu-shares', controller: 'cpu' },
  cpuQuota: { flag: '--cpu-quota', controller: 'cpu', files: ['cpu/cpu.cfs_quota_us'] },
  cpuPeriod: { flag: '--cpu-period', controller: 'cpu', files: ['cpu/cpu.cfs_quota_us'] },
  cpuRealtimeRuntime: {
    flag: '--cpu-rt-runtime',
    controller: 'cpu',
    only: 'v1',
    files: ['cpu/cpu.rt_runtime_us'],
  },
  cpuRealtimePeriod: {
    flag: '--cpu-rt-period',
    controller: 'cpu',
    only: 'v1',
    files: ['cpu/cpu.rt_period_us'],
  },
  cpusetCpus: { flag: '--cpuset-cpus', controller: 'cpuset' },
  cpusetMems: { flag: '--cpuset-mems', controller: 'cpuset' },
  pidsLimit: { flag: '--pids-limit', controller: 'pids' },
  blkioWeight: {
    flag: '--blkio-weight',
    controller: 'io',
    files: ['blkio/blkio.weight'],
  },
  blkioWeightDevice: {
    flag: '--blkio-weight-device',
    controller: 'io',
    files: ['blkio/blkio.weight_device'],
  },
  deviceReadBps: {
    flag: '--device-read-bps',
    controller: 'io',
    files: ['blkio/blkio.throttle.read_bps_device'],
  },
  deviceWriteBps: {
    flag: '--device-write-bps',
    controller: 'io',
    files: ['blkio/blkio.throttle.write_bps_device'],
  },
  deviceReadIops: {
    flag: '--device-read-iops',
    controller: 'io',
    files: ['blkio/blkio.throttle.read_iops_device'],
  },
  deviceWriteIops: {
    flag: '--device-write-iops',
    controller: 'io',
    files: ['blkio/blkio.throttle.write_iops_device'],
  },
  cgroupConf: { flag: '--cgroup-conf', only: 'v2' },
};

/** `linux.resources` as far as this host can hold it. @throws ProaError INVALID_LIMIT, DEVICE_MISSING */
export function containerResources(engine: Engine, wanted: LimitOptions): Resources {
  const { manager, mode, swap, controllers } = engine.cgroups;
  const { held } = split(engine.cgroups, wanted);
  const resources = makeResources(held, { cgroup: mode, swap, deviceNumber });
  // What nobody asked for, the limit of processes, may have no controller either.
  return supportedResources(resources, manager === 'disabled' ? new Set() : controllers).resources;
}

/** One line for each limit that was asked for and cannot be held here. @throws ProaError INVALID_LIMIT, DEVICE_MISSING */
export function limitWarnings(engine: Engine, wanted: LimitOptions): string[] {
  const { mode, swap } = engine.cgroups;
  // Nonsense is refused also where nothing could be held.
  makeResources(wanted, { cgroup: mode, swap, deviceNumber });
  checkCpusets(wanted);
  const warnings = split(engine.cgroups, wanted).dropped.map(
    ({ flag, why }) => `${flag} has no effect: ${why}`,
  );
  if (wanted.oomKillDisable && !wanted.memory) {
    warnings.push('--oom-kill-disable without --memory: the container may take all memory of this machine');
  }
  return warnings;
}

function split(
  plan: CgroupPlan,
  wanted: LimitOptions,
): { held: LimitOptions; dropped: { flag: string; why: string }[] } {
  const held: Record<string, unknown> = {};
  const dropped: { flag: string; why: string }[] = [];
  for (const [name, value] of Object.entries(wanted) as [keyof LimitOptions, unknown][]) {
    if (isUnset(value)) continue;
    const why = whyNot(plan, name);
    if (why === undefined) held[name] = value;
    else dropped.push({ flag: LIMITS[name].flag, why });
  }
  return { held, dropped };
}

function isUnset(value: unknown): boolean {
  return (
    value === undefined || value === false || (typeof value === 'object' && Object.keys(value!).length === 0)
  );
}

/** Why this host cannot hold a limit; undefined when it can. */
function whyNot(
  { mode, manager, controllers, undelegated, reason, swap }: CgroupPlan,
  name: keyof LimitOptions,
): string | undefined {
  const { controller, only, files } = LIMITS[name];
  if (name === 'kernelMemory') return NO_KERNEL_MEMORY;
  if (manager === 'disabled') return reason ?? 'this host has no cgroups for it';
  if (only !== undefined && (only === 'v2') !== (mode === 'v2'))
    return `it needs cgroup ${only}, and this host has ${mode}`;
  const missing = 'this kernel has no cgroup controller for it';
  if (controller !== undefined && undelegated?.has(controller))
    return `systemd does not delegate the controller ${controller} to this user (proa doctor says how it does)`;
  if (controller !== undefined && !controllers.has(controller)) return missing;
  if (name === 'memorySwap' && !swap) return 'this kernel does not account for swap';
  if (files === undefined || mode === 'v2' || files.some(isInCgroups)) return undefined;
  return missing;
}

const ONLINE_CPUS = '/sys/devices/system/cpu/online';

/** Docker refuses more than there is, too; and what the runtimes would call "Numerical result out of range". @throws ProaError INVALID_LIMIT */
function checkCpusets({ cpus, cpusetCpus, cpusetMems }: LimitOptions): void {
  const check = (wanted: string | undefined, what: string, file: string): void => {
    if (!wanted) return;
    const present = readFileSync(file, 'latin1').trim();
    const there = listedNumbers(present);
    for (const number of listedNumbers(wanted)) {
      if (there.has(number)) continue;
      throw new ProaError('INVALID_LIMIT', `limit to ${what} ${wanted}: this machine has ${present}`);
    }
  };
  if (cpus !== undefined) {
    const count = listedNumbers(readFileSync(ONLINE_CPUS, 'latin1').trim()).size;
    if (cpus > count)
      throw new ProaError('INVALID_LIMIT', `limit cpus: ${cpus} is more than this machine has: ${count}`);
  }
  check(cpusetCpus, 'CPUs', ONLINE_CPUS);
  if (existsSync('/sys/devices/system/node/online'))
    check(cpusetMems, 'memory nodes', '/sys/devices/system/node/online');
}

/** cpuset(7), "List format". */
function listedNumbers(list: string): Set<number> {
  return new Set(
    list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      // A range without end is none of this machine's.
      return Array.from({ length: Math.min(last - first + 1, 65_536) }, (_, i) => first + i);
    }),
  );
}

/**
 * Whether v1 cgroups have a file. A hierarchy's root lacks some that all others have, so the question is put to a new
 * one where the root cannot answer it.
 */
function isInCgroups(file: string): boolean {
  const [hierarchy, name] = file.split('/');
  const root = `${CGROUP_ROOT}/${hierarchy}`;
  if (existsSync(`${root}/${name}`)) return true;
  const probe = `${root}/proa-probe-${process.pid}`;
  try {
    mkdirSync(probe);
  } catch (error) {
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT')) return false;
    throw error;
  }
  try {
    return existsSync(`${probe}/${name}`);
  } finally {
    rmdirSync(probe);
  }
}
