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

/**
 * Pushes to one name.
 * @returns what the registry has under it now
 * @throws ProaError the registry's (UNAUTHORIZED, DENIED, …), LAYER_MISSING, …
 */
export async function pushBuild(
  engine: Engine,
  images: readonly BuiltImage[],
  stored: StoredBuild,
  name: Reference,
  output: ImageOutput,
  options: ExportOptions,
  attestor: Attestor | undefined,
  onSent: OnSent,
): Promise<Omit<Exported, 'bytes'>> {
  const { registry, packing, signing } = output;
  const bare = { registry: name.registry, repository: name.repository };
  const alone =
    images.length === 1 && attestor === undefined && needsIndex([], options.annotations) === false;
  const request = {
    registry,
    format: packing.kind ?? options.kind,
    compression: packing.compression,
    level: packing.level,
    forceCompression: packing.force,
    ...(options.signal !== undefined && { signal: options.signal }),
    onEvent: (event: PushEvent) => {
      if (event.kind === 'upload') onSent(event.layer, event.current, event.total);
    },
  };
  if (alone) {
    const [image] = stored.records as [(typeof stored.records)[number]];
    const destination = output.pushByDigest ? bare : name;
    const { digest, mediaType } = await pushImage(engine, { ...request, image, destination, signing });
    return { digest, mediaType, config: image.id };
  }
  if (signing !== undefined && attestor !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', 'push with attestations: they are not signed', {
      hint: 'Push first, then: proa image sign',
    });
  const target = await openTarget(name, registry);
  const signer = await signerFor(engine, target, { destination: name, signing });
  const listed: ListedImage[] = [];
  for (const [i, image] of images.entries()) {
    const manifest = await pushImage(engine, { ...request, image: stored.records[i]!, destination: bare });
    const statements = (await attestor?.(image, manifest.digest, [formatReference(name)])) ?? [];
    const attestation = statements.length > 0 ? attestationManifest(manifest.digest, statements) : undefined;
    if (attestation !== undefined) await pushAttestation(target, attestation, options.signal);
    listed.push({ image, manifest, attestation });
  }
  const index = imageIndex(listed, options.annotations);
  const tag = output.pushByDigest ? index.digest : (name.tag ?? 'latest');
  await putManifest(target.client.session, target.repository, tag, index, signalOf(options));
  for (const { manifest } of listed) await signer?.sign(manifest.digest);
  await signer?.sign(index.digest);
  const record = stored.list ?? stored.records[0]!;
  await remember(engine, record, name, index.digest);
  tellTransfer(engine.store, 'push', name, record);
  return { digest: index.digest, mediaType: index.mediaType };
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

function signalOf({ signal }: ExportOptions): { signal?: AbortSignal } {
  return { ...(signal && { signal }) };
}
