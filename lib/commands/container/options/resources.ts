/** Limits of the container as a whole, and where its cgroup is. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { parseBytes, parseInteger } from '../../../cli/values.ts';
import { messageOf, ProaError } from '../../../core/error.ts';
import type { CreateRequest } from '../../../engine/container/create.ts';
import type { DeviceValue } from '../../../oci/model/runtime-spec/resources.ts';
import type { ContainerOptions } from '../../../storage/containers.ts';
import { invalidOption } from './invalid.ts';

export const resourceOptions = {
  'blkio-weight': { type: 'int', summary: 'Block IO weight, relative to others (10 to 1000, 0 for none)' },
  'blkio-weight-device': { type: 'list', metavar: 'DEVICE:WEIGHT', summary: 'Block IO weight on a device' },
  'cgroup-conf': {
    type: 'list',
    metavar: 'FILE=VALUE',
    summary: 'Write into a file of the cgroup (v2 only)',
  },
  'cgroup-parent': { type: 'string', metavar: 'PATH', summary: "Cgroup that the container's is made in" },
  cgroups: {
    type: 'string',
    default: 'enabled',
    metavar: 'HOW',
    choices: ['enabled', 'disabled', 'no-conmon', 'split'],
    summary: 'Whether the container gets a cgroup: enabled, disabled, no-conmon or split',
  },
  'cpu-period': { type: 'int', metavar: 'MICROSECONDS', summary: 'Period of the CPU quota' },
  'cpu-quota': { type: 'int', metavar: 'MICROSECONDS', summary: 'CPU time in each period' },
  'cpu-rt-period': { type: 'int', metavar: 'MICROSECONDS', summary: 'Period of the real-time CPU limit' },
  'cpu-rt-runtime': { type: 'int', metavar: 'MICROSECONDS', summary: 'Real-time CPU time in each period' },
  'cpu-shares': { short: 'c', type: 'int', summary: 'CPU shares, relative to others' },
  cpus: { type: 'string', metavar: 'decimal', summary: 'Number of CPUs' },
  'cpuset-cpus': { type: 'string', metavar: 'LIST', summary: 'CPUs to run on (0-3, 0,1)' },
  'cpuset-mems': { type: 'string', metavar: 'LIST', summary: 'Memory nodes to use (0-3, 0,1)' },
  'device-read-bps': {
    type: 'list',
    metavar: 'DEVICE:BYTES',
    summary: 'Limit bytes read from a device in a second',
  },
  'device-read-iops': {
    type: 'list',
    metavar: 'DEVICE:NUMBER',
    summary: 'Limit reads from a device in a second',
  },
  'device-write-bps': {
    type: 'list',
    metavar: 'DEVICE:BYTES',
    summary: 'Limit bytes written to a device in a second',
  },
  'device-write-iops': {
    type: 'list',
    metavar: 'DEVICE:NUMBER',
    summary: 'Limit writes to a device in a second',
  },
  'kernel-memory': {
    type: 'bytes',
    hidden: true,
    summary: 'Kernel memory limit (no kernel of today has it)',
  },
  memory: { short: 'm', type: 'bytes', summary: 'Memory limit' },
  'memory-reservation': { type: 'bytes', summary: 'Memory that it is held to when memory runs short' },
  'memory-swap': {
    type: 'string',
    metavar: 'bytes',
    summary: 'Limit of memory and swap together (-1: unlimited swap)',
  },
  'memory-swappiness': { type: 'int', summary: 'Readiness to swap (0 to 100, -1 for the default)' },
  'oom-kill-disable': {
    type: 'bool',
    summary: 'Let processes wait instead of killing one when memory runs out',
  },
  'pids-limit': { type: 'int', summary: 'Limit the number of processes (-1 for unlimited)' },
  'rdt-class': { type: 'string', metavar: 'CLASS', summary: "Class of the processor's cache (resctrl)" },
  'shm-size': { type: 'bytes', summary: 'Size of /dev/shm (default 64m)' },
} as const satisfies OptionTable;

type ResourceOptions = Options<typeof resourceOptions>;

/** @throws ProaError INVALID_OPTION */
export function readResources(options: ResourceOptions): CreateRequest['resources'] {
  // A limit of 0 is none, for Docker and Podman alike.
  const some = (value: number | undefined): number | undefined => value || undefined;
  return {
    memory: some(options.memory),
    memoryReservation: some(options['memory-reservation']),
    memorySwap: parseSwap(options['memory-swap']),
    memorySwappiness: options['memory-swappiness'] === -1 ? undefined : options['memory-swappiness'],
    oomKillDisable: options['oom-kill-disable'] || undefined,
    kernelMemory: some(options['kernel-memory']),
    cpus: parseCpus(options.cpus),
    cpuShares: some(options['cpu-shares']),
    cpuQuota: some(options['cpu-quota']),
    cpuPeriod: some(options['cpu-period']),
    cpuRealtimePeriod: some(options['cpu-rt-period']),
    cpuRealtimeRuntime: some(options['cpu-rt-runtime']),
    cpusetCpus: options['cpuset-cpus'],
    cpusetMems: options['cpuset-mems'],
    pidsLimit: options['pids-limit'],
    blkioWeight: some(options['blkio-weight']),
    blkioWeightDevice: deviceValues('blkio-weight-device', options, parseInteger),
    deviceReadBps: deviceValues('device-read-bps', options, parseBytes),
    deviceWriteBps: deviceValues('device-write-bps', options, parseBytes),
    deviceReadIops: deviceValues('device-read-iops', options, parseInteger),
    deviceWriteIops: deviceValues('device-write-iops', options, parseInteger),
    cgroupConf: parseConf(options['cgroup-conf']),
  };
}

export function readCgroupOptions(options: ResourceOptions): ContainerOptions {
  const { cgroups, 'cgroup-parent': parent } = options;
  return {
    cgroupParent: parent || undefined,
    cgroupMode: cgroups === 'enabled' ? undefined : (cgroups as ContainerOptions['cgroupMode']),
    rdtClass: options['rdt-class'],
    // As Docker: 0 is the default.
    shmSize: options['shm-size'] || undefined,
  };
}

function parseCpus(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const cpus = Number(text);
  if (text.trim() !== '' && Number.isFinite(cpus) && cpus >= 0) return cpus === 0 ? undefined : cpus;
  throw invalidOption('cpus', text, 'not a number of CPUs', 'For example --cpus 1.5');
}

/** -1 is unlimited swap. */
export function parseSwap(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === '-1' ? -1 : parsed('memory-swap', text, text, parseBytes) || undefined;
}

type DeviceOption =
  | 'blkio-weight-device'
  | 'device-read-bps'
  | 'device-read-iops'
  | 'device-write-bps'
  | 'device-write-iops';

function deviceValues(
  name: DeviceOption,
  options: ResourceOptions,
  parse: (text: string) => number,
): DeviceValue[] | undefined {
  const values = options[name].map((text) => {
    const colon = text.lastIndexOf(':');
    if (!text.startsWith('/dev/') || colon < 0)
      throw invalidOption(name, text, 'not of the form /dev/DEVICE:NUMBER');
    const value = parsed(name, text, text.slice(colon + 1), parse);
    if (value < 0) throw invalidOption(name, text, 'the number is below 0');
    return { path: text.slice(0, colon), value };
  });
  return values.length > 0 ? values : undefined;
}

function parsed(name: string, option: string, text: string, parse: (text: string) => number): number {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof ProaError) throw invalidOption(name, option, messageOf(error));
    throw error;
  }
}

function parseConf(entries: readonly string[]): Record<string, string> | undefined {
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      if (equals < 1) throw invalidOption('cgroup-conf', entry, 'not of the form FILE=VALUE');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}
