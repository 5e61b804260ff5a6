/**
 * ROOT/layers/DIFFID/{diff/,layer.json,recipe}: one unpacked layer, whole, independent of the layers below it.
 *
 * A layer that someone is about to refer to, but which no record names yet, is leased: a shared lock on its folder,
 * held until the record is published. The sweep takes a layer only under an exclusive lock and looks through all
 * records again while it holds that, so a layer is never deleted between its choice and its first record.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { bootId } from '../core/boot.ts';
import { spaceOf } from '../core/disk-space.ts';
import { hasCode, isNoSpace, ProaError } from '../core/error.ts';
import { type Lock, lock, lockBriefly, tryLock } from '../core/lock.ts';
import { discard, Staging } from '../core/staging.ts';
import { AT_FDCWD, close, O, open, renameAt2, setTopdirFlag, syncfs, tryMkdirAt } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { type Digest, digestHex } from '../oci/model/digest.ts';
import type { Store } from './store.ts';

export interface LayerRecord {
  version: 1;
  diffId: Digest;
  /** Bytes of the layer's tar. */
  plainSize: number;
  /** Bytes of the files' contents, as `images` and `history` show. */
  diskSize: number;
  files: number;
  /** Compressed forms of this layer that registries are known to have. */
  blobs: LayerBlob[];
  /**
   * The boot in which the layer was unpacked, until its files are known to be on disk. After another boot such a
   * layer is checked against its recipe before it is used.
   */
  unsyncedSince?: string;
  /** Bytes that all of it takes on disk, once somebody has counted; it never changes. */
  space?: number;
}

/** A compressed form of a layer, as registries have it. */
export interface LayerBlob {
  digest: Digest;
  size: number;
  mediaType: string;
  /** `REGISTRY/REPOSITORY` to which it was pushed from here, the latest last: others there can mount it from these. */
  repositories?: string[];
}

/** So many repositories are kept of a blob; a push asks fewer. */
const REPOSITORIES = 8;

export function layerPath(store: Store, diffId: Digest): string {
  return `${store.root}/layers/${digestHex(diffId)}`;
}

/** The folder to mount as overlayfs's lower directory. */
export function layerDiffPath(store: Store, diffId: Digest): string {
  return `${layerPath(store, diffId)}/diff`;
}

export function layerRecipePath(store: Store, diffId: Digest): string {
  return `${layerPath(store, diffId)}/recipe`;
}

/** The record, or undefined when the layer is not here. */
export function readLayer(store: Store, diffId: Digest): LayerRecord | undefined {
  return readRecord<LayerRecord>(`${layerPath(store, diffId)}/layer.json`);
}

/** Holds layers against deletion until disposed. */
export class LayerLease implements Disposable {
  private readonly locks: Lock[] = [];

  /**
   * Leases one layer.
   * @returns false when it is not here (or is being deleted at this moment)
   */
  async add(store: Store, diffId: Digest): Promise<boolean> {
    try {
      this.locks.push(await lock(layerPath(store, diffId), 'shared'));
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** Takes over the lock of a layer that was just published. */
  hold(held: Lock): void {
    this.locks.push(held);
  }

  [Symbol.dispose](): void {
    for (const held of this.locks.splice(0)) held[Symbol.dispose]();
  }
}

/** A layer under construction: unpack into `diff`, write the recipe to `recipe`, then publish. */
export class LayerStaging implements Disposable {
  private readonly staging: Staging;
  readonly diff: string;
  readonly recipe: string;

  /** Where all of it is until it is published. */
  get folder(): string {
    return this.staging.path;
  }

  constructor(private readonly store: Store) {
    // Shared, as a lease is: once it is published, others may use it although this pull goes on for an hour.
    using staging = new DisposableStack();
    this.staging = staging.use(Staging.open(store.tmp, `layer-${crypto.randomUUID()}`, 'shared'));
    this.diff = `${this.staging.path}/diff`;
    this.recipe = `${this.staging.path}/recipe`;
    makeFarFromOthers(this.staging.path, this.diff);
    staging.move();
  }

  /**
   * Makes the layer visible under its diff id. When another process was faster with the same layer, that one serves
   * and this one goes.
   * @returns a lock that keeps the layer (see {@link LayerLease})
   */
  async publish(record: LayerRecord): Promise<Lock> {
    const target = layerPath(this.store, record.diffId);
    writeRecord(`${this.staging.path}/layer.json`, { ...record, unsyncedSince: bootId() });
    try {
      return this.staging.publish(target);
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
    }
    try {
      return await lock(target, 'shared');
    } catch (error) {
      // It was there a moment ago and a sweep took it: now the place is free for ours.
      if (hasCode(error, 'ENOENT')) return this.staging.publish(target);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.staging[Symbol.dispose]();
  }
}

/**
 * Makes a layer's `diff` where ext4 has room. Left alone, ext4 makes new folders near the layers before them, and crawls
 * past every inode deleted there in the last minutes (find_inode_bit() in fs/ext4/ialloc.c). The children of a folder
 * with the TOPDIR flag it spreads over the disk by the hash of their names; so the name is random at first.
 */
function makeFarFromOthers(parent: string, diff: string): void {
  setTopdirFlag(parent);
  const made = `${parent}/${crypto.randomUUID()}`;
  check(tryMkdirAt(AT_FDCWD, made, 0o755), 'create folder', made);
  renameAt2(made, diff);
}

/** Waits until all that was written for these layers is on disk, and notes it. One wait serves them all. */
export function syncLayers(store: Store, diffIds: readonly Digest[]): void {
  const waiting = diffIds
    .map((id) => readLayer(store, id))
    .filter((record) => record?.unsyncedSince !== undefined);
  if (waiting.length === 0) return;
  const fd = open(`${store.root}/layers`, O.RDONLY | O.DIRECTORY);
  try {
    syncfs(fd);
  } finally {
    close(fd);
  }
  for (const record of waiting) {
    changeRecord(store, record!.diffId, ({ unsyncedSince: _, ...synced }) => synced);
  }
}

/** Remembers a compressed form of a layer, and where it was pushed to (for pushes that mount or skip). */
export function addLayerBlob(store: Store, record: LayerRecord, blob: LayerBlob): void {
  const withBlob = (now: LayerRecord): LayerRecord => {
    const known = now.blobs.find(({ digest }) => digest === blob.digest);
    if (known === undefined) return { ...now, blobs: [...now.blobs, blob] };
    const added = (blob.repositories ?? []).filter((name) => !known.repositories?.includes(name));
    if (added.length === 0) return now;
    const repositories = [...(known.repositories ?? []), ...added].slice(-REPOSITORIES);
    return {
      ...now,
      blobs: now.blobs.map((other) => (other === known ? { ...known, repositories } : other)),
    };
  };
  if (withBlob(record) !== record) changeRecord(store, record.diffId, withBlob);
}

/**
 * Changes a record that several commands may want to change at once, as a lease is shared: one after the other, each
 * on top of what the others wrote. A layer that is gone, or has no record, is left alone.
 */
function changeRecord(store: Store, diffId: Digest, change: (record: LayerRecord) => LayerRecord): void {
  using _ = lockBriefly(`${store.root}/layers`);
  const record = readLayer(store, diffId);
  if (record !== undefined) writeRecord(`${layerPath(store, diffId)}/layer.json`, change(record));
}

/**
 * Bytes that a layer takes on disk with all that belongs to it; 0 when it is not here. Counted once: what is in a layer
 * stays as it is, and it may have a hundred thousand files.
 */
export function layerSpace(store: Store, diffId: Digest): number {
  const record = readLayer(store, diffId);
  if (record?.space !== undefined) return record.space;
  const space = spaceOf(layerPath(store, diffId));
  // What waits to be written may take another number of blocks in the end.
  if (record === undefined || record.unsyncedSince !== undefined) return space;
  try {
    changeRecord(store, diffId, (now) => ({ ...now, space }));
  } catch (error) {
    // No room for the note: then it is counted again next time.
    if (!isNoSpace(error)) throw error;
  }
  return space;
}

/** Diff ids of all layers that are here. */
export function listLayers(store: Store): Digest[] {
  return readdirSync(`${store.root}/layers`).map((hex) => `sha256:${hex}` as Digest);
}

/**
 * Deletes those of `candidates` that no record refers to.
 * @param referenced looks through all records afresh at each call
 * @param deleting called with each layer that goes, right before it does
 */
export function sweepLayers(
  store: Store,
  candidates: Iterable<Digest>,
  referenced: () => Set<string>,
  deleting?: (diffId: Digest) => void,
): Digest[] {
  const gone: Digest[] = [];
  for (const diffId of candidates) {
    const path = layerPath(store, diffId);
    if (!existsSync(path)) continue;
    let held: Lock | undefined;
    try {
      held = tryLock(path);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) continue;
      throw error;
    }
    // A pull or create leases it right now; it will have a record soon.
    if (held === undefined) continue;
    using _ = held;
    if (referenced().has(diffId)) continue;
    deleting?.(diffId);
    discard(path, store.tmp);
    gone.push(diffId);
  }
  return gone;
}

/**
 * The layers' folders, topmost first, as overlayfs wants them: it takes none twice (ELOOP). Of a layer that an image has
 * several times (two steps that changed nothing are the same empty one) the topmost counts, as it covers the others.
 */
export function lowerDirs(store: Store, diffIds: readonly Digest[]): string[] {
  return [...new Set(diffIds.toReversed())].map((id) => layerDiffPath(store, id));
}

/** @throws ProaError LAYER_MISSING naming the first layer that is not here */
export function requireLayers(store: Store, diffIds: readonly Digest[]): void {
  for (const diffId of diffIds) {
    if (existsSync(`${layerPath(store, diffId)}/layer.json`)) continue;
    throw new ProaError('LAYER_MISSING', `use layer ${diffId}: it is not in the store`, {
      hint: 'proa system check --repair, then pull the image again',
    });
  }
}
