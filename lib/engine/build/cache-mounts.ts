/**
 * ROOT/build-cache/mounts/NAME/: files of `RUN --mount=type=cache`, which outlive the step. `data` is what is mounted,
 * `mount.json` says what it is. NAME comes from the id that the instruction says; `.1`, `.2`, … behind it are those of
 * builds that wanted one for themselves while another had it. Who uses one holds the folder's lock: shared, or alone.
 */
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { readRecord, writeRecord } from '../../core/atomic-file.ts';
import { spaceOf } from '../../core/disk-space.ts';
import { hasCode } from '../../core/error.ts';
import { type Lock, lock, tryLock } from '../../core/lock.ts';
import { discard } from '../../core/staging.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { AT_FDCWD, tryChmodAt, tryLchownAt, tryUtimensAt } from '../../core/sys/file.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import { buildCachePath } from '../../storage/build-cache.ts';
import type { Store } from '../../storage/store.ts';

export interface CacheMountRequest {
  readonly id: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  /** Of a new one's folder. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** What it begins with, as a part of what it is. */
  readonly origin?: string;
  /** Fills a new one. @param folder to be filled */
  fill?(folder: string): Promise<void>;
}

interface CacheMountRecord {
  version: 1;
  id: string;
  /** RFC 3339. */
  created: string;
}

export interface ListedCacheMount {
  readonly name: string;
  readonly description: string;
  /** Bytes on disk. */
  readonly size: number;
  readonly created: string;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
  readonly inUse: boolean;
}

function mountsPath(store: Store): string {
  return `${buildCachePath(store)}/mounts`;
}

/**
 * Takes a cache for a step; it is let go with the lock. `locked` waits until nobody else has it.
 * @returns the folder to mount
 * @throws ProaError ENOSPC, …
 */
export async function takeCacheMount(
  store: Store,
  request: CacheMountRequest,
): Promise<{ folder: string; held: Lock }> {
  const name = sha256Digest(Buffer.from(JSON.stringify([request.id, request.origin ?? ''])));
  const base = `${mountsPath(store)}/${name.slice('sha256:'.length)}`;
  mkdirSync(mountsPath(store), { recursive: true, mode: 0o711 });
  for (let number = 0; ; ) {
    const path = number === 0 ? base : `${base}.${number}`;
    const held = await hold(path, request);
    if (held === undefined) {
      number++;
      continue;
    }
    try {
      await make(path, request);
      touch(path);
      return { folder: `${path}/data`, held };
    } catch (error) {
      held[Symbol.dispose]();
      // A prune took it in this moment.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** The lock; undefined when somebody else has it and it is to be ours alone. */
async function hold(path: string, { sharing }: CacheMountRequest): Promise<Lock | undefined> {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  try {
    if (sharing === 'private') return tryLock(path);
    return await lock(path, sharing === 'locked' ? 'exclusive' : 'shared');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return await hold(path, { sharing } as CacheMountRequest);
    throw error;
  }
}

/** Makes the folder of a new one: beside its place, so that it is there whole or not at all. The caller has its lock. */
async function make(path: string, request: CacheMountRequest): Promise<void> {
  const data = `${path}/data`;
  if (statSync(data, { throwIfNoEntry: false }) !== undefined) return;
  const fresh = `${path}/new-${crypto.randomUUID()}`;
  mkdirSync(fresh);
  using undo = new DisposableStack();
  undo.defer(() => removeTree(fresh));
  await request.fill?.(fresh);
  tryLchownAt(AT_FDCWD, fresh, request.uid, request.gid);
  tryChmodAt(AT_FDCWD, fresh, request.mode);
  const record: CacheMountRecord = { version: 1, id: request.id, created: new Date().toISOString() };
  writeRecord(`${path}/mount.json`, record);
  try {
    renameSync(fresh, data);
    undo.move();
  } catch (error) {
    // Of several steps that share it another one was faster.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

function touch(path: string): void {
  const now = Date.now();
  const time = { sec: Math.floor(now / 1000), nsec: (now % 1000) * 1e6 };
  tryUtimensAt(AT_FDCWD, `${path}/mount.json`, time, time);
}

/** All of them; broken ones, too, so that they can go. */
export function listCacheMounts(store: Store): ListedCacheMount[] {
  return names(store).map((name) => {
    const path = `${mountsPath(store)}/${name}`;
    const record = readMount(path);
    return {
      name,
      description: `cached mount ${record?.id ?? name.slice(0, 12)}`,
      size: spaceOf(path),
      created: record?.created ?? new Date(0).toISOString(),
      lastUsed: statSync(`${path}/mount.json`, { throwIfNoEntry: false })?.mtimeMs ?? 0,
      inUse: isInUse(path),
    };
  });
}

/** Deletes one, unless a build works with it. Returns whether it is gone. */
export function removeCacheMount(store: Store, name: string): boolean {
  const path = `${mountsPath(store)}/${name}`;
  try {
    using held = tryLock(path);
    if (held === undefined) return false;
    discard(path, store.tmp);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
}

function readMount(path: string): CacheMountRecord | undefined {
  try {
    return readRecord<CacheMountRecord>(`${path}/mount.json`);
  } catch (error) {
    if (hasCode(error, 'CORRUPT_RECORD')) return undefined;
    throw error;
  }
}

function isInUse(path: string): boolean {
  try {
    using held = tryLock(path);
    return held === undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function names(store: Store): string[] {
  try {
    return readdirSync(mountsPath(store));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
