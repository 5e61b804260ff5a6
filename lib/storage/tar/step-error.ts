/** Errors of the single steps of unpacking: which entry, which step, the kernel's reason, and what to do about it. */
import { ProaError } from '../../core/error.ts';
import { sysError } from '../../core/sys/libc.ts';
import { show } from './archive-error.ts';
import type { Entry } from './entry.ts';
import type { ByteString } from './header.ts';

/** Throws for -errno: `unpack usr/x: write: no space left on device`. */
export function must(result: number, entry: Entry, step: string): void {
  if (result < 0) throw stepError(-result, entry.path, step);
}

/** The error for a step that failed, with what to do about a full disk. */
export function stepError(errno: number, name: ByteString, step: string, hint?: string): ProaError {
  const error = sysError(errno, 'unpack', `${show(name)}: ${step}`);
  return new ProaError(error.code, error.message, { hint: hint ?? SPACE[error.code] });
}

const SPACE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free space (proa system prune), then try again',
  EDQUOT: "this user's disk quota is used up: free space (proa system prune), then try again",
};
