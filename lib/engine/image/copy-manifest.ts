/**
 * Copying an image from one repository to another, byte for byte, without unpacking it here: what the target has is left
 * alone, what is in another repository of its registry is mounted from there, and only the rest passes through this machine.
 */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import { type ImageManifest, parseManifest } from '../../oci/model/manifest.ts';
import { readBlob } from '../../oci/registry/download.ts';
import { hasBlob, mountBlob, putManifest } from '../../oci/registry/push.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { uploadBlob } from '../../oci/registry/upload.ts';

/** A manifest's bytes as they are in a registry. */
export interface ManifestBytes {
  readonly bytes: Uint8Array;
  readonly mediaType?: string | undefined;
}

/**
 * Brings the blobs of a manifest, and of an index the manifests that it lists, to another repository.
 * @throws ProaError the registries', DIGEST_MISMATCH, INVALID_MANIFEST
 */
export async function copyContents(
  from: OpenSource,
  to: OpenSource,
  manifest: ManifestBytes,
  signal?: AbortSignal,
): Promise<void> {
  using _ = span('copy manifest');
  const parsed = parseManifest(manifest.bytes, manifest.mediaType);
  if (parsed.kind === 'image') {
    for (const blob of blobsOf(parsed)) await copyBlob(from, to, blob, signal);
    return;
  }
  for (const listed of parsed.manifests) {
    const child = await from.client.getManifest(from.repository, listed.digest, { signal });
    await copyContents(from, to, child, signal);
    const mediaType = child.mediaType ?? listed.mediaType;
    await putManifest(to.client.session, to.repository, listed.digest, { ...child, mediaType }, { signal });
  }
}

/** Each once, the configuration first. Foreign layers are in no registry. */
function blobsOf({ config, layers }: ImageManifest): Descriptor[] {
  const blobs = [config, ...layers].filter(({ urls }) => urls === undefined);
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

async function copyBlob(
  from: OpenSource,
  to: OpenSource,
  blob: Descriptor,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { session } = to.client;
  const options = { signal };
  if (await hasBlob(session, to.repository, blob.digest, options)) return;
  const upload =
    from.client.registry === to.client.registry
      ? await mountBlob(session, to.repository, blob.digest, from.repository, options)
      : null;
  if (upload === undefined) return;
  const bytes = readBlob(from.client, from.repository, blob, options);
  const sent = await uploadBlob(session, to.repository, bytes, { ...options, ...(upload && { upload }) });
  if (sent.digest === blob.digest) return;
  throw new ProaError(
    'DIGEST_MISMATCH',
    `copy blob ${blob.digest}: ${from.client.registry}/${from.repository} sent bytes with the digest ${sent.digest}`,
  );
}
