/**
 * Publish by rename: a new object is made in a folder of its own below ROOT/tmp, which its maker holds locked, and
 * appears under its final name by one rename. What is not locked in ROOT/tmp has lost its maker and is rubbish.
 */
import { readdirSync, statSync } from 'node:fs';
import { syncFolder } from './atomic-file.ts';
import { hasCode } from './error.ts';
import { type Lock, type LockMode, lockBriefly, tryLock } from './lock.ts';
import { removeTree } from './sys/directory.ts';
import { AT_FDCWD, RENAME_NOREPLACE, renameAt2, tryMkdirAt } from './sys/file.ts';
import { check } from './sys/libc.ts';

/** A folder under construction. Disposed before it is published, it is deleted. */
export class Staging implements Disposable {
  private published = false;

  private constructor(
    readonly path: string,
    private readonly held: Lock,
  ) {}

  /**
   * Makes TEMPORARY/NAME and locks it. `name` must be fresh (an id, or with random bits).
   * @param mode of the lock that goes with the folder when it is published; either keeps sweepers off
   */
  static open(temporary: string, name: string, mode: LockMode = 'exclusive'): Staging {
    const path = `${temporary}/${name}`;
    const make = (): number => check(tryMkdirAt(AT_FDCWD, path, 0o700), 'create folder', path);
    make();
    for (;;) {
      try {
        const held = tryLock(path, mode);
        if (held !== undefined) return new Staging(path, held);
        // A sweeper locked it in the moment before we did. It deletes by name, so we must not give it a new folder of
        // that name before it is done.
        lockBriefly(path)?.[Symbol.dispose]();
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        make();
      }
    }
  }

  /**
   * Gives the folder its final name; the caller gets the lock, which moves along.
   * @throws ProaError EEXIST when the name is taken (by a folder that is not empty)
   */
  publish(target: string, options: { sync?: boolean } = {}): Lock {
    if (options.sync) syncFolder(this.path);
    renameAt2(this.path, target, RENAME_NOREPLACE);
    this.published = true;
    if (options.sync) syncFolder(target.slice(0, target.lastIndexOf('/')));
    return this.held;
  }

  [Symbol.dispose](): void {
    if (this.published) return;
    removeTree(this.path);
    this.held[Symbol.dispose]();
  }
}

/**
 * Takes an object out of sight by one rename and then deletes it, so that a crash half-way leaves rubbish in ROOT/tmp
 * and never half an object. The caller holds the object's lock, which keeps sweepers off.
 */
export function discard(path: string, temporary: string): void {
  const grave = `${temporary}/gone-${crypto.randomUUID()}`;
  renameAt2(path, grave);
  removeTree(grave);
}

/** Milliseconds after which a file in ROOT/tmp has lost its writer. */
const STALE_FILE = 3_600_000;

/** Deletes what no one holds locked in ROOT/tmp. Returns the names that went. */
export function sweep(temporary: string): string[] {
  const gone: string[] = [];
  for (const entry of readdirSync(temporary, { withFileTypes: true })) {
    const path = `${temporary}/${entry.name}`;
    if (!entry.isDirectory()) {
      // Small files are written and renamed within moments, without a lock.
      if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) < STALE_FILE)
        continue;
      removeTree(path);
      gone.push(entry.name);
      continue;
    }
    try {
      using held = tryLock(path);
      if (held === undefined) continue;
      removeTree(path);
      gone.push(entry.name);
    } catch (error) {
      // Its maker published or deleted it between our listing and our lock.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return gone;
}
