/** The limits that can change after a container was made: `update`, and `container clone`. */
import type { Options } from '../../cli/command.ts';
import { defaultsOf } from '../../cli/flags.ts';
import type { LimitOptions } from '../../oci/model/runtime-spec/resources.ts';
import { readResources, resourceOptions } from './options/resources.ts';

const NAMES: readonly string[] = [
  'blkio-weight',
  'blkio-weight-device',
  'cpu-period',
  'cpu-quota',
  'cpu-rt-period',
  'cpu-rt-runtime',
  'cpu-shares',
  'cpus',
  'cpuset-cpus',
  'cpuset-mems',
  'device-read-bps',
  'device-read-iops',
  'device-write-bps',
  'device-write-iops',
  'kernel-memory',
  'memory',
  'memory-reservation',
  'memory-swap',
  'memory-swappiness',
  'pids-limit',
];

type Unchangeable =
  | 'cgroup-conf'
  | 'cgroup-parent'
  | 'cgroups'
  | 'oom-kill-disable'
  | 'rdt-class'
  | 'shm-size';

export const limitOptions = Object.fromEntries(
  Object.entries(resourceOptions).filter(([name]) => NAMES.includes(name)),
) as Omit<typeof resourceOptions, Unchangeable>;

/** The limits that were given, and no other member. @throws ProaError INVALID_OPTION */
export function readLimits(options: Options<typeof limitOptions>): LimitOptions {
  const all = { ...defaultsOf(resourceOptions), ...options } as Options<typeof resourceOptions>;
  return Object.fromEntries(
    Object.entries(readResources(all)).filter(([, value]) => value !== undefined),
  ) as LimitOptions;
}
