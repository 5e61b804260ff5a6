/** ROOT/blobs/sha256/HEX: manifests and image configurations, verified before they get their name. */
import { readFileSync } from 'node:fs';
import { removeFile, syncFolder, writeFile } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { AT_FDCWD, renameAt2, tryUnlinkAt } from '../core/sys/file.ts';
import { type Digest, digestHex, sha256Digest } from '../oci/model/digest.ts';
import type { Store } from './store.ts';

export function blobPath(store: Store, digest: Digest): string {
  return `${store.root}/blobs/sha256/${digestHex(digest)}`;
}

/** Where a layer blob collects while it arrives; kept after a broken pull, so that the next one resumes. */
export function partialBlobPath(store: Store, digest: Digest): string {
  return `${blobPath(store, digest)}.partial`;
}

/** Stores bytes under their own digest. Writers of the same digest write the same bytes, so the last rename is fine. */
export function putBlob(store: Store, bytes: Uint8Array): Digest {
  const digest = sha256Digest(bytes);
  const temporary = `${store.tmp}/blob-${crypto.randomUUID()}`;
  try {
    writeFile(temporary, bytes, { sync: true });
    renameAt2(temporary, blobPath(store, digest));
  } catch (error) {
    tryUnlinkAt(AT_FDCWD, temporary);
    throw error;
  }
  syncFolder(`${store.root}/blobs/sha256`);
  return digest;
}

/** @throws ProaError BLOB_MISSING when it is not there, BLOB_CORRUPT when its bytes do not have its digest */
export function readBlob(store: Store, digest: Digest): Uint8Array {
  const file = blobPath(store, digest);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new ProaError('BLOB_MISSING', `read blob ${digest}: it is not in the store`, {
      cause: error,
      hint: 'proa system check --repair',
    });
  }
  if (sha256Digest(bytes) !== digest) {
    throw new ProaError('BLOB_CORRUPT', `read blob ${digest}: the file was altered`, {
      hint: 'proa system check --repair, then pull the image again',
    });
  }
  return bytes;
}

/** True when it is there, with the bytes that have its digest. */
export function hasBlob(store: Store, digest: Digest): boolean {
  try {
    readBlob(store, digest);
    return true;
  } catch (error) {
    if (error instanceof ProaError) return false;
    throw error;
  }
}

export function removeBlob(store: Store, digest: Digest): void {
  removeFile(blobPath(store, digest));
}
