/** `push`: layers → configuration → manifest, so that the registry never shows an image whose parts are missing. */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { type ImageManifest, parseManifest } from '../../oci/model/manifest.ts';
import { type Compression, MEDIA_TYPE } from '../../oci/model/media-type.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { hasBlob, putManifest } from '../../oci/registry/push.ts';
import type { RegistrySession } from '../../oci/registry/session.ts';
import { type OpenSource, openTarget } from '../../oci/registry/sources.ts';
import { uploadBlob } from '../../oci/registry/upload.ts';
import { readBlob } from '../../storage/blobs.ts';
import { type ImageRecord, lockImages, namesOf, putImage, readImage } from '../../storage/images.ts';
import { LayerLease, type LayerRecord, readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellTransfer } from '../events.ts';
import type { Signer, Signing } from '../trust/sign.ts';
import { type BlobLayer, imageManifest, type ManifestKind, zstdInDocker } from './new-manifest.ts';
import { LayerPusher, type PushLayerEvent } from './push-layers.ts';
import { repoDigest } from './store-image.ts';

export interface PushRequest {
  image: ImageRecord;
  /** With a tag or a digest; without either its manifest is known there by its digest alone. */
  destination: Reference;
  registry: RegistryOptions;
  /** Default: as the image came. */
  format?: ManifestKind;
  /** Default: gzip for what has to be sent, anything for what the registry has. */
  compression?: Compression;
  level?: number;
  /** Default: when `compression` is given. */
  forceCompression?: boolean;
  /** Who signs it when it is there. */
  signing?: Signing | undefined;
  signal?: AbortSignal;
  onEvent?: (event: PushEvent) => void;
}

export type PushEvent = { kind: 'layers'; layers: readonly Digest[] } | PushLayerEvent;

export interface PushedImage {
  /** Of the manifest, and its size in bytes. */
  digest: Digest;
  size: number;
  mediaType: string;
}

/**
 * Pushes one image.
 * @throws ProaError the registry's (UNAUTHORIZED, DENIED, …), GPG_FAILED, WRONG_PASSPHRASE, SIGNATURE_STORAGE, LAYER_MISSING, LAYER_DAMAGED; what arrived stays there for
 * the next attempt
 */
export async function pushImage(engine: Engine, request: PushRequest): Promise<PushedImage> {
  using _ = span('push');
  const { image, destination, onEvent } = request;
  const target = await openTarget(destination, request.registry);
  const { repository } = target;
  const { session } = target.client;
  const signer = await signerFor(engine, target, request);
  using lease = new LayerLease();
  const layers = await leaseLayers(engine, image, lease);
  onEvent?.({ kind: 'layers', layers: image.diffIds });
  const original = originalManifest(engine, image);
  const { compression = 'gzip', level } = request;
  const pusher = new LayerPusher(engine, session, repository, {
    compression,
    level,
    force: request.forceCompression ?? request.compression !== undefined,
    signal: request.signal,
    onEvent,
  });
  const blobs = await pusher.push(layers, original?.parsed.layers.map(({ digest }) => digest) ?? []);
  await pushConfig(engine, session, repository, request);
  const manifest = chooseManifest(engine, request, blobs, original);
  const digest = sha256Digest(manifest.bytes);
  const options = { signal: request.signal };
  await putManifest(session, repository, destination.digest ?? destination.tag ?? digest, manifest, options);
  await signer?.sign(digest);
  await remember(engine, image, destination, digest);
  tellTransfer(engine.store, 'push', destination, image);
  return { digest, size: manifest.bytes.length, mediaType: manifest.mediaType };
}

/** Made before anything is sent: a wrong passphrase must not leave an image without its signature. */
export async function signerFor(
  { identity }: Engine,
  target: OpenSource,
  { destination, signing, signal }: Pick<PushRequest, 'destination' | 'signing' | 'signal'>,
): Promise<Signer | undefined> {
  if (signing === undefined) return undefined;
  const { openSigner } = await import('../trust/sign.ts');
  return openSigner(target, destination, signing, { rootless: identity.rootless, signal });
}

async function leaseLayers(engine: Engine, image: ImageRecord, lease: LayerLease): Promise<LayerRecord[]> {
  const { store } = engine;
  const layers: LayerRecord[] = [];
  for (const diffId of image.diffIds) {
    const layer = (await lease.add(store, diffId)) ? readLayer(store, diffId) : undefined;
    if (layer === undefined) {
      throw new ProaError('LAYER_MISSING', `push image ${image.id}: layer ${diffId} is not in the store`, {
        hint: 'proa system check --repair, then pull the image again',
      });
    }
    layers.push(layer);
  }
  return layers;
}

interface OriginalManifest {
  bytes: Uint8Array;
  parsed: ImageManifest;
}

/** The manifest that the image came with. */
function originalManifest({ store }: Engine, { manifest }: ImageRecord): OriginalManifest | undefined {
  const bytes = readBlob(store, manifest.digest);
  const parsed = parseManifest(bytes, manifest.mediaType);
  return parsed.kind === 'image' ? { bytes, parsed } : undefined;
}

async function pushConfig(
  { store }: Engine,
  session: RegistrySession,
  repository: string,
  { image, signal }: PushRequest,
): Promise<void> {
  if (await hasBlob(session, repository, image.id, { signal })) return;
  const bytes = readBlob(store, image.id);
  const source = (async function* () {
    yield bytes;
  })();
  await uploadBlob(session, repository, source, { signal });
}

/** The original one where it is still true, so that the image keeps its digest in every registry. */
function chooseManifest(
  { store }: Engine,
  { image, format }: PushRequest,
  layers: readonly BlobLayer[],
  original: OriginalManifest | undefined,
): { bytes: Uint8Array; mediaType: string } {
  const came: ManifestKind = image.manifest.mediaType === MEDIA_TYPE.dockerManifest ? 'docker' : 'oci';
  const same =
    original !== undefined &&
    (format ?? came) === came &&
    original.parsed.layers.length === layers.length &&
    original.parsed.layers.every(({ digest }, i) => digest === layers[i]!.digest);
  if (same) return { bytes: original.bytes, mediaType: original.parsed.mediaType };
  // Docker's manifests know no zstd.
  const zstd = layers.some(({ compression }) => compression === 'zstd');
  const kind = format ?? (zstd ? 'oci' : came);
  if (kind === 'docker' && zstd) throw zstdInDocker();
  return imageManifest(
    image.id,
    readBlob(store, image.id).length,
    layers,
    kind,
    original?.parsed.annotations,
  );
}

/**
 * Notes the digest under which a registry has an image now, where the image has a name in that repository, as Docker does:
 * another one would stay when its last name goes, and keep the image.
 */
export async function remember(
  { store }: Engine,
  image: ImageRecord,
  destination: Reference,
  digest: Digest,
): Promise<void> {
  using _ = await lockImages(store);
  const now = readImage(store, image.id);
  // An rmi may have taken it in the meantime.
  if (now === undefined) return;
  const name = repoDigest(destination, digest);
  const isNamed = namesOf(store, image.id).some((known) => isOf(destination, parseReference(known)));
  if (isNamed && !now.repoDigests.includes(name)) putImage(store, { ...now, repoDigests: [name] });
}

/** Of an image's tags in one repository: `push --all-tags`. */
export function isOf(repository: Reference, name: Reference): boolean {
  const bare = ({ registry, repository: path }: Reference): string =>
    formatReference({ registry, repository: path });
  return bare(repository) === bare(name);
}
