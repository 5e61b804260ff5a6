/** `--preserve-fds`: open files of the caller that the container's process gets as they are. */
import { readFileSync } from 'node:fs';
import type { OptionTable } from '../../../cli/command.ts';
import { hasCode, ProaError } from '../../../core/error.ts';
import { invalidOption } from './invalid.ts';

export const preserveFdsOption = {
  'preserve-fds': { type: 'int', metavar: 'N', summary: 'Pass N more descriptors, from 3 on' },
} as const satisfies OptionTable;

/** O_CLOEXEC in /proc/PID/fdinfo (proc_pid_fdinfo(5)). Descriptors that we opened ourselves have it, inherited ones not. */
const CLOSE_ON_EXEC = 0o2000000;

/** @returns how many. @throws ProaError INVALID_OPTION when the caller left one of them closed */
export function checkDescriptors(count: number | undefined): number | undefined {
  if (count === undefined || count === 0) return undefined;
  if (count < 0) throw invalidOption('preserve-fds', String(count), 'below 0');
  for (let fd = 3; fd < 3 + count; fd++) {
    if (isInherited(fd)) continue;
    throw new ProaError('INVALID_OPTION', `pass descriptor ${fd} (--preserve-fds ${count}): it is not open`);
  }
  return count;
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
