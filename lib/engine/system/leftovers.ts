/** What broken pulls and killed commands left in ROOT: `system prune` takes it away, as nobody will ask for it. */
import { spaceOf } from '../../core/disk-space.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { blobPath } from '../../storage/blobs.ts';
import { sweepPartialBlobs } from '../../storage/partial-blob.ts';
import type { Engine } from '../engine.ts';
import { findBadBlobs } from './check/blobs.ts';
import type { Finding } from './check/finding.ts';
import { findRubbish } from './check/rubbish.ts';

/**
 * Removes blobs that no image needs, those of downloads that nobody works on, and what lost its maker in ROOT/tmp.
 * @returns the bytes on disk that this freed
 */
export async function sweepLeftovers({ store }: Engine): Promise<number> {
  let bytes = 0;
  sweepPartialBlobs(store, (path) => {
    bytes += spaceOf(path);
  });
  bytes += await repairAll(findBadBlobs(store), (which) => blobPath(store, which as Digest));
  bytes += await repairAll(findRubbish(store), (which) => `${store.tmp}/${which}`);
  return bytes;
}

/** Each repair looks again, under the lock of what it removes. */
async function repairAll(findings: Iterable<Finding>, pathOf: (which: string) => string): Promise<number> {
  let bytes = 0;
  for (const { which, repair } of findings) {
    const before = spaceOf(pathOf(which));
    await repair?.();
    bytes += before - spaceOf(pathOf(which));
  }
  return bytes;
}
