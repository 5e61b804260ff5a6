/** `artifact push`: files → manifest, so that the registry never shows an artifact whose parts are missing. */
import { messageOf, ProaError } from '../../core/error.ts';
import { Slots } from '../../core/slots.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { hasBlob, putManifest } from '../../oci/registry/push.ts';
import { openTarget } from '../../oci/registry/sources.ts';
import { uploadPersistently } from '../../oci/registry/upload.ts';
import { artifactBlobPath, readArtifact } from '../../storage/artifacts.ts';
import type { Engine } from '../engine.ts';
import { requireArtifact } from './names.ts';
import type { TransferRequest } from './pull.ts';

const AT_ONCE = 3;

/**
 * Pushes an artifact to the place that its name says. Its bytes are verified while they are sent.
 * @returns the manifest's digest @throws ProaError ARTIFACT_NOT_FOUND, BLOB_CORRUPT, the registry's
 */
export async function pushArtifact({ store }: Engine, request: TransferRequest): Promise<Digest> {
  const { onEvent } = request;
  const artifact = requireArtifact(store, request.name);
  const { bytes, manifest } = readArtifact(store, artifact);
  const reference = parseReference(artifact.name ?? request.name);
  const { client, repository } = await openTarget(reference, request.registry);
  const { session } = client;
  const abort = new AbortController();
  const { signal } = abort;
  onEvent?.({ kind: 'files', files: manifest.layers });
  const send = async ({ digest }: Descriptor): Promise<void> => {
    signal.throwIfAborted();
    if (await hasBlob(session, repository, digest, { signal }))
      return onEvent?.({ kind: 'exists', file: digest });
    const open = () => Bun.file(artifactBlobPath(store, digest)).stream() as AsyncIterable<Uint8Array>;
    const sent = await uploadPersistently(session, repository, open, {
      signal,
      onProgress: (current) => onEvent?.({ kind: 'progress', file: digest, current }),
      onRetry: ({ error }) => onEvent?.({ kind: 'retry', file: digest, text: messageOf(error) }),
    });
    if (sent.digest !== digest)
      throw new ProaError('BLOB_CORRUPT', `push ${digest}: the file in the store was altered`);
    onEvent?.({ kind: 'done', file: digest });
  };
  const slots = new Slots(AT_ONCE);
  const unique = new Map([manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob]));
  const work = [...unique.values()].map((blob) => slots.use(() => send(blob)));
  for (const one of work) one.catch((error) => abort.abort(error));
  await Promise.allSettled(work);
  if (signal.aborted) throw signal.reason;
  const { mediaType } = manifest;
  await putManifest(session, repository, reference.tag ?? 'latest', { bytes, mediaType }, {});
  return artifact.descriptor.digest;
}
