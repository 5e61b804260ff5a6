/** The last step of pull's siblings (load, import): the documents and the record of an image whose layers are here. */
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import type { ImageConfig } from '../../oci/model/image-config.ts';
import { formatReference, type Reference } from '../../oci/model/reference.ts';
import { hasBlob, putBlob, removeBlob } from '../../storage/blobs.ts';
import {
  type ImageRecord,
  lockImages,
  putImage,
  putName,
  readImage,
  readName,
  removeImageRecord,
} from '../../storage/images.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { plainManifest } from './new-manifest.ts';

export interface NewImage {
  config: ImageConfig;
  configBytes: Uint8Array;
  /** Left out, one is made that describes the layers as they are here. */
  manifest?: { bytes: Uint8Array; mediaType: string };
  /** With tags. */
  names: readonly Reference[];
  /** What a person said for these names, see NameRecord. */
  shortName?: string;
  /** The image that it was made from. */
  parent?: Digest;
  repoDigests?: readonly string[];
}

export interface StoredImage {
  image: ImageRecord;
  /** Names that pointed at another image until now. */
  moved: { name: Reference; from: string }[];
  /** It was here already. */
  known: boolean;
}

/**
 * Makes an image visible. Its layers are present and leased by the caller.
 * @throws ProaError ENOSPC, EROFS, …
 */
export async function storeImage(engine: Engine, request: NewImage): Promise<StoredImage> {
  const { store } = engine;
  const { config, configBytes } = request;
  const diffIds = [...config.rootfs.diff_ids];
  const layers = diffIds.map((diffId) => ({ diffId, record: readLayer(store, diffId)! }));
  const manifest =
    request.manifest ??
    plainManifest(
      sha256Digest(configBytes),
      configBytes.length,
      layers.map(({ diffId, record }) => ({ digest: diffId, size: record.plainSize })),
    );
  // An rmi of the same image removes these blobs under the same lock, so it cannot take them from under the record.
  using _ = await lockImages(store);
  const id = sha256Digest(configBytes);
  const manifestDigest = sha256Digest(manifest.bytes);
  const known = readImage(store, id) !== undefined;
  using undo = new DisposableStack();
  if (!known) for (const digest of [id, manifestDigest]) undo.defer(() => removeBlob(store, digest));
  for (const bytes of [configBytes, manifest.bytes])
    if (!known || !hasBlob(store, sha256Digest(bytes))) putBlob(store, bytes);
  const image = putImage(store, {
    version: 1,
    id,
    manifest: { digest: manifestDigest, mediaType: manifest.mediaType, size: manifest.bytes.length },
    diffIds,
    size: layers.reduce((sum, { record }) => sum + record.diskSize, 0),
    created: config.created,
    os: config.os,
    architecture: config.architecture,
    variant: config.variant,
    labels: config.config.Labels,
    repoDigests: [...(request.repoDigests ?? [])],
    ...(request.parent !== undefined && { parent: request.parent }),
    ...(request.names.length > 0 && { namesHistory: request.names.map(formatReference) }),
  });
  // Without its first name it would be there, and nobody would know of it; with that it stays, whatever the others do.
  if (!known) undo.defer(() => removeImageRecord(store, id));
  const moved: StoredImage['moved'] = [];
  for (const name of request.names) {
    const before = readName(store, name);
    if (before?.image === id && (request.shortName === undefined || before.shortName === request.shortName))
      continue;
    if (before !== undefined && before.image !== id) moved.push({ name, from: before.image });
    putName(store, name, id, request.shortName);
    if (!undo.disposed) undo.move();
  }
  if (!undo.disposed) undo.move();
  return { image, moved, known };
}

/** `docker.io/library/busybox@sha256:…`, as a record keeps it. */
export function repoDigest(name: Reference, digest: string): string {
  return `${formatReference({ registry: name.registry, repository: name.repository })}@${digest}`;
}
