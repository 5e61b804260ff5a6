/** What `ps -ef` prints, which is Docker's `top` without options, without starting ps. */
import type { ProcessFacts, ProcessList } from '../../engine/container/process-facts.ts';
import { commandOf, nameOf } from './top-descriptors.ts';

const HEADING = ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'];

/** A heading and a row for each process. `now` is in milliseconds. */
export function fullTable({ processes, names }: ProcessList, now = Date.now()): string[][] {
  return [
    HEADING,
    ...processes.map((process) => [
      nameOf(names.outside.passwd, process.user.effective.here),
      String(process.hostPid),
      String(process.hostParent),
      String(load(process)),
      startTime(process.startedAt, now),
      process.tty ?? '?',
      clock(process.cpuTime),
      commandOf(process),
    ]),
  ];
}

/** Per cent of one processor since the start, in two digits at most. */
function load({ cpuTime, elapsed }: ProcessFacts): number {
  return elapsed > 0 ? Math.min(99, Math.trunc((cpuTime / elapsed) * 100)) : 0;
}

/** Today's by the minute, this year's by the day, others by the year. */
function startTime(startedAt: number, now: number): string {
  const [start, today] = [new Date(startedAt), new Date(now)];
  if (start.toDateString() === today.toDateString()) return start.toTimeString().slice(0, 5);
  if (start.getFullYear() === today.getFullYear()) return start.toDateString().slice(4, 10).replace(' ', '');
  return String(start.getFullYear());
}

/** `[DD-]hh:mm:ss`. */
function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const two = (number: number): string => String(Math.floor(number)).padStart(2, '0');
  const days = Math.floor(seconds / 86_400);
  const time = `${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return days > 0 ? `${two(days)}-${time}` : time;
}
