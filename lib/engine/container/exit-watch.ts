/**
 * Learning a container's exit code, also when another process cleans up (and, with --rm, removes the container) first.
 *
 * Who watches holds a shared lock on RUNROOT/exits/ID.watch. While someone does, the clean-up leaves conmon's exit file
 * where it is, and the last watcher removes both.
 */
import { fstatSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { isAlive, type ProcessHandle, waitForExit } from '../../core/process-handle.ts';
import { AT_FDCWD, close, O, open, tryOpenAt } from '../../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, LOCK_SH, tryFlock } from '../../core/sys/flock.ts';
import { exitFilePath } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { EXIT_CODE_UNKNOWN } from './state.ts';

/** How long the exit code may take to appear when no conmon lives that could write it. */
const PATIENCE = 500;

export class ExitWatch implements Disposable {
  private constructor(
    private readonly store: Store,
    private readonly id: string,
    private readonly fd: number,
  ) {}

  private closed = false;

  static open(store: Store, id: string): ExitWatch {
    const path = watchPath(store, id);
    for (;;) {
      const fd = open(path, O.RDWR | O.CREAT, 0o600);
      tryFlock(fd, LOCK_SH);
      // Between our two steps the last watcher, or who took it for a dead one's, may have removed it.
      if (statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) {
        return new ExitWatch(store, id, fd);
      }
      close(fd);
    }
  }

  /** Waits for the end of this run of the container. Resolves to its exit code. */
  async wait(process: ProcessHandle, conmon: ProcessHandle | undefined): Promise<number> {
    await waitForExit(process, Number.POSITIVE_INFINITY);
    let end = performance.now() + PATIENCE;
    for (;;) {
      const code = this.read();
      if (code !== undefined) return code;
      if (isAlive(conmon)) end = performance.now() + PATIENCE;
      else if (performance.now() > end) return EXIT_CODE_UNKNOWN;
      await Bun.sleep(0.3);
    }
  }

  private read(): number | undefined {
    try {
      const text = readFileSync(exitFilePath(this.store, this.id), 'utf8');
      return text === '' ? undefined : Number(text);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /**
   * Ends the watch. The last watcher removes the watch file, and the exit file too when the clean-up is over and left
   * it behind (`cleaned`).
   */
  close(cleaned: boolean): void {
    if (this.closed) return;
    this.closed = true;
    if (tryFlock(this.fd, LOCK_EX | LOCK_NB) === 0) {
      rmSync(watchPath(this.store, this.id), { force: true });
      if (cleaned) rmSync(exitFilePath(this.store, this.id), { force: true });
    }
    close(this.fd);
  }

  [Symbol.dispose](): void {
    this.close(false);
  }
}

/** Removes the exit file, unless someone still wants to read it, and the watch file of a watcher that was killed. */
export function removeExitFile(store: Store, id: string): void {
  const fd = tryOpenAt(AT_FDCWD, watchPath(store, id), O.RDWR);
  const watched = fd >= 0 && tryFlock(fd, LOCK_EX | LOCK_NB) < 0;
  if (!watched) {
    rmSync(exitFilePath(store, id), { force: true });
    if (fd >= 0) rmSync(watchPath(store, id), { force: true });
  }
  if (fd >= 0) close(fd);
}

export function watchPath(store: Store, id: string): string {
  return `${exitFilePath(store, id)}.watch`;
}
