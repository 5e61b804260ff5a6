/** `--cache-to`: what the steps of a build came to, for builds elsewhere: in a registry or in a folder. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path/posix';
import { messageOf, ProaError } from '../../core/error.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { type ImageConfig, serializeImageConfig } from '../../oci/model/image-config.ts';
import type { Compression } from '../../oci/model/media-type.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { type LayerRecord, readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { cacheConfig, type SharedStep, stepsToShare } from './cache-document.ts';
import type { BuildObserver, BuildRequest, BuildStep, CachePlace } from './request.ts';

export interface ExportCacheOptions {
  readonly engine: Engine;
  readonly request: Pick<BuildRequest, 'cacheTo' | 'registry'>;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
  /** All that the build found or did. Their layers are leased. */
  readonly steps: Iterable<SharedStep>;
  /** Layers of the images that the build came to. */
  readonly results: ReadonlySet<Digest>;
  step(name: string): BuildStep;
}

/** @throws ProaError the registry's, the system's; not where `ignore-error` is said */
export async function exportCache(options: ExportCacheOptions): Promise<void> {
  const { request, observer, signal } = options;
  for (const place of request.cacheTo ?? []) {
    if (place.type === 'inline') continue;
    const step = options.step(
      `exporting cache to ${place.type === 'local' ? 'client directory' : 'registry'}`,
    );
    observer.started(step);
    try {
      signal.throwIfAborted();
      await exportTo(place, options, step);
      observer.ended(step, 'done');
    } catch (error) {
      if (signal.aborted || place.attributes['ignore-error'] !== 'true') {
        observer.failed(step, error);
        throw error;
      }
      observer.ended(step, 'done');
      observer.warned(`cache to ${place.place}: ${messageOf(error)}`);
    }
  }
}

async function exportTo(place: CachePlace, options: ExportCacheOptions, step: BuildStep): Promise<void> {
  const config = cacheConfig(stepsToShare(options.steps, options.results, place.mode));
  const layers = config.rootfs.diff_ids.map((diffId) => layerOf(options.engine, diffId));
  if (place.type === 'local') await toFolder(place, config, layers, options);
  else await toRegistry(place, config, layers, options, step);
}

async function toRegistry(
  { place, attributes }: CachePlace,
  config: ImageConfig,
  layers: readonly LayerRecord[],
  { engine, request, signal, observer }: ExportCacheOptions,
  step: BuildStep,
): Promise<void> {
  const { openTarget } = await import('../../oci/registry/sources.ts');
  const { hasBlob, putManifest } = await import('../../oci/registry/push.ts');
  const { uploadBlob } = await import('../../oci/registry/upload.ts');
  const { LayerPusher } = await import('../image/push-layers.ts');
  const { imageManifest } = await import('../image/new-manifest.ts');
  const reference = parseReference(place!);
  const { client, repository } = await openTarget(reference, request.registry ?? {});
  const { session } = client;
  const pusher = new LayerPusher(engine, session, repository, {
    ...packingOf(attributes),
    force: attributes['force-compression'] === 'true',
    signal,
    onEvent: (event) => {
      if (event.kind === 'upload') observer.progress(step, event.current, event.total, event.layer);
    },
  });
  const blobs = await pusher.push(layers, []);
  const bytes = serializeImageConfig(config);
  const digest = sha256Digest(bytes);
  if (!(await hasBlob(session, repository, digest, { signal }))) {
    const source = async function* () {
      yield bytes;
    };
    await uploadBlob(session, repository, source(), { signal });
  }
  const manifest = imageManifest(digest, bytes.length, blobs);
  await putManifest(session, repository, reference.digest ?? reference.tag ?? 'latest', manifest, { signal });
}

/** An OCI layout. What earlier exports left in it stays, as others may read it now. */
async function toFolder(
  { place, attributes }: CachePlace,
  config: ImageConfig,
  layers: readonly LayerRecord[],
  { engine, signal }: ExportCacheOptions,
): Promise<void> {
  const { savedFiles } = await import('../image/saved-files.ts');
  const configBytes = serializeImageConfig(config);
  const image = {
    id: sha256Digest(configBytes),
    config,
    configBytes,
    layers: layers.map(({ diffId, plainSize }) => ({ digest: diffId, size: plainSize })),
    names: [],
    refName: attributes.tag ?? 'latest',
  };
  for await (const { path, bytes } of savedFiles(engine.store, [image], 'oci-dir', packingOf(attributes))) {
    signal.throwIfAborted();
    const file = `${place}/${path}`;
    mkdirSync(dirname(file), { recursive: true });
    // Blobs are named by what they hold; the index comes last, and by a rename.
    if (path.startsWith('blobs/') && existsSync(file)) for await (const _ of bytes);
    else await writeWhole(file, bytes);
  }
}

async function writeWhole(
  file: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${file}.${crypto.randomUUID()}`;
  const fd = openSync(temporary, 'wx');
  try {
    for await (const chunk of bytes) for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}

function packingOf(attributes: CachePlace['attributes']): { compression: Compression; level?: number } {
  const { compression = 'gzip', 'compression-level': level } = attributes;
  if (compression !== 'gzip' && compression !== 'zstd' && compression !== 'uncompressed')
    throw new ProaError(
      'INVALID_OPTION',
      `--cache-to: compression=${compression}: must be gzip, zstd or uncompressed`,
    );
  return {
    compression: compression === 'uncompressed' ? 'none' : compression,
    ...(level !== undefined && { level: Number(level) }),
  };
}

function layerOf({ store }: Engine, diffId: Digest): LayerRecord {
  const layer = readLayer(store, diffId);
  if (layer !== undefined) return layer;
  throw new ProaError('LAYER_MISSING', `export cache: layer ${diffId} is gone`, {
    hint: 'Run the build again',
  });
}
