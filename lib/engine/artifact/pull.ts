/** `artifact pull`: manifest → files → name. Broken downloads stay for the next attempt, as with images. */
import { messageOf, ProaError } from '../../core/error.ts';
import { Slots } from '../../core/slots.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import { type Digest, digestAlgorithm } from '../../oci/model/digest.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { formatReference, parseReference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { readBlob } from '../../oci/registry/download.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { type ArrivedBlob, hasArtifactBlob, lockArtifacts, putArtifact } from '../../storage/artifacts.ts';
import { PartialBlob } from '../../storage/partial-blob.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { askSources } from '../image/pull.ts';
import { type GateOptions, openGate } from '../trust/gate.ts';
import { registryCandidate, registryOrigin } from '../trust/registry-image.ts';
import { digestOfFile } from './file-digest.ts';

export type TransferEvent =
  | { kind: 'files'; files: readonly Descriptor[] }
  | { kind: 'progress'; file: Digest; current: number }
  | { kind: 'retry'; file: Digest; text: string }
  | { kind: 'exists' | 'done'; file: Digest }
  | { kind: 'warning'; text: string };

export interface TransferRequest {
  name: string;
  registry: RegistryOptions;
  onEvent?: (event: TransferEvent) => void;
}

const AT_ONCE = 4;

/** @returns the manifest's digest @throws ProaError the registry's, IMAGE_REJECTED by the policy, DIGEST_MISMATCH, INVALID_MANIFEST, … */
export async function pullArtifact(
  { store, identity }: Engine,
  request: TransferRequest & GateOptions,
): Promise<Digest> {
  const { onEvent } = request;
  const reference = parseReference(request.name);
  const gate = await openGate(registryOrigin(reference, 'pull artifact'), request);
  const { source, top } = await askSources({
    reference,
    registry: request.registry,
    onEvent: (event) => {
      if (event.kind === 'warning') onEvent?.(event);
    },
  });
  const manifest = parseManifest(top.bytes, top.mediaType);
  if (manifest.kind === 'index') {
    throw new ProaError(
      'INVALID_MANIFEST',
      `pull artifact ${request.name}: it is a list of images, not an artifact`,
    );
  }
  if (!gate.open) {
    const { rootless } = identity;
    await gate.pass(await registryCandidate(source, reference, [top.digest], { rootless }));
  }
  const unique = new Map([manifest.config, ...manifest.layers].map((blob) => [blob.digest, blob]));
  onEvent?.({ kind: 'files', files: manifest.layers });
  using partials = new DisposableStack();
  const arrived: ArrivedBlob[] = [];
  const slots = new Slots(AT_ONCE);
  const abort = new AbortController();
  const work = [...unique.values()].map((blob) =>
    slots.use(async () => {
      const partial = await download(store, source, blob, abort.signal, onEvent);
      if (partial === undefined) return;
      partials.use(partial);
      arrived.push({ digest: blob.digest, publish: (target) => partial.publish(target) });
    }),
  );
  for (const one of work) one.catch((error) => abort.abort(error));
  await Promise.allSettled(work);
  if (abort.signal.aborted) throw abort.signal.reason;
  using _ = await lockArtifacts(store);
  return putArtifact(store, formatReference(reference), top.bytes, arrived).digest;
}

/** @returns the blob with all of its bytes, verified; undefined when the store has it */
async function download(
  store: Store,
  { client, repository }: OpenSource,
  blob: Descriptor,
  signal: AbortSignal,
  onEvent: TransferRequest['onEvent'],
): Promise<PartialBlob | undefined> {
  const { digest } = blob;
  signal.throwIfAborted();
  if (hasArtifactBlob(store, blob)) {
    onEvent?.({ kind: 'exists', file: digest });
    return undefined;
  }
  using undo = new DisposableStack();
  const partial = undo.use(await PartialBlob.open(store, digest, signal));
  // Of another image's or artifact's broken pull, and not what this one says.
  if (partial.size > blob.size) partial.clear();
  const bytes = readBlob(client, repository, blob, {
    offset: partial.size,
    signal,
    onRetry: ({ error }) => onEvent?.({ kind: 'retry', file: digest, text: messageOf(error) }),
  });
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    partial.append(chunk);
    onEvent?.({ kind: 'progress', file: digest, current: partial.size });
  }
  const is = await digestOfFile(partial.path, digestAlgorithm(digest));
  if (is !== digest) {
    partial.remove();
    throw new ProaError('DIGEST_MISMATCH', `verify ${digest}: its bytes have digest ${is}`, {
      hint: 'The registry or something on the way altered it; pull again, and tell the registry if it stays so',
    });
  }
  onEvent?.({ kind: 'done', file: digest });
  undo.move();
  return partial;
}
