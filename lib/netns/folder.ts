/** Folders under RUNROOT, which a reboot empties. */
import { mkdirSync, readdirSync } from 'node:fs';
import { hasCode } from '../core/error.ts';
import { AT_FDCWD, close, O, tryMkdirAt, tryOpenAt } from '../core/sys/file.ts';
import { LOCK_EX, tryFlock } from '../core/sys/flock.ts';
import { check } from '../core/sys/libc.ts';

const EEXIST = -17;
const ENOENT = -2;

/** Makes a folder with its parents; there already is fine. */
export function ensureFolder(folder: string): void {
  const result = tryMkdirAt(AT_FDCWD, folder, 0o700);
  if (result !== 0 && result !== EEXIST) mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** The lock under which links are removed; undefined when the folder is gone, and everything in it. */
export function lockFolder(folder: string): Disposable | undefined {
  const fd = tryOpenAt(AT_FDCWD, folder, O.RDONLY | O.DIRECTORY);
  if (fd === ENOENT) return undefined;
  check(fd, 'open', folder);
  const locked = tryFlock(fd, LOCK_EX);
  if (locked < 0) {
    close(fd);
    check(locked, 'lock', folder);
  }
  return { [Symbol.dispose]: () => close(fd) };
}

/** The names in a folder; none when it is not there. */
export function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
