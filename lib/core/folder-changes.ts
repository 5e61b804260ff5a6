/** Waiting for changes in a folder, by inotify, with a slow timer where there is none. */
import { type FSWatcher, watch } from 'node:fs';

/** Milliseconds between looks where no event comes. */
const PATIENCE = 1000;

/** Tells of changes in a folder, whether they happen while someone waits or before. */
export class FolderChanges implements Disposable {
  private readonly watcher: FSWatcher | undefined;
  private changed = false;
  private wake: (() => void) | undefined;

  /** @param onChange called at each change, also when nobody waits */
  constructor(folder: string, onChange?: () => void) {
    try {
      this.watcher = watch(folder, () => {
        this.changed = true;
        onChange?.();
        this.wake?.();
      });
      // The folder is gone: the timer shows what became of it.
      this.watcher.on('error', () => this.wake?.());
    } catch {
      // No inotify instance left for this user (fs.inotify.max_user_instances): the timer has to do.
    }
  }

  /** Resolves at the next change, at the latest after a second or after `patience` milliseconds. */
  async wait(patience = PATIENCE): Promise<void> {
    if (!this.changed) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.min(patience, PATIENCE));
      this.wake = resolve;
      await promise;
      clearTimeout(timer);
    }
    this.wake = undefined;
    this.changed = false;
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
  }
}
