/** What has lost its maker: unlocked folders in ROOT/tmp, files of writes that a crash cut off, old partial blobs. */
import { readdirSync, statSync } from 'node:fs';
import { hasCode } from '../../../core/error.ts';
import { tryLock } from '../../../core/lock.ts';
import { removeTree } from '../../../core/sys/directory.ts';
import { AT_FDCWD, close, O, tryOpenAt, tryUnlinkAt } from '../../../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../../core/sys/flock.ts';
import type { Store } from '../../../storage/store.ts';
import { type Finding, isBusy } from './finding.ts';

/** A file in ROOT/tmp cannot be locked before it exists; no write of one takes as long as this (milliseconds). */
const FILE_PATIENCE = 60_000;
/** How long a broken download is worth keeping for the next pull (milliseconds). */
const PARTIAL_LIFETIME = 7 * 24 * 3600 * 1000;

/** Objects under construction, or on their way out, that no process holds. */
export function* findRubbish(store: Store): Iterable<Finding> {
  for (const entry of readdirSync(store.tmp, { withFileTypes: true })) {
    const path = `${store.tmp}/${entry.name}`;
    const dead = entry.isDirectory() ? !isBusy(path) : ageOf(path) > FILE_PATIENCE;
    if (!dead) continue;
    const why = 'the command that made it is gone';
    yield { what: 'temporary', which: entry.name, why, repair: () => removeUnlocked(path) };
  }
}

function removeUnlocked(path: string): string {
  try {
    if (!statSync(path).isDirectory()) {
      tryUnlinkAt(AT_FDCWD, path);
      return 'removed';
    }
    using held = tryLock(path);
    if (held === undefined) return 'in use again, kept';
    removeTree(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error; // another sweep was faster
  }
  return 'removed';
}

/** Where records are; their writers put a new one beside them as `….new` (atomic-file.ts). */
const RECORD_FOLDERS = ['images/names', 'images/by-id'];
const OBJECT_FOLDERS = ['containers', 'layers', 'volumes'];

/** New records that never got their name. The next write would take such a file over, if there is one. */
export function* findCutWrites(store: Store): Iterable<Finding> {
  const folders = RECORD_FOLDERS.map((folder) => `${store.root}/${folder}`);
  for (const kind of OBJECT_FOLDERS) {
    for (const name of readdirSync(`${store.root}/${kind}`)) folders.push(`${store.root}/${kind}/${name}`);
  }
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      if (!name.endsWith('.json.new')) continue;
      const path = `${folder}/${name}`;
      if (ageOf(path) <= FILE_PATIENCE) continue;
      const remove = (): string => {
        tryUnlinkAt(AT_FDCWD, path);
        return 'removed';
      };
      yield { what: 'record', which: path, why: 'its write was cut off', repair: remove };
    }
  }
}

/** Layer blobs that arrived in part (partial-blob.ts): young ones are kept, a pull goes on from them. */
export function* findPartialBlobs(store: Store): Iterable<Finding> {
  const folder = `${store.root}/blobs/sha256`;
  for (const name of namesIn(folder)) {
    const path = `${folder}/${name}`;
    if (!name.endsWith('.partial') || isDownloading(path)) continue;
    const which = `sha256:${name.slice(0, -'.partial'.length)}`;
    const age = ageOf(path);
    const days = Math.floor(age / (24 * 3600 * 1000));
    if (age < PARTIAL_LIFETIME) {
      yield {
        what: 'partial blob',
        which,
        why: 'left by a broken pull; the next one goes on from it',
        harmless: true,
      };
      continue;
    }
    const remove = (): string => {
      if (isDownloading(path)) return 'in use again, kept';
      tryUnlinkAt(AT_FDCWD, path);
      return 'removed';
    };
    yield {
      what: 'partial blob',
      which,
      why: `no pull has gone on with it for ${days} days`,
      repair: remove,
    };
  }
}

function isDownloading(path: string): boolean {
  const fd = tryOpenAt(AT_FDCWD, path, O.RDWR);
  if (fd < 0) return false;
  const locked = tryFlock(fd, LOCK_EX | LOCK_NB) < 0;
  close(fd);
  return locked;
}

/** Milliseconds since the last write; 0 for what went away just now. */
function ageOf(path: string): number {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined ? 0 : Date.now() - status.mtimeMs;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // Removed while we looked, or a stray file, which the parts that know the folder report.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
