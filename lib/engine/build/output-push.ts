/** `--push`: the images of a build go to a registry; several, or one with attestations, under an index. */
import { ProaError } from '../../core/error.ts';
import { formatReference, type Reference } from '../../oci/model/reference.ts';
import { hasBlob, putManifest } from '../../oci/registry/push.ts';
import { type OpenSource, openTarget } from '../../oci/registry/sources.ts';
import { uploadBlob } from '../../oci/registry/upload.ts';
import type { Engine } from '../engine.ts';
import { tellTransfer } from '../events.ts';
import { type PushEvent, pushImage, remember, signerFor } from '../image/push.ts';
import {
  type AttestationManifest,
  type Attestor,
  attestationManifest,
  type Document,
  imageIndex,
  type ListedImage,
} from './image-index.ts';
import type { ExportOptions, ImageOutput } from './output.ts';
import { type Exported, needsIndex } from './output-archive.ts';
import type { StoredBuild } from './output-image.ts';
import type { BuiltImage } from './request.ts';

/** Told as bytes go; `part` is a layer's digest. */
export type OnSent = (part: string, done: number, total: number) => void;

/** What is pushed, and how. */
export interface BuildPush {
  readonly images: readonly BuiltImage[];
  readonly stored: StoredBuild;
  readonly output: ImageOutput;
  readonly options: ExportOptions;
  readonly attestor: Attestor | undefined;
}

/**
 * Pushes to one name.
 * @returns what the registry has under it now
 * @throws ProaError the registry's (UNAUTHORIZED, DENIED, …), LAYER_MISSING, …; CONFLICTING_OPTIONS
 */
export async function pushBuild(
  engine: Engine,
  push: BuildPush,
  name: Reference,
  onSent: OnSent,
): Promise<Omit<Exported, 'bytes'>> {
  const { images, stored, output, options, attestor } = push;
  if (attestor !== undefined || images.length > 1 || needsIndex([], options.annotations))
    return await pushIndex(engine, push, name, onSent);
  const { registry, repository } = name;
  const image = stored.records[0]!;
  const destination = output.pushByDigest ? { registry, repository } : name;
  const request = { ...pushRequest(push, onSent), image, destination, signing: output.signing };
  const { digest, mediaType } = await pushImage(engine, request);
  return { digest, mediaType, config: image.id };
}

/** The images by their digests, what is said of each, then the index that names them all. */
async function pushIndex(
  engine: Engine,
  push: BuildPush,
  name: Reference,
  onSent: OnSent,
): Promise<Omit<Exported, 'bytes'>> {
  const { images, stored, output, options, attestor } = push;
  const { signing } = output;
  if (signing !== undefined && attestor !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', 'push with attestations: they are not signed', {
      hint: 'Push first, then: proa image sign',
    });
  const target = await openTarget(name, output.registry);
  const signer = await signerFor(engine, target, { destination: name, signing });
  const request = pushRequest(push, onSent);
  const destination = { registry: name.registry, repository: name.repository };
  const listed: ListedImage[] = [];
  for (const [i, image] of images.entries()) {
    const manifest = await pushImage(engine, { ...request, image: stored.records[i]!, destination });
    const statements = (await attestor?.(image, manifest.digest, [formatReference(name)])) ?? [];
    const attestation = statements.length > 0 ? attestationManifest(manifest.digest, statements) : undefined;
    if (attestation !== undefined) await pushAttestation(target, attestation, options.signal);
    listed.push({ image, manifest, attestation });
  }
  const index = imageIndex(listed, options.annotations);
  const tag = output.pushByDigest ? index.digest : (name.tag ?? 'latest');
  const { signal } = options;
  await putManifest(target.client.session, target.repository, tag, index, { ...(signal && { signal }) });
  for (const digest of [...listed.map(({ manifest }) => manifest.digest), index.digest])
    await signer?.sign(digest);
  const record = stored.list ?? stored.records[0]!;
  await remember(engine, record, name, index.digest);
  tellTransfer(engine.store, 'push', name, record);
  return { digest: index.digest, mediaType: index.mediaType };
}

function pushRequest(
  { output: { registry, packing }, options: { kind, signal } }: BuildPush,
  onSent: OnSent,
) {
  return {
    registry,
    format: packing.kind ?? kind,
    compression: packing.compression,
    level: packing.level,
    forceCompression: packing.force,
    ...(signal !== undefined && { signal }),
    onEvent: (event: PushEvent) => {
      if (event.kind === 'upload') onSent(event.layer, event.current, event.total);
    },
  };
}

async function pushAttestation(
  { client: { session }, repository }: OpenSource,
  attestation: AttestationManifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const options = { ...(signal && { signal }) };
  for (const blob of [...attestation.statements, attestation.config]) {
    if (await hasBlob(session, repository, blob.digest, options)) continue;
    await uploadBlob(session, repository, once(blob), options);
  }
  await putManifest(session, repository, attestation.digest, attestation, options);
}

async function* once({ bytes }: Document): AsyncGenerator<Uint8Array> {
  yield bytes;
}
