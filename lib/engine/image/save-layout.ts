/**
 * The documents of a saved archive or folder, by format: names and bytes. The same images give the same bytes.
 */
import { type Digest, digestHex, sha256Digest } from '../../oci/model/digest.ts';
import type { ImageConfig } from '../../oci/model/image-config.ts';
import { MEDIA_TYPE } from '../../oci/model/media-type.ts';
import { familiarRepository, formatReference, type Reference } from '../../oci/model/reference.ts';
import { type BlobLayer, imageManifest, type PlainLayer } from './new-manifest.ts';

export type SaveFormat = 'docker-archive' | 'oci-archive' | 'oci-dir' | 'docker-dir';

export interface SavedImage {
  id: Digest;
  config: ImageConfig;
  configBytes: Uint8Array;
  /** Bottom layer first. */
  layers: PlainLayer[];
  /** The tags to save it under; empty when it was asked for by id. */
  names: Reference[];
  /** For an OCI layout, in place of the names. */
  refName?: string | undefined;
}

export interface SavedDocument {
  path: string;
  bytes: Uint8Array;
}

/** How a layer is saved, by its diff id. */
type Blobs = ReadonlyMap<Digest, BlobLayer>;

/** Where a format keeps a blob. */
export function savedBlobPath(digest: Digest, format: SaveFormat): string {
  return format === 'docker-dir' ? digestHex(digest) : `blobs/sha256/${digestHex(digest)}`;
}

/** All files that are not layers, each once. */
export function documentsOf(
  images: readonly SavedImage[],
  format: SaveFormat,
  blobs: Blobs,
): SavedDocument[] {
  const documents =
    format === 'docker-dir'
      ? dockerFolder(images[0]!, blobs)
      : ociLayout(images, blobs, format === 'docker-archive');
  return [...new Map(documents.map((document) => [document.path, document])).values()];
}

/**
 * An OCI layout. With manifest.json and `repositories` it is what `docker save` has written since Docker 25, and what
 * every older docker, podman and skopeo loads too.
 */
function ociLayout(images: readonly SavedImage[], blobs: Blobs, docker: boolean): SavedDocument[] {
  const manifests = images.map((image) => manifestOf(image, blobs, 'oci'));
  const digests = manifests.map(({ bytes }) => sha256Digest(bytes));
  const index = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: images.flatMap((image, i) => indexEntries(image, manifests[i]!, digests[i]!)),
  };
  return [
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    json('index.json', index),
    ...(docker
      ? [json('manifest.json', dockerManifest(images)), json('repositories', repositories(images))]
      : []),
    ...images.flatMap((image, i): SavedDocument[] => [
      { path: blob(digests[i]!), bytes: manifests[i]!.bytes },
      { path: blob(image.id), bytes: image.configBytes },
    ]),
  ];
}

function manifestOf({ id, configBytes, layers }: SavedImage, blobs: Blobs, kind: 'oci' | 'docker') {
  const saved = layers.map(({ digest }) => blobs.get(digest)!);
  return imageManifest(id, configBytes.length, saved, kind);
}

/** One entry a name, as Docker, Podman and containerd write it. */
function indexEntries(
  { names, config, refName }: SavedImage,
  { bytes, mediaType }: { bytes: Uint8Array; mediaType: string },
  digest: Digest,
): object[] {
  const { os, architecture, variant } = config;
  const platform = { architecture, os, ...(variant && { variant }) };
  const entry = { mediaType, digest, size: bytes.length, platform };
  if (refName !== undefined)
    return [{ ...entry, annotations: { 'org.opencontainers.image.ref.name': refName } }];
  if (names.length === 0) return [entry];
  return names.map((reference) => {
    const name = formatReference(reference);
    const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
    return { ...entry, annotations };
  });
}

function dockerManifest(images: readonly SavedImage[]): object[] {
  return images.map(({ id, names, layers }) => ({
    Config: blob(id),
    // Full names, as Podman writes them: Docker shortens them again, but Podman makes localhost/app of a short app.
    RepoTags: names.length === 0 ? null : names.map(formatReference),
    Layers: layers.map(({ digest }) => blob(digest)),
    LayerSources: Object.fromEntries(
      layers.map(({ digest, size }) => [digest, { mediaType: MEDIA_TYPE.ociLayer, size, digest }]),
    ),
  }));
}

/** The oldest of Docker's indexes: repository → tag → topmost layer. */
function repositories(images: readonly SavedImage[]): Record<string, Record<string, string>> {
  const result: Record<string, Record<string, string>> = {};
  for (const { names, layers, id } of images) {
    const top = digestHex(layers.at(-1)?.digest ?? id);
    for (const name of names) {
      const repository = familiarRepository(name);
      if (name.tag !== undefined) result[repository] = { ...result[repository], [name.tag]: top };
    }
  }
  return result;
}

/** skopeo's `dir:`, with Docker's manifest. */
function dockerFolder(image: SavedImage, blobs: Blobs): SavedDocument[] {
  return [
    { path: 'version', bytes: Buffer.from('Directory Transport Version: 1.1\n') },
    { path: 'manifest.json', bytes: manifestOf(image, blobs, 'docker').bytes },
    { path: digestHex(image.id), bytes: image.configBytes },
  ];
}

function json(path: string, document: object): SavedDocument {
  return { path, bytes: Buffer.from(JSON.stringify(document)) };
}

function blob(digest: Digest): string {
  return savedBlobPath(digest, 'oci-dir');
}
