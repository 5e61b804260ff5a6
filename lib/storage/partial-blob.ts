/**
 * ROOT/blobs/sha256/HEX.partial: a layer blob while it arrives. It outlives a broken pull, so that the next one asks
 * the registry only for the rest. One process at a time writes it: the lock is on the file, and who waited for it finds
 * the layer unpacked, or goes on where the other stopped.
 */
import { fstatSync, ftruncateSync, readdirSync, statSync } from 'node:fs';
import {
  AT_FDCWD,
  close,
  dropCache,
  fsync,
  O,
  open,
  renameAt2,
  startWriteback,
  tryOpenAt,
  tryUnlinkAt,
  tryWriteAll,
} from '../core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../core/sys/flock.ts';
import { check } from '../core/sys/libc.ts';
import type { Digest } from '../oci/model/digest.ts';
import { partialBlobPath } from './blobs.ts';
import type { Store } from './store.ts';

/** Bytes that are handed to the disk at once. */
const STEP = 4 << 20;
/** How far behind the reader pages are let go. */
const LAG = 4 * STEP;

export class PartialBlob implements Disposable {
  private constructor(
    readonly path: string,
    private readonly fd: number,
    private length: number,
  ) {
    this.flushed = length;
  }

  private flushed: number;
  private published = false;
  private dropped = 0;

  /** Opens (or makes) the partial file of a blob and waits until no other process writes it. */
  static async open(store: Store, digest: Digest, signal?: AbortSignal): Promise<PartialBlob> {
    const path = partialBlobPath(store, digest);
    for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
      signal?.throwIfAborted();
      const fd = open(path, O.RDWR | O.CREAT | O.APPEND, 0o600);
      if (tryFlock(fd, LOCK_EX | LOCK_NB) === 0) {
        const held = fstatSync(fd);
        // Its last writer may have finished and removed the file between our open and our lock.
        if (statSync(path, { throwIfNoEntry: false })?.ino === held.ino)
          return new PartialBlob(path, fd, held.size);
        pause = 1;
      }
      close(fd);
      await Bun.sleep(pause);
    }
  }

  /** Bytes that are here. */
  get size(): number {
    return this.length;
  }

  /** @throws ProaError ENOSPC, … */
  append(chunk: Uint8Array): void {
    check(tryWriteAll(this.fd, chunk), 'write', this.path);
    this.length += chunk.length;
    if (this.length - this.flushed < STEP) return;
    startWriteback(this.fd, this.flushed, STEP);
    this.flushed += STEP;
  }

  /**
   * What is before `offset` was read and is not needed in memory. Page after page of memory that was never used before
   * costs several times the copying of the bytes; so the same few pages serve again and again.
   */
  consumed(offset: number): void {
    // What was handed to the disk just now is not there yet, and cannot be dropped.
    for (; this.dropped + LAG <= offset; this.dropped += STEP) dropCache(this.fd, this.dropped, STEP);
  }

  /** Gives the whole blob its place, on the same file system. @throws ProaError ENOSPC, … */
  publish(target: string): void {
    fsync(this.fd, this.path);
    renameAt2(this.path, target);
    this.published = true;
  }

  /** Begins anew, in the same file. */
  clear(): void {
    ftruncateSync(this.fd);
    this.length = this.flushed = this.dropped = 0;
  }

  /** Throws the bytes away: they are unpacked now, or not what they should be. */
  remove(): void {
    tryUnlinkAt(AT_FDCWD, this.path);
  }

  /** Closes the file and keeps it. An empty one is of no use to anyone. */
  [Symbol.dispose](): void {
    if (this.length === 0 && !this.published) this.remove();
    close(this.fd);
  }
}

/**
 * Deletes the partial files that no pull works on.
 * @param deleting called with the path of each, right before it goes
 */
export function sweepPartialBlobs(store: Store, deleting: (path: string) => void): void {
  const folder = `${store.root}/blobs/sha256`;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith('.partial')) continue;
    const path = `${folder}/${name}`;
    const fd = tryOpenAt(AT_FDCWD, path, O.RDWR);
    // Its pull finished it since.
    if (fd < 0) continue;
    try {
      if (tryFlock(fd, LOCK_EX | LOCK_NB) < 0) continue;
      deleting(path);
      tryUnlinkAt(AT_FDCWD, path);
    } finally {
      close(fd);
    }
  }
}
