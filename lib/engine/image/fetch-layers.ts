/**
 * Getting an image's layers: downloads run side by side into partial files, and as many children unpack as there are
 * processors, each following its file while it grows. So a slow registry keeps several connections busy, a fast one
 * both processors, and memory stays that of the children.
 */
import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { addContext, hasCode, isNoSpace, messageOf, ProaError } from '../../core/error.ts';
import { Slots } from '../../core/slots.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { LayerDescriptor } from '../../oci/model/manifest.ts';
import type { RegistryClient } from '../../oci/registry/client.ts';
import { readBlob as downloadBlob } from '../../oci/registry/download.ts';
import { addLayerBlob, type LayerLease, LayerStaging, syncLayers } from '../../storage/layers.ts';
import { PartialBlob } from '../../storage/partial-blob.ts';
import { type FollowingUnpacker, followFile } from '../../storage/tar/unpack.ts';
import type { Engine } from '../engine.ts';
import { leasePresentLayer } from './present-layer.ts';

export type LayerEvent =
  | { kind: 'exists'; layer: Digest }
  | { kind: 'download'; layer: Digest; current: number; total: number }
  | { kind: 'unpack'; layer: Digest }
  | { kind: 'retry'; layer: Digest; text: string }
  | { kind: 'done'; layer: Digest };

export interface FetchOptions {
  signal?: AbortSignal;
  onEvent?: (event: LayerEvent) => void;
}

const WRONG_BYTES = ['DIGEST_MISMATCH', 'SIZE_MISMATCH', 'BAD_COMPRESSION', 'BAD_ARCHIVE', 'HOSTILE_ARCHIVE'];

/** Bytes that a download may be ahead of its unpacker. */
const AHEAD = 32 << 20;

const DOWNLOADS = 4;
/** More children than processors only cost memory (about 100 MB each). */
const UNPACKERS = Math.max(1, Math.min(availableParallelism(), 2));

export class LayerFetcher {
  private readonly downloads = new Slots(DOWNLOADS);
  private readonly unpackers = new Slots(UNPACKERS);
  private readonly failure = new AbortController();

  constructor(
    private readonly engine: Engine,
    private readonly client: RegistryClient,
    private readonly repository: string,
    private readonly lease: LayerLease,
    private readonly options: FetchOptions,
  ) {}

  /**
   * Makes all layers present and leased; the first failure stops the others, whose partial files stay.
   * @param diffIds in the order of `layers`
   */
  async fetch(layers: readonly LayerDescriptor[], diffIds: readonly Digest[]): Promise<void> {
    const wanted = new Map<Digest, LayerDescriptor>();
    for (const [i, diffId] of diffIds.entries()) wanted.set(diffId, layers[i]!);
    await this.all([...wanted].map(([diffId, layer]) => this.fetchLayer(layer, diffId)));
    syncLayers(this.engine.store, [...wanted.keys()]);
  }

  /** Waits for all, also after a failure, so that nothing still works on what its caller lets go of. */
  private async all(work: Promise<void>[]): Promise<void> {
    const watched = work.map((one) =>
      one.catch((error) => {
        this.failure.abort(error);
      }),
    );
    await Promise.all(watched);
    if (this.failure.signal.aborted) throw this.failure.signal.reason;
  }

  private get signal(): AbortSignal {
    const given = this.options.signal;
    return given === undefined ? this.failure.signal : AbortSignal.any([given, this.failure.signal]);
  }

  private async fetchLayer(layer: LayerDescriptor, diffId: Digest): Promise<void> {
    const { store } = this.engine;
    if (await this.usePresent(layer, diffId)) return;
    using partial = await PartialBlob.open(store, layer.digest, this.signal);
    // Another pull may have finished this layer while we waited for its file.
    if (await this.usePresent(layer, diffId)) {
      partial.remove();
      return;
    }
    const arrival = new Arrival();
    try {
      await this.all([
        this.downloads.use(() => this.download(layer, partial, arrival)),
        this.unpackers.use(() => this.unpack(layer, diffId, partial, arrival)),
      ]);
    } catch (error) {
      // Worth less than the room that it takes from everybody.
      if (isNoSpace(error)) partial.remove();
      throw error;
    }
    this.options.onEvent?.({ kind: 'done', layer: layer.digest });
  }

  private async usePresent(layer: LayerDescriptor, diffId: Digest): Promise<boolean> {
    const record = await leasePresentLayer(this.engine.store, this.lease, diffId);
    if (record === undefined) return false;
    addLayerBlob(this.engine.store, record, {
      digest: layer.digest,
      size: layer.size,
      mediaType: layer.mediaType,
    });
    this.options.onEvent?.({ kind: 'exists', layer: layer.digest });
    return true;
  }

  private async download(layer: LayerDescriptor, partial: PartialBlob, arrival: Arrival): Promise<void> {
    const { signal } = this;
    const report = (): void =>
      this.options.onEvent?.({
        kind: 'download',
        layer: layer.digest,
        current: partial.size,
        total: layer.size,
      });
    try {
      this.refuseTooLarge(layer, partial);
      if (partial.size > layer.size) throw mismatch(layer, `more than ${layer.size} bytes`);
      report();
      let reported = partial.size;
      const stream = downloadBlob(this.client, this.repository, layer, {
        offset: partial.size,
        signal,
        onRetry: (notice) =>
          this.options.onEvent?.({ kind: 'retry', layer: layer.digest, text: messageOf(notice.error) }),
      });
      for await (const chunk of stream) {
        signal.throwIfAborted();
        partial.append(chunk);
        arrival.more();
        await arrival.keepPace(partial, signal);
        if (partial.size - reported > 1 << 18) {
          reported = partial.size;
          report();
        }
      }
      arrival.finish();
    } catch (error) {
      arrival.fail(error);
      throw error;
    }
  }

  /** What is larger than the disk is not even begun. @throws ProaError ENOSPC */
  private refuseTooLarge(layer: LayerDescriptor, partial: PartialBlob): void {
    const { bavail, bsize } = statfsSync(this.engine.store.root);
    const free = bavail * bsize;
    if (layer.size - partial.size <= free) return;
    throw new ProaError(
      'ENOSPC',
      `download layer ${layer.digest}: no space left: it has ${layer.size} bytes by its manifest, and ${this.engine.store.root} has room for ${free}`,
      { hint: 'free space (proa system prune), then try again' },
    );
  }

  private async unpack(
    layer: LayerDescriptor,
    diffId: Digest,
    partial: PartialBlob,
    arrival: Arrival,
  ): Promise<void> {
    const { store } = this.engine;
    using staging = new LayerStaging(store);
    const unpacker = followFile(partial.path, {
      target: staging.diff,
      recipe: staging.recipe,
      compression: layer.compression,
      xattrPrefix: store.xattrPrefix,
      ignoreOwner: this.engine.identity.singleId,
    });
    const unpacked = unpacker.result.catch((error) => {
      throw addContext(error, `unpack layer ${layer.digest}`);
    });
    try {
      arrival.follow(unpacker);
      // Whichever fails first; after the end of the download only the result is left to wait for.
      await Promise.race([arrival.finished, unpacked]);
      this.options.onEvent?.({ kind: 'unpack', layer: layer.digest });
      const result = await unpacked;
      if (result.digest !== layer.digest) throw mismatch(layer, `its bytes have digest ${result.digest}`);
      if (result.diffId !== diffId) {
        throw new ProaError(
          'DIGEST_MISMATCH',
          `verify layer ${layer.digest}: it unpacks to diff id ${result.diffId}, the image's configuration says ${diffId}`,
        );
      }
      const { plainSize, diskSize, files } = result;
      const blobs = [{ digest: layer.digest, size: layer.size, mediaType: layer.mediaType }];
      this.lease.hold(await staging.publish({ version: 1, diffId, plainSize, diskSize, files, blobs }));
      partial.remove();
    } catch (error) {
      await unpacker.abort();
      // Wrong bytes are of no use to the next attempt; those that a lost connection or a full disk cut off are.
      if (hasCode(error, ...WRONG_BYTES)) partial.remove();
      throw error;
    }
  }
}

function mismatch(layer: LayerDescriptor, why: string): ProaError {
  return new ProaError('DIGEST_MISMATCH', `verify layer ${layer.digest}: ${why}`, {
    hint: 'The registry or something on the way altered it; pull again, and tell the registry if it stays so',
  });
}

/** Tells the unpacking side that more bytes are in the file, or that all are, or that no more will come. */
class Arrival {
  private readonly end = Promise.withResolvers<void>();
  /** Fails with the download. */
  readonly finished = this.end.promise;
  private complete = false;
  private follower: FollowingUnpacker | undefined;

  constructor() {
    // The unpacker may not be there yet (or not any more) when the download fails, which tells so by itself.
    this.finished.catch(() => {});
  }

  /** The follower starts with what is in the file by now. */
  follow(follower: FollowingUnpacker): void {
    this.follower = follower;
    if (this.complete) follower.end();
  }

  more(): void {
    this.follower?.more();
  }

  /** Waits while the download is far ahead of the unpacking, so that what it reads is still in memory. */
  async keepPace(partial: PartialBlob, signal: AbortSignal): Promise<void> {
    if (this.follower === undefined) return;
    for (;;) {
      const position = this.follower.position();
      partial.consumed(position);
      if (partial.size - position <= AHEAD) return;
      await Bun.sleep(2);
      signal.throwIfAborted();
    }
  }

  finish(): void {
    this.complete = true;
    this.follower?.end();
    this.end.resolve();
  }

  fail(error: unknown): void {
    this.end.reject(error);
  }
}
