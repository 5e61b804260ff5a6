/**
 * ROOT/build-cache/records/KEY.json: what a build step came to. KEY is a digest of all that the step depends on, so that
 * the same step finds it again; the file's time of change is when it was last of use. A record keeps its layer from the
 * sweep, and is lost without harm.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { readRecord, removeFile, writeRecord } from '../core/atomic-file.ts';
import { hasCode } from '../core/error.ts';
import { AT_FDCWD, tryUtimensAt } from '../core/sys/file.ts';
import type { Digest } from '../oci/model/digest.ts';
import type { Store } from './store.ts';

export interface BuildCacheRecord {
  version: 1;
  /** 64 hex digits. */
  key: string;
  /** The layer that the step made. Absent: it changed nothing, or makes no layer. */
  diffId?: Digest;
  /** RFC 3339: when the step was done. */
  created: string;
  /** The instruction, for people: `[2/3] RUN make`. */
  description: string;
  /** Bytes of the layer's files. */
  size: number;
  /** `alias`: another way to find what a `regular` one came to. `image`: when an image was first made. */
  type: 'regular' | 'alias' | 'image';
}

/** One as a list shows it. */
export interface ListedCacheRecord extends BuildCacheRecord {
  /** Milliseconds since 1970. */
  lastUsed: number;
}

export function buildCachePath(store: Store): string {
  return `${store.root}/build-cache`;
}

/** All that lies in there, without the folders that are always there. */
export function buildCacheFiles(store: Store): string[] {
  const inside = (folder: string): string[] => readdirSync(folder).map((name) => `${folder}/${name}`);
  return inside(buildCachePath(store)).flatMap((path) =>
    path === recordsPath(store) ? inside(path) : [path],
  );
}

function recordsPath(store: Store): string {
  return `${buildCachePath(store)}/records`;
}

function recordFile(store: Store, key: string): string {
  return `${recordsPath(store)}/${key}.json`;
}

/** The record of a step, or undefined when it is not known, or cannot be read: then it is done anew. */
export function readCacheRecord(store: Store, key: string): BuildCacheRecord | undefined {
  try {
    return readRecord<BuildCacheRecord>(recordFile(store, key));
  } catch (error) {
    if (hasCode(error, 'CORRUPT_RECORD')) return undefined;
    throw error;
  }
}

/** Whoever writes it holds a lease on its layer. @throws ProaError ENOSPC, EROFS, … */
export function writeCacheRecord(store: Store, record: BuildCacheRecord): void {
  mkdirSync(recordsPath(store), { recursive: true, mode: 0o700 });
  // Two builds may come to the same at once: each has a file of its own to rename.
  writeRecord(recordFile(store, record.key), record);
}

/** Notes that a record was of use. */
export function touchCacheRecord(store: Store, key: string): void {
  const now = Date.now();
  const time = { sec: Math.floor(now / 1000), nsec: (now % 1000) * 1e6 };
  tryUtimensAt(AT_FDCWD, recordFile(store, key), time, time);
}

/** Forgets a step; its layer is swept apart. */
export function removeCacheRecord(store: Store, key: string): void {
  removeFile(recordFile(store, key));
}

/** All records that can be read. */
export function listCacheRecords(store: Store): ListedCacheRecord[] {
  const records: ListedCacheRecord[] = [];
  for (const name of recordNames(store)) {
    const record = readCacheRecord(store, name.slice(0, -'.json'.length));
    if (record === undefined) continue;
    const status = statSync(`${recordsPath(store)}/${name}`, { throwIfNoEntry: false });
    if (status !== undefined) records.push({ ...record, lastUsed: status.mtimeMs });
  }
  return records;
}

/** The layers that the cache keeps. */
export function cachedLayers(store: Store): Digest[] {
  return recordNames(store).flatMap((name) => {
    return readCacheRecord(store, name.slice(0, -'.json'.length))?.diffId ?? [];
  });
}

function recordNames(store: Store): string[] {
  try {
    return readdirSync(recordsPath(store)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
