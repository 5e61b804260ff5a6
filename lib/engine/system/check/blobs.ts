/** Manifests and configurations: each under its own digest, each of some image. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hasCode } from '../../../core/error.ts';
import { type Digest, digestOf, isDigest } from '../../../oci/model/digest.ts';
import { type ImageManifest, MANIFEST_MAX_BYTES, parseManifest } from '../../../oci/model/manifest.ts';
import { blobPath, removeBlob } from '../../../storage/blobs.ts';
import { lockImages } from '../../../storage/images.ts';
import type { Store } from '../../../storage/store.ts';
import type { Finding } from './finding.ts';
import { wholeImages } from './records.ts';

/** Between a blob and the record that refers to it lie a few writes to disk (milliseconds). */
const RECORD_PATIENCE = 60_000;

/** Blobs that no image needs. Those that one needs and that are altered are told of that image. */
export function* findBadBlobs(store: Store): Iterable<Finding> {
  const { needed, complete } = neededBlobs(store);
  for (const digest of listBlobs(store)) {
    if (needed.has(digest)) continue;
    const bytes = readIfThere(blobPath(store, digest));
    if (bytes === undefined) continue;
    const finding = { what: 'blob', which: digest, repair: () => removeUnneeded(store, digest) };
    if (digestOf(bytes, digest.startsWith('sha512') ? 'sha512' : 'sha256') !== digest) {
      yield { ...finding, why: 'its bytes were altered' };
    } else if (complete && isOld(store, digest)) {
      // (What an unreadable record needs is not known.)
      yield { ...finding, why: 'no image needs it' };
    }
  }
}

/** The manifest in the store that has this configuration. */
export function findManifest(
  store: Store,
  config: Digest,
): { bytes: Uint8Array; mediaType: string } | undefined {
  for (const digest of listBlobs(store)) {
    const bytes = readIfThere(blobPath(store, digest));
    if (bytes === undefined || bytes.length > MANIFEST_MAX_BYTES || digestOf(bytes, 'sha256') !== digest)
      continue;
    const manifest = parseImageManifest(bytes);
    if (manifest?.config.digest === config) return { bytes, mediaType: manifest.mediaType };
  }
  return undefined;
}

function parseImageManifest(bytes: Uint8Array): ImageManifest | undefined {
  try {
    const manifest = parseManifest(bytes);
    return manifest.kind === 'image' ? manifest : undefined;
  } catch {
    return undefined; // a configuration
  }
}

/** Looks again under the lock of those who write records. */
async function removeUnneeded(store: Store, digest: Digest): Promise<string> {
  using _ = await lockImages(store);
  if (neededBlobs(store).needed.has(digest)) return 'an image needs it by now, kept';
  removeBlob(store, digest);
  return 'removed';
}

function neededBlobs(store: Store): { needed: Set<Digest>; complete: boolean } {
  const { images, complete } = wholeImages(store);
  return { needed: new Set(images.flatMap(({ id, manifest }) => [id, manifest.digest])), complete };
}

function listBlobs(store: Store): Digest[] {
  return readdirSync(`${store.root}/blobs/sha256`)
    .map((hex) => `${hex.length === 128 ? 'sha512' : 'sha256'}:${hex}`)
    .filter(isDigest);
}

function isOld(store: Store, digest: Digest): boolean {
  const status = statSync(blobPath(store, digest), { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > RECORD_PATIENCE;
}

function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
