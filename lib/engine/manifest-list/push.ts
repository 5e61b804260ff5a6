/** `manifest push`: the images that a list lists, then the list itself, so that it never names what is not there. */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { encodeAsDocker } from '../../oci/model/index-document.ts';
import { type Compression, MEDIA_TYPE } from '../../oci/model/media-type.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { putManifest } from '../../oci/registry/push.ts';
import { type OpenSource, openSources, openTarget } from '../../oci/registry/sources.ts';
import { readImage } from '../../storage/images.ts';
import type { ListEntry } from '../../storage/list-entry.ts';
import type { Engine } from '../engine.ts';
import { tellTransfer } from '../events.ts';
import { copyContents } from '../image/copy-manifest.ts';
import { convertManifest, type ManifestKind } from '../image/new-manifest.ts';
import { pushImage, remember, signerFor } from '../image/push.ts';
import type { Signing } from '../trust/sign.ts';
import { documentOf, type ListRecord } from './list-record.ts';

export interface PushListRequest {
  list: ListRecord;
  /** With a tag. */
  destination: Reference;
  registry: RegistryOptions;
  /** False: the list alone, for a registry that has its images. */
  all: boolean;
  /** Of the list and of its images; default: as they are. */
  format?: ManifestKind | undefined;
  /** For layers that are sent from this store. */
  compression?: Compression | undefined;
  level?: number | undefined;
  /** Who signs the list and each of its images: some readers look at the one, some at the other. */
  signing?: Signing | undefined;
  signal?: AbortSignal;
  onEvent?: (event: PushListEvent) => void;
}

export type PushListEvent =
  /** An image that was not in that repository before is there now. */
  { kind: 'pushed'; name: string; digest: Digest } | { kind: 'warning'; text: string };

/**
 * Pushes a list.
 * @returns its digest and size there: other than here when images became others on their way (compressed, converted)
 * @throws ProaError the registries', IMAGE_NOT_FOUND for an image that is gone, CONFLICTING_OPTIONS, what signing
 * throws (GPG_FAILED, …)
 */
export async function pushList(
  engine: Engine,
  request: PushListRequest,
): Promise<{ digest: Digest; size: number }> {
  using _ = span('push list');
  const { list, destination, format, signal } = request;
  const target = await openTarget(destination, request.registry);
  const signer = await signerFor(engine, target, request);
  const entries: ListEntry[] = [];
  for (const entry of list.list.entries) {
    const there = request.all ? await pushEntry(engine, request, target, entry) : undefined;
    entries.push({ ...entry, ...there });
  }
  const bytes = encodeAsDocker(documentOf(entries, format && LIST_TYPE[format]));
  const mediaType = format ? LIST_TYPE[format] : documentOf(entries).mediaType;
  if (mediaType === MEDIA_TYPE.dockerList && entries.some(({ annotations }) => annotations !== undefined))
    request.onEvent?.({ kind: 'warning', text: "annotations are left out: Docker's lists know none" });
  const tag = destination.tag ?? 'latest';
  await putManifest(target.client.session, target.repository, tag, { bytes, mediaType }, { signal });
  const digest = sha256Digest(bytes);
  for (const one of new Set([...entries.map((entry) => entry.digest), digest])) await signer?.sign(one);
  await remember(engine, list, destination, digest);
  tellTransfer(engine.store, 'push', destination, list);
  return { digest, size: bytes.length };
}

const LIST_TYPE: Readonly<Record<ManifestKind, string>> = {
  oci: MEDIA_TYPE.ociIndex,
  docker: MEDIA_TYPE.dockerList,
};

type There = Pick<ListEntry, 'digest' | 'size' | 'mediaType'>;

/** @returns how the repository has it now; undefined: as the list says */
async function pushEntry(
  engine: Engine,
  request: PushListRequest,
  target: OpenSource,
  entry: ListEntry,
): Promise<There | undefined> {
  const { registry, repository } = request.destination;
  const there =
    entry.repository === undefined
      ? await sendImage(engine, request, entry)
      : await copyEntry(request, target, entry.repository, entry);
  if (there === undefined) return undefined;
  const name = formatReference({ registry, repository, digest: there.digest });
  request.onEvent?.({ kind: 'pushed', name, digest: there.digest });
  return there;
}

/** An image that only this store has. */
async function sendImage(
  engine: Engine,
  { destination, registry, format, compression, level, signal }: PushListRequest,
  entry: ListEntry,
): Promise<There> {
  const image = readImage(engine.store, entry.image);
  if (image === undefined) {
    throw new ProaError(
      'IMAGE_NOT_FOUND',
      `push manifest list: its image ${entry.ref} is not here any more`,
      {
        hint: `Take it out of the list: proa manifest remove LIST ${entry.digest}`,
      },
    );
  }
  const bare = { registry: destination.registry, repository: destination.repository };
  return pushImage(engine, { image, destination: bare, registry, format, compression, level, signal });
}

/** An image that a registry has: from its own place, as a mirror need not have it any more. */
async function copyEntry(
  { registry, format, compression, signal, onEvent }: PushListRequest,
  target: OpenSource,
  from: string,
  entry: ListEntry,
): Promise<There | undefined> {
  const manifest = { bytes: Buffer.from(entry.manifest, 'base64'), mediaType: entry.mediaType };
  const sent = format === undefined ? manifest : convertManifest(manifest, format);
  const isThere = from === `${target.client.registry}/${target.repository}`;
  if (isThere && sent === manifest) return undefined;
  if (compression !== undefined)
    onEvent?.({ kind: 'warning', text: `${entry.ref}: the layers stay compressed as ${from} has them` });
  if (!isThere) {
    const own = (await openSources(parseReference(from), registry)).at(-1)!;
    await copyContents(own, target, manifest, signal);
  }
  const digest = sha256Digest(sent.bytes);
  await putManifest(target.client.session, target.repository, digest, sent, { signal });
  return { digest, size: sent.bytes.length, mediaType: sent.mediaType };
}
