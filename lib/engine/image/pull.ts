/**
 * `pull`: manifest → configuration → layers → names. Nothing becomes visible before its bytes are verified: a layer
 * appears when its blob's digest, its size and its diff id are right, the image when all of its layers are there.
 */
import { messageOf, ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type ImageConfig, parseImageConfig } from '../../oci/model/image-config.ts';
import {
  type ImageManifest,
  type LayerDescriptor,
  parseManifest,
  runnableLayers,
} from '../../oci/model/manifest.ts';
import { formatPlatform, hostPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { familiarName, formatReference, type Reference } from '../../oci/model/reference.ts';
import type { FetchedManifest, RegistryOptions } from '../../oci/registry/client.ts';
import { readBlob as downloadBlob } from '../../oci/registry/download.ts';
import { type OpenSource, openSources } from '../../oci/registry/sources.ts';
import type { ImageRecord } from '../../storage/images.ts';
import { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellTransfer } from '../events.ts';
import { openGate } from '../trust/gate.ts';
import { registryCandidate, registryOrigin } from '../trust/registry-image.ts';
import type { LayerEvent } from './fetch-layers.ts';
import { presentImage } from './present-image.ts';
import { repoDigest, storeImage } from './store-image.ts';
import { giveBackRoom } from './sweep.ts';

export interface PullRequest {
  reference: Reference;
  /** Under which the image shall be found here too, when it is no Docker's name. */
  shortName?: string;
  /** Asked for by --platform and its kin; without it, this machine's. */
  platform?: Platform;
  registry: RegistryOptions;
  /** `--signature-policy` instead of the machine's. */
  policyFile?: string | undefined;
  signal?: AbortSignal;
  onEvent?: (event: PullEvent) => void;
}

export type PullEvent =
  | { kind: 'manifest'; digest: Digest; layers: readonly LayerDescriptor[] }
  | { kind: 'warning'; text: string }
  | LayerEvent;

export interface PulledImage {
  image: ImageRecord;
  /** What the registry answered for the name: the manifest's digest, or the index's. */
  digest: Digest;
  /** False when the same image was here under this name already. */
  changed: boolean;
}

/**
 * Pulls one image.
 * @throws ProaError the registry's (MANIFEST_UNKNOWN, UNAUTHORIZED, …), IMAGE_REJECTED by the policy, PLATFORM_MISSING,
 * DIGEST_MISMATCH, ENOSPC, …; complete layers and partial blobs stay for the next attempt, but on a full disk
 */
export async function pullImage(engine: Engine, request: PullRequest): Promise<PulledImage> {
  using _ = span('pull');
  const { reference } = request;
  const gate = await openGate(registryOrigin(reference, 'pull'), request);
  const { source, top } = await askSources(request);
  const { manifest, fetched } = await chooseManifest(source, request, top);
  if (!gate.open) {
    const { rootless } = engine.identity;
    const digests = [fetched.digest, top.digest];
    await gate.pass(
      await registryCandidate(source, reference, digests, { rootless, signal: request.signal }),
    );
  }
  const layers = runnableLayers(manifest);
  request.onEvent?.({ kind: 'manifest', digest: top.digest, layers });
  using lease = new LayerLease();
  const digests = { manifest: fetched.digest, top: top.digest };
  const present = await presentImage(engine, { ...request, manifest, digests }, lease);
  if (present !== undefined) {
    checkPlatform(request, present);
    for (const layer of layers) request.onEvent?.({ kind: 'exists', layer: layer.digest });
    tellTransfer(engine.store, 'pull', reference, present);
    return { image: present, digest: top.digest, changed: false };
  }
  const { bytes: configBytes, config } = await fetchConfig(source, request, manifest, layers);
  const { diff_ids: diffIds } = config.rootfs;
  try {
    const { LayerFetcher } = await import('./fetch-layers.ts');
    await new LayerFetcher(engine, source.client, source.repository, lease, request).fetch(layers, diffIds);
    const { image, known } = await storeImage(engine, {
      config,
      configBytes,
      manifest: { bytes: fetched.bytes, mediaType: manifest.mediaType },
      names: reference.tag === undefined ? [] : [{ ...reference, digest: undefined }],
      ...(request.shortName !== undefined && { shortName: request.shortName }),
      repoDigests: [repoDigest(reference, top.digest)],
    });
    tellTransfer(engine.store, 'pull', reference, image);
    return { image, digest: top.digest, changed: !known };
  } catch (error) {
    giveBackRoom(engine, lease, diffIds, error);
    throw error;
  }
}

/** The first registry that answers with the manifest: a mirror that fails is not worth a failure. */
export async function askSources(
  request: Pick<PullRequest, 'reference' | 'registry' | 'signal' | 'onEvent'>,
): Promise<{ source: OpenSource; top: FetchedManifest }> {
  const { reference, signal } = request;
  const sources = await openSources(reference, request.registry);
  const wanted = reference.digest ?? reference.tag ?? 'latest';
  for (const source of sources.slice(0, -1)) {
    try {
      return { source, top: await source.client.getManifest(source.repository, wanted, { signal }) };
    } catch (error) {
      signal?.throwIfAborted();
      request.onEvent?.({ kind: 'warning', text: `mirror passed over: ${messageOf(error)}` });
    }
  }
  const source = sources.at(-1)!;
  return { source, top: await source.client.getManifest(source.repository, wanted, { signal }) };
}

async function chooseManifest(
  { client, repository }: OpenSource,
  request: PullRequest,
  top: FetchedManifest,
): Promise<{ manifest: ImageManifest; fetched: FetchedManifest }> {
  const parsed = parseManifest(top.bytes, top.mediaType);
  if (parsed.kind === 'image') return { manifest: parsed, fetched: top };
  const wanted = request.platform ?? hostPlatform();
  const index = matchPlatform(
    wanted,
    parsed.manifests.map(({ platform }) => platform),
  );
  if (index === undefined) {
    const there = parsed.manifests
      .map(({ platform }) => platform)
      .filter((platform) => platform !== undefined && platform.os !== 'unknown')
      .map((platform) => formatPlatform(platform!));
    throw new ProaError(
      'PLATFORM_MISSING',
      `pull ${familiarName(request.reference)}: no image for ${formatPlatform(wanted)}: there is ${there.join(', ') || 'none'}`,
      {
        hint:
          there.length > 0
            ? `proa pull --platform ${there[0]} ${familiarName(request.reference)}`
            : undefined,
      },
    );
  }
  const chosen = parsed.manifests[index]!;
  const fetched = await client.getManifest(repository, chosen.digest, {
    signal: request.signal,
  });
  const manifest = parseManifest(fetched.bytes, fetched.mediaType ?? chosen.mediaType);
  if (manifest.kind === 'image') return { manifest, fetched };
  throw new ProaError(
    'INVALID_MANIFEST',
    `pull ${familiarName(request.reference)}: an index inside an index`,
  );
}

async function fetchConfig(
  { client, repository }: OpenSource,
  request: PullRequest,
  manifest: ImageManifest,
  layers: readonly LayerDescriptor[],
): Promise<{ bytes: Uint8Array; config: ImageConfig }> {
  const chunks: Uint8Array[] = [];
  const { reference, signal } = request;
  for await (const chunk of downloadBlob(client, repository, manifest.config, { signal })) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const hash = `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`;
  if (hash !== manifest.config.digest) {
    throw new ProaError(
      'DIGEST_MISMATCH',
      `pull ${familiarName(reference)}: the configuration has digest ${hash}, its manifest says ${manifest.config.digest}`,
    );
  }
  const config = parseImageConfig(bytes);
  if (config.rootfs.diff_ids.length !== layers.length) {
    throw new ProaError(
      'INVALID_MANIFEST',
      `pull ${familiarName(reference)}: the manifest has ${layers.length} layers, the configuration ${config.rootfs.diff_ids.length}`,
    );
  }
  checkPlatform(request, config);
  return { bytes, config };
}

/** A single manifest is of one platform; only its configuration, and the record made of that, says which. */
function checkPlatform(request: PullRequest, config: Platform): void {
  const wanted = request.platform ?? hostPlatform();
  const is: Platform = { os: config.os, architecture: config.architecture, variant: config.variant };
  if (matchPlatform(wanted, [is]) !== undefined) return;
  const text = `the image is for ${formatPlatform(is)}, not for ${formatPlatform(wanted)}`;
  if (request.platform === undefined && config.os === wanted.os) {
    request.onEvent?.({ kind: 'warning', text: `${familiarName(request.reference)}: ${text}` });
    return;
  }
  throw new ProaError('PLATFORM_MISSING', `pull ${formatReference(request.reference)}: ${text}`);
}
