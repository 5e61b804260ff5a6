/** The processes of a running container, as the host numbers them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { containerCgroupPath } from './cgroup-path.ts';
import { isRunning } from './state.ts';

/**
 * All processes in the container's PID namespace and, as these may have made namespaces of their own, their
 * descendants. That needs no cgroup, which a user's container may not have. A namespace that it shares with others
 * does not tell whose they are: then its cgroup does, else descent alone.
 * @throws ProaError NOT_RUNNING
 */
export function containerPids(engine: Engine, id: string): Set<number> {
  const container = readContainer(engine.store, id);
  if (container === undefined || !isRunning(container.state)) {
    const name = container?.config.name ?? id.slice(0, 12);
    throw new ProaError('NOT_RUNNING', `list processes of container ${name}: it is not running`, {
      hint: `proa start ${name}`,
    });
  }
  const first = container.state.process!.pid;
  const sharesPids = container.config.namespaces?.pid !== undefined;
  const hasCgroup = containerCgroupPath(engine, container.config) !== undefined;
  const groupOf = !sharesPids ? namespaceOf : hasCgroup ? cgroupOf : (pid: number) => pid;
  const group = groupOf(first);
  const pids = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  const children = Map.groupBy(pids, parentOf);
  const found = new Set(pids.filter((pid) => group !== undefined && groupOf(pid) === group));
  // A set's iteration also visits what is added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return found;
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // The process ended, or is another user's and so none of the container's.
    return undefined;
  }
}

/** All its hierarchies: cgroups(7), "/proc/PID/cgroup". */
function cgroupOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'latin1');
  } catch {
    // It ended since the folder was listed.
    return undefined;
  }
}

/** proc_pid_stat(5), field 4. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It ended since the folder was listed.
    return undefined;
  }
}
