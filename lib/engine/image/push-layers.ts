/**
 * Getting an image's layers into a registry, with as little work as it takes: what the repository has is left alone, what
 * another repository of the registry has is mounted from there, and only the rest is compressed and sent, several layers
 * side by side.
 */
import { messageOf } from '../../core/error.ts';
import { Slots } from '../../core/slots.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type Compression, layerCompression, layerMediaType } from '../../oci/model/media-type.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { hasBlob, mountBlob, type UploadUrl } from '../../oci/registry/push.ts';
import type { RegistrySession } from '../../oci/registry/session.ts';
import { uploadPersistently } from '../../oci/registry/upload.ts';
import { listImages } from '../../storage/images.ts';
import { addLayerBlob, type LayerRecord } from '../../storage/layers.ts';
import { compress } from '../../storage/tar/compress.ts';
import type { Engine } from '../engine.ts';
import { readLayerTar } from './layer-tar.ts';
import type { BlobLayer } from './new-manifest.ts';

export type PushLayerEvent =
  | { kind: 'exists'; layer: Digest }
  | { kind: 'mounted'; layer: Digest; from: string }
  /** Bytes of the tar that are compressed by now. */
  | { kind: 'upload'; layer: Digest; current: number; total: number }
  | { kind: 'retry'; layer: Digest; text: string }
  | { kind: 'pushed'; layer: Digest };

export interface PushLayersOptions {
  /** How layers that have to be sent are compressed. */
  compression: Compression;
  level?: number | undefined;
  /** Only layers compressed in this way are good enough, although the registry may have others. */
  force: boolean;
  signal?: AbortSignal;
  onEvent?: (event: PushLayerEvent) => void;
}

/** One layer's compressing fills the processors; a second one uses the waits of the first. */
const AT_ONCE = 2;
/** Other repositories that are asked about for one blob. */
const SOURCES = 3;

export class LayerPusher {
  private readonly slots = new Slots(AT_ONCE);
  private readonly failure = new AbortController();
  private readonly signal: AbortSignal;

  constructor(
    private readonly engine: Engine,
    private readonly session: RegistrySession,
    private readonly repository: string,
    private readonly options: PushLayersOptions,
  ) {
    const { signal } = this.failure;
    this.signal = options.signal === undefined ? signal : AbortSignal.any([options.signal, signal]);
  }

  /**
   * @param layers leased by the caller, the lowest first
   * @param preferred digests of the blobs that the image came with: with them its manifest stays as it was
   * @returns how the registry has each of them, in the same order
   * @throws ProaError DENIED, LAYER_DAMAGED, …: the first failure stops the other layers
   */
  async push(layers: readonly LayerRecord[], preferred: readonly Digest[]): Promise<BlobLayer[]> {
    const once = new Map<Digest, Promise<BlobLayer>>();
    for (const layer of layers) {
      if (once.has(layer.diffId)) continue;
      const work = this.slots.use(() => this.pushLayer(layer, preferred));
      work.catch((error) => this.failure.abort(error));
      once.set(layer.diffId, work);
    }
    // Waits for all, also after a failure, so that nothing still works on what the caller lets go of.
    await Promise.allSettled(once.values());
    if (this.failure.signal.aborted) throw this.failure.signal.reason;
    return Promise.all(layers.map(({ diffId }) => once.get(diffId)!));
  }

  private async pushLayer(layer: LayerRecord, preferred: readonly Digest[]): Promise<BlobLayer> {
    using _ = span('push layer');
    this.signal.throwIfAborted();
    const known = this.usable(layer, preferred);
    const there = await this.findBlob(layer.diffId, known);
    if (there !== undefined) return this.note(layer, there);
    const source = await this.mountBlob(layer, known);
    if (source.mounted !== undefined) return this.note(layer, source.mounted);
    const sent = await this.send(layer, source.upload);
    this.options.onEvent?.({ kind: 'pushed', layer: layer.diffId });
    return this.note(layer, sent);
  }

  /** The first form of the layer that the repository has. */
  private async findBlob(diffId: Digest, known: readonly BlobLayer[]): Promise<BlobLayer | undefined> {
    for (const blob of known) {
      if (!(await hasBlob(this.session, this.repository, blob.digest, this.requestOptions(diffId)))) continue;
      this.options.onEvent?.({ kind: 'exists', layer: diffId });
      return blob;
    }
    return undefined;
  }

  /** Asks for the layer from the repositories that should have it; where none gives it, an upload has begun. */
  private async mountBlob(
    layer: LayerRecord,
    known: readonly BlobLayer[],
  ): Promise<{ mounted?: BlobLayer; upload?: UploadUrl | undefined }> {
    const { diffId } = layer;
    let upload: UploadUrl | undefined;
    const sources = known.length === 0 ? [] : this.sourcesOf(layer);
    for (const blob of known) {
      for (const from of sources) {
        const options = this.requestOptions(diffId);
        upload = await mountBlob(this.session, this.repository, blob.digest, from, options);
        if (upload !== undefined) continue;
        this.options.onEvent?.({ kind: 'mounted', layer: diffId, from });
        return { mounted: blob };
      }
    }
    return { upload };
  }

  /** Remembers that the repository has this form of the layer now. */
  private note(layer: LayerRecord, blob: BlobLayer): BlobLayer {
    const mediaType = layerMediaType('oci', blob.compression);
    const repositories = [`${this.session.registry}/${this.repository}`];
    addLayerBlob(this.engine.store, layer, { digest: blob.digest, size: blob.size, mediaType, repositories });
    return blob;
  }

  /** Compressed forms that registries are known to have, the preferred ones first. */
  private usable({ blobs }: LayerRecord, preferred: readonly Digest[]): BlobLayer[] {
    const { force, compression } = this.options;
    return blobs
      .map(({ digest, size, mediaType }) => ({ digest, size, compression: layerCompression(mediaType) }))
      .filter((blob) => !force || blob.compression === compression)
      .sort((a, b) => Number(preferred.includes(b.digest)) - Number(preferred.includes(a.digest)));
  }

  private async send(layer: LayerRecord, upload: UploadUrl | undefined): Promise<BlobLayer> {
    const { diffId, plainSize } = layer;
    const { compression, level, onEvent } = this.options;
    const open = (): AsyncIterable<Uint8Array> => {
      onEvent?.({ kind: 'upload', layer: diffId, current: 0, total: plainSize });
      const tar = readLayerTar(this.engine.store, { digest: diffId, size: plainSize });
      return compress(this.counted(tar, diffId, plainSize), compression, { level });
    };
    const sent = await uploadPersistently(this.session, this.repository, open, {
      ...this.requestOptions(diffId),
      upload,
    });
    return { ...sent, compression };
  }

  private async *counted(tar: AsyncIterable<Uint8Array>, layer: Digest, total: number) {
    let current = 0;
    for await (const chunk of tar) {
      this.signal.throwIfAborted();
      current += chunk.length;
      this.options.onEvent?.({ kind: 'upload', layer, current, total });
      yield chunk;
    }
  }

  private requestOptions(layer: Digest) {
    return {
      signal: this.signal,
      onRetry: ({ error }: { error: unknown }) =>
        this.options.onEvent?.({ kind: 'retry', layer, text: messageOf(error) }),
    };
  }

  /**
   * Repositories of this registry that should have the layer: it was pushed there, or images that have it came from or
   * went there.
   */
  private sourcesOf({ diffId, blobs }: LayerRecord): string[] {
    const pushed = blobs.flatMap(({ repositories = [] }) => repositories.toReversed());
    const named = listImages(this.engine.store, [])
      .filter(({ diffIds }) => diffIds.includes(diffId))
      .flatMap(({ repoDigests }) => repoDigests);
    const repositories = [...pushed, ...named]
      .map((text) => parseReference(text))
      .filter(({ registry }) => registry === this.session.registry)
      .map(({ repository }) => repository)
      .filter((repository) => repository !== this.repository);
    return [...new Set(repositories)].slice(0, SOURCES);
  }
}
