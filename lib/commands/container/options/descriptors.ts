/** `--preserve-fds`: open files of the caller that the container's process gets as they are. */
import { fstatSync } from 'node:fs';
import type { OptionTable } from '../../../cli/command.ts';
import { hasCode, ProaError } from '../../../core/error.ts';
import { invalidOption } from './invalid.ts';

export const preserveFdsOption = {
  'preserve-fds': { type: 'int', metavar: 'N', summary: 'Pass N more descriptors, from 3 on' },
} as const satisfies OptionTable;

/** @returns how many. @throws ProaError INVALID_OPTION when one of them is not open */
export function checkDescriptors(count: number | undefined): number | undefined {
  if (count === undefined || count === 0) return undefined;
  if (count < 0) throw invalidOption('preserve-fds', String(count), 'below 0');
  for (let fd = 3; fd < 3 + count; fd++) {
    try {
      fstatSync(fd);
    } catch (error) {
      if (!hasCode(error, 'EBADF')) throw error;
      throw new ProaError(
        'INVALID_OPTION',
        `pass descriptor ${fd} (--preserve-fds ${count}): it is not open`,
      );
    }
  }
  return count;
}
