/**
 * What an IMAGE of `manifest create` and `manifest add` means. Docker and Podman ask its registry, and so do we, but for an
 * image that only this store has: one by its id, one that was never pulled from nor pushed to the repository of its name,
 * and one that another transport brings.
 */
import { ProaError } from '../../core/error.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import { type ListedPlatform, platformOfConfig, readIndexDocument } from '../../oci/model/index-document.ts';
import { type ImageManifest, parseManifest } from '../../oci/model/manifest.ts';
import { isConfigMediaType } from '../../oci/model/media-type.ts';
import { hostPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { readBlob as downloadBlob } from '../../oci/registry/download.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { readBlob } from '../../storage/blobs.ts';
import { findRecord, type ImageRecord, readImageConfig } from '../../storage/images.ts';
import { chooseEntry, type ListEntry } from '../../storage/list-entry.ts';
import type { Engine } from '../engine.ts';
import { parseTransport, pullTransport } from '../image/transport.ts';
import { askForManifest } from './ask.ts';

export interface CandidateRequest {
  /** Of a list or an index: everything that it lists, and not only the image for `platform`. */
  all: boolean;
  /** Default: this machine's. */
  platform?: Platform;
  registry: RegistryOptions;
}

/**
 * The entries that an image, or a list of images, becomes in a list.
 * @throws ProaError IMAGE_NOT_FOUND, PLATFORM_MISSING, or the registry's (MANIFEST_UNKNOWN, UNAUTHORIZED, …)
 */
export async function candidatesOf(
  engine: Engine,
  text: string,
  request: CandidateRequest,
): Promise<ListEntry[]> {
  const { store } = engine;
  const place = parseTransport(text, { exists: true });
  if (place !== undefined)
    return [localEntry(engine, await pullTransport(engine, place, { platform: request.platform }), text)];
  const named = text.startsWith('docker://') ? undefined : findRecord(store, text);
  if (named?.list !== undefined) {
    if (request.all) return named.list.entries;
    const entry = chooseEntry(named.list, request.platform ?? hostPlatform());
    return [entry ?? lacksPlatform(text)];
  }
  const reference = referenceOf(text);
  if (named !== undefined && (reference === undefined || !isKnownToRegistry(named, reference)))
    return [localEntry(engine, named, reference === undefined ? named.id : formatReference(reference))];
  if (reference !== undefined) return fromRegistry(reference, request);
  throw new ProaError('IMAGE_NOT_FOUND', `No such image: ${text}`);
}

/** Undefined for what can only be an id. */
function referenceOf(text: string): Reference | undefined {
  const name = text.replace(/^docker:\/\//, '');
  return /^(sha256:)?[0-9a-f]{64}$/.test(name) ? undefined : parseReference(name);
}

function isKnownToRegistry({ repoDigests }: ImageRecord, { registry, repository }: Reference): boolean {
  return repoDigests.some((text) => text.startsWith(`${registry}/${repository}@`));
}

/** @param ref what to call it in the list */
function localEntry({ store }: Engine, image: ImageRecord, ref: string): ListEntry {
  const bytes = readBlob(store, image.manifest.digest);
  return {
    ...image.manifest,
    ref,
    image: image.id,
    manifest: Buffer.from(bytes).toString('base64'),
    platform: platformOfConfig(readImageConfig(store, image)),
  };
}

async function fromRegistry(reference: Reference, request: CandidateRequest): Promise<ListEntry[]> {
  const { source, top } = await askForManifest(reference, request.registry);
  const parsed = parseManifest(top.bytes, top.mediaType);
  const place = { reference, repository: `${reference.registry}/${reference.repository}` };
  const ref = formatReference(reference);
  if (parsed.kind === 'image') {
    const listed = { mediaType: parsed.mediaType, digest: top.digest, size: top.bytes.length };
    const platform = await platformOf(source, parsed);
    return [remoteEntry(place.repository, ref, parsed, top.bytes, { ...listed, platform })];
  }
  const index = readIndexDocument(top.bytes, top.mediaType);
  const wanted = request.platform ?? hostPlatform();
  const best = matchPlatform(
    wanted,
    index.manifests.map(({ platform }) => platform),
  );
  const chosen = request.all ? index.manifests : [index.manifests[best ?? -1] ?? lacksPlatform(ref)];
  const entries: ListEntry[] = [];
  for (const listed of chosen) {
    const { bytes, mediaType } = await source.client.getManifest(source.repository, listed.digest);
    const child = parseManifest(bytes, mediaType ?? listed.mediaType);
    if (child.kind !== 'image')
      throw new ProaError('INVALID_MANIFEST', `add ${ref}: an index inside an index`);
    const name = request.all ? `${ref}@${listed.digest}` : ref;
    entries.push(remoteEntry(place.repository, name, child, bytes, listed));
  }
  return entries;
}

function remoteEntry(
  repository: string,
  ref: string,
  { config }: ImageManifest,
  bytes: Uint8Array,
  listed: Pick<ListEntry, 'mediaType' | 'digest' | 'size' | 'platform'>,
): ListEntry {
  const manifest = Buffer.from(bytes).toString('base64');
  return { ...listed, ref, repository, image: config.digest, manifest };
}

/** What a single image runs on, which only its configuration says; nothing of an artifact. */
export async function platformOf(
  { client, repository }: OpenSource,
  { config }: ImageManifest,
): Promise<ListedPlatform | undefined> {
  if (!isConfigMediaType(config.mediaType)) return undefined;
  const bytes = await fetchWhole(client, repository, config);
  return platformOfConfig(parseImageConfig(bytes));
}

/** A small blob, verified. @throws ProaError DIGEST_MISMATCH, BLOB_UNKNOWN, … */
export async function fetchWhole(
  client: OpenSource['client'],
  repository: string,
  blob: { digest: Digest; size: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of downloadBlob(client, repository, blob)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const digest = sha256Digest(bytes);
  if (digest === blob.digest) return bytes;
  throw new ProaError(
    'DIGEST_MISMATCH',
    `get blob: ${client.registry}/${repository}@${blob.digest}: the bytes that came have the digest ${digest}`,
  );
}

function lacksPlatform(text: string): never {
  throw new ProaError('PLATFORM_MISSING', `add ${text}: it lists no image for this machine`, {
    hint: 'Add everything that it lists with --all, or choose one: NAME@DIGEST',
  });
}
