/** A process is its pid and its start time: a pid alone may belong to another process by now. */
import { readFileSync } from 'node:fs';
import { close } from './sys/file.ts';
import { POLLIN, poll } from './sys/poll.ts';
import { tryKill, tryPidfdOpen, tryPidfdSignal } from './sys/process.ts';

export interface ProcessHandle {
  pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  startTime: number;
}

/** The handle of a living process; undefined when there is none, or only its zombie is left. */
export function processHandle(pid: number): ProcessHandle | undefined {
  const stat = readStat(pid);
  return stat === undefined || stat.state === 'Z' ? undefined : { pid, startTime: stat.startTime };
}

/** True while exactly this process lives; a zombie does not. */
export function isAlive(handle: ProcessHandle | undefined): boolean {
  if (handle === undefined || handle.pid <= 0) return false;
  const stat = readStat(handle.pid);
  return stat !== undefined && stat.state !== 'Z' && stat.startTime === handle.startTime;
}

/** Sends a signal to exactly this process. Returns false when it is gone. */
export function signalProcess(handle: ProcessHandle, signal: number): boolean {
  const pidfd = tryPidfdOpen(handle.pid);
  if (pidfd < 0) return pidfd === -38 && isAlive(handle) && tryKill(handle.pid, signal) === 0;
  try {
    return isAlive(handle) && tryPidfdSignal(pidfd, signal) === 0;
  } finally {
    close(pidfd);
  }
}

/**
 * Waits until the process is gone.
 * @param timeout milliseconds; Infinity waits for ever
 * @returns false when it still lives after `timeout`
 */
export async function waitForExit(handle: ProcessHandle, timeout: number): Promise<boolean> {
  const pidfd = tryPidfdOpen(handle.pid);
  if (pidfd < 0 || !isAlive(handle)) {
    if (pidfd >= 0) close(pidfd);
    return true;
  }
  try {
    const end = performance.now() + timeout;
    // The first milliseconds are waited for here: most ends are prompt. Later, timers leave the thread to others.
    for (let pause = 2; ; pause = Math.min(pause * 1.3, 50)) {
      const left = end - performance.now();
      if (
        (poll([{ fd: pidfd, events: POLLIN }], Math.max(0, Math.min(pause < 8 ? pause : 0, left)))[0]! &
          POLLIN) !==
        0
      ) {
        return true;
      }
      if (left <= 0) return false;
      await Bun.sleep(Math.min(pause < 8 ? 0 : pause, left));
    }
  } finally {
    close(pidfd);
  }
}

function readStat(pid: number): { state: string; startTime: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // Absent (or vanished while being read): there is no such process.
    return undefined;
  }
  // The command name, in parentheses, may hold spaces and parentheses itself (proc_pid_stat(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, startTime: Number(fields[19]) };
}
