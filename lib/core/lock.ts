/**
 * Locks are flocks on an object's own folder: the kernel frees them when a process dies, so nothing is ever locked by
 * the dead. Readers of records take none.
 *
 * A lock is on the inode. A folder that was deleted (or renamed away and made again) while we waited is not the one
 * the caller named, so every acquisition checks that the path still leads to the locked inode.
 */
import { fstatSync, statSync } from 'node:fs';
import { ProaError } from './error.ts';
import { AT_FDCWD, close, O, open, tryOpenAt } from './sys/file.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH, tryFlock } from './sys/flock.ts';
import { check } from './sys/libc.ts';

/** A held lock. It is released when disposed; it moves with its folder when that is renamed. */
export class Lock implements Disposable {
  private held = true;

  constructor(
    /** The open folder; serves as a starting point for `…at` calls. */
    readonly fd: number,
    readonly path: string,
  ) {}

  [Symbol.dispose](): void {
    if (!this.held) return;
    this.held = false;
    close(this.fd);
  }
}

export type LockMode = 'exclusive' | 'shared';

/**
 * Takes the lock if no one holds it.
 * @returns undefined when another process (or another part of this one) holds it
 * @throws ProaError ENOENT when the folder does not exist
 */
export function tryLock(folder: string, mode: LockMode = 'exclusive'): Lock | undefined {
  const fd = open(folder, O.RDONLY | O.DIRECTORY);
  if (tryFlock(fd, (mode === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
    close(fd);
    return undefined;
  }
  if (leadsTo(folder, fd)) return new Lock(fd, folder);
  close(fd);
  throw new ProaError('ENOENT', `lock ${folder}: it was removed meanwhile`);
}

/**
 * Waits for the lock. Waiting is polling, with growing pauses up to 20 ms, so that signals and other work of this
 * process go on; holders keep locks for milliseconds.
 * @throws ProaError ENOENT when the folder does not exist or goes away while waiting
 */
export async function lock(folder: string, mode: LockMode = 'exclusive'): Promise<Lock> {
  for (let pause = 1; ; pause = Math.min(pause * 1.5, 20)) {
    const held = tryLock(folder, mode);
    if (held !== undefined) return held;
    await Bun.sleep(pause * (0.5 + Math.random() / 2));
  }
}

/**
 * Takes the lock of a folder that all holders hold for a few system calls only (a read, a change and a write with no
 * wait in between), so that waiting in the kernel costs nobody anything.
 * @returns undefined when the folder is not there
 */
export function lockBriefly(folder: string): Lock | undefined {
  const fd = tryOpenAt(AT_FDCWD, folder, O.RDONLY | O.DIRECTORY);
  const ENOENT = -2;
  if (fd === ENOENT) return undefined;
  check(fd, 'open', folder);
  const locked = tryFlock(fd, LOCK_EX);
  if (locked < 0) {
    close(fd);
    check(locked, 'lock', folder);
  }
  return new Lock(fd, folder);
}

function leadsTo(folder: string, fd: number): boolean {
  const named = statSync(folder, { throwIfNoEntry: false });
  const held = fstatSync(fd);
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}
