/**
 * Signatures that cosign and its kin keep in the image's own repository (cosign, SIGNATURE_SPEC.md): a manifest whose
 * layers are the signed texts, with the signatures in their annotations. It is found by a tag made of the image's
 * digest, or as a referrer of the image.
 */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { type Digest, digestAlgorithm, digestHex, sha256Digest } from '../model/digest.ts';
import { type ImageManifest, parseManifest } from '../model/manifest.ts';
import { MEDIA_TYPE } from '../model/media-type.ts';
import type { RegistryClient } from './client.ts';
import { readBlob } from './download.ts';
import { hasBlob, putManifest } from './push.ts';
import { listReferrers } from './referrers.ts';
import { uploadBlob } from './upload.ts';

const PAYLOAD_TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ARTIFACT_TYPE = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const BUNDLE = 'dev.sigstore.cosign/bundle';

/** Bytes of one signed text; those in use have a few hundred. */
const PAYLOAD_MAX = 4 << 20;
/** One manifest's signatures that are looked at. */
const LAYERS_MAX = 128;

/** A signature as it was found: nothing of it is verified but that the text is what the manifest says. */
export interface AttachedSignature {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What a transparency log said of it. */
  readonly bundle?: string;
}

/** All signatures of a manifest. @throws ProaError UNAUTHORIZED, DIGEST_MISMATCH, INVALID_MANIFEST, … */
export async function readAttachedSignatures(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  signal?: AbortSignal,
): Promise<AttachedSignature[]> {
  const tagged = await readHolder(client, repository, signatureTag(digest), signal);
  const referrers = await listReferrers(client, repository, digest, ARTIFACT_TYPE, signal);
  const holders = await Promise.all(
    referrers.map((one) => readHolder(client, repository, one.digest, signal)),
  );
  const layers = [tagged, ...holders].flatMap((holder) => holder?.layers.filter(isSignature) ?? []);
  const found: AttachedSignature[] = [];
  for (const layer of layers.slice(0, LAYERS_MAX)) {
    const { [SIGNATURE]: signature, [BUNDLE]: bundle } = layer.annotations!;
    const payload = await readPayload(client, repository, layer, signal);
    found.push({ payload, signature: Buffer.from(signature!, 'base64'), ...(bundle && { bundle }) });
  }
  return found;
}

/**
 * Adds a signature under the tag.
 * @param options.replace takes those away that are there
 * @throws ProaError DENIED, …
 */
export async function attachSignature(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  { payload, signature }: AttachedSignature,
  options: { replace?: boolean | undefined; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { replace, signal } = options;
  const tag = signatureTag(digest);
  const before = replace ? undefined : await readHolder(client, repository, tag, signal);
  const layer: Descriptor = {
    mediaType: PAYLOAD_TYPE,
    digest: sha256Digest(payload),
    size: payload.length,
    annotations: { [SIGNATURE]: Buffer.from(signature).toString('base64') },
  };
  const layers = [...(before?.layers ?? []), layer];
  // Of no platform: it is for no machine. Readers want a configuration that suits the layers.
  const diffIds = layers.map((one) => one.digest);
  const config = Buffer.from(
    JSON.stringify({ architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: diffIds } }),
  );
  for (const bytes of [payload, config]) await sendBlob(client, repository, bytes, signal);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: { mediaType: MEDIA_TYPE.ociConfig, digest: sha256Digest(config), size: config.length },
    layers,
    ...(before?.annotations && { annotations: before.annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  await putManifest(
    client.session,
    repository,
    tag,
    { bytes, mediaType: MEDIA_TYPE.ociManifest },
    { signal },
  );
}

/** `sha256-HEX.sig` */
function signatureTag(digest: Digest): string {
  return `${digestAlgorithm(digest)}-${digestHex(digest)}.sig`;
}

async function readHolder(
  client: RegistryClient,
  repository: string,
  tagOrDigest: string,
  signal?: AbortSignal,
): Promise<ImageManifest | undefined> {
  try {
    const { bytes, mediaType } = await client.getManifest(repository, tagOrDigest, { signal });
    const parsed = parseManifest(bytes, mediaType);
    return parsed.kind === 'image' ? parsed : undefined;
  } catch (error) {
    if (hasCode(error, 'MANIFEST_UNKNOWN')) return undefined;
    throw error;
  }
}

function isSignature({ mediaType, annotations }: Descriptor): boolean {
  return mediaType === PAYLOAD_TYPE && annotations?.[SIGNATURE] !== undefined;
}

async function readPayload(
  client: RegistryClient,
  repository: string,
  layer: Descriptor,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `read signature: ${client.registry}/${repository}@${layer.digest}: ${why}`);
  if (layer.size > PAYLOAD_MAX) throw fail('INVALID_SIGNATURE', `it has ${layer.size} bytes`);
  const parts: Uint8Array[] = [];
  for await (const chunk of readBlob(client, repository, layer, { signal })) parts.push(Buffer.from(chunk));
  const payload = Buffer.concat(parts);
  if (sha256Digest(payload) !== layer.digest) throw fail('DIGEST_MISMATCH', 'its bytes have another digest');
  return payload;
}

async function sendBlob(
  client: RegistryClient,
  repository: string,
  bytes: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  if (await hasBlob(client.session, repository, sha256Digest(bytes), { signal })) return;
  const source = (async function* () {
    yield bytes;
  })();
  await uploadBlob(client.session, repository, source, { signal });
}
