/** A pull that finds everything here: then asking for the manifest was all there was to do. */
import type { ImageManifest } from '../../oci/model/manifest.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { hasBlob } from '../../storage/blobs.ts';
import { type ImageRecord, readImage, readName } from '../../storage/images.ts';
import type { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { leasePresentLayer } from './present-layer.ts';
import { repoDigest } from './store-image.ts';

export interface Wanted {
  reference: Reference;
  shortName?: string | undefined;
  manifest: ImageManifest;
  /** Of the manifest, and of what the registry has under the name (an index, or the same). */
  digests: { manifest: string; top: string };
}

/**
 * The image as it is recorded, when a pull would change nothing: the name points at it, its digests are known, and its
 * documents and layers are here, whole, and these leased.
 */
export async function presentImage(
  { store }: Engine,
  { reference, shortName, manifest, digests }: Wanted,
  lease: LayerLease,
): Promise<ImageRecord | undefined> {
  const image = readImage(store, manifest.config.digest);
  if (image?.manifest.digest !== digests.manifest) return undefined;
  if (!image.repoDigests.includes(repoDigest(reference, digests.top))) return undefined;
  if (reference.tag !== undefined) {
    const name = readName(store, { ...reference, digest: undefined });
    if (name?.image !== image.id || name.shortName !== shortName) return undefined;
  }
  if (![image.id, image.manifest.digest].every((digest) => hasBlob(store, digest))) return undefined;
  for (const diffId of image.diffIds) {
    if ((await leasePresentLayer(store, lease, diffId)) === undefined) return undefined;
  }
  return image;
}
