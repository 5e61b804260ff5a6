/**
 * What the processes of a container use, for one without a cgroup of its own: an ordinary user's on cgroup v1, or
 * without a systemd session.
 */
import { readFileSync } from 'node:fs';
import type { CgroupUsage } from '../../core/cgroup-usage.ts';

/** USER_HZ, in which Linux gives times to user space on every processor that Bun runs on (time(7)). */
const NANOSECONDS_PER_TICK = 1e7;

/**
 * Sums over the processes that live, with the processor time of those that they waited for. Memory is their own and
 * their share of what several use.
 */
export function readProcessUsage(pids: Iterable<number>): CgroupUsage {
  const cpu = { total: 0, system: 0 };
  const memory = { used: 0, limit: Number.POSITIVE_INFINITY };
  const blockIo = { read: 0, written: 0 };
  let threads = 0;
  for (const pid of pids) {
    const stat = read(pid, 'stat');
    if (stat === '') continue;
    // proc_pid_stat(5): from field 3 on, behind the name, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number);
    cpu.total += (user! + system! + childrenUser! + childrenSystem!) * NANOSECONDS_PER_TICK;
    cpu.system += (system! + childrenSystem!) * NANOSECONDS_PER_TICK;
    threads += Number(fields[17]);
    memory.used += numberIn(read(pid, 'smaps_rollup'), /^Pss:\s+(\d+)/m) * 1024;
    const io = read(pid, 'io');
    blockIo.read += numberIn(io, /^read_bytes: (\d+)/m);
    blockIo.written += numberIn(io, /^write_bytes: (\d+)/m);
  }
  return { cpu, memory, blockIo, pids: threads };
}

function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it ended meanwhile, or does not let itself be looked into
  }
}
