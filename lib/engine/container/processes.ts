/** The processes of a running container, as the host numbers them. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cgroupProcesses } from '../../core/cgroup-processes.ts';
import { cgroupFolders } from '../../core/cgroup-usage.ts';
import { ProaError } from '../../core/error.ts';
import { readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { isRunning } from './state.ts';

/**
 * All processes in the container's cgroup. A container without one (a user's may have none) has those in its PID
 * namespace and, as these may have made namespaces of their own, their descendants.
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
  const { pid } = container.state.process!;
  const folders = cgroupFolders(read(pid, 'cgroup'), id);
  const found = folders && cgroupProcesses(folders);
  return found ?? byNamespace(pid);
}

function byNamespace(first: number): Set<number> {
  const pids = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  const children = Map.groupBy(pids, parentOf);
  // In a namespace that is also the host's or another container's, only its own descendants are its.
  const namespace = isInit(first) ? namespaceOf(first) : undefined;
  const found = new Set(pids.filter((pid) => namespace !== undefined && namespaceOf(pid) === namespace));
  if (namespace === undefined) found.add(first);
  // A set's iteration also visits what is added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return found;
}

/** True for the first process of a PID namespace: its innermost number is 1 (proc_pid_status(5), NSpid). */
function isInit(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(read(pid, 'status'));
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    // The process ended, or is another user's and so none of the container's.
    return undefined;
  }
}

/** proc_pid_stat(5), field 4. */
function parentOf(pid: number): number | undefined {
  const stat = read(pid, 'stat');
  return stat === '' ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it ended since it was listed
  }
}
