/** Layers that are here as files (an archive's members): as many children unpack side by side as pull has. */
import { availableParallelism } from 'node:os';
import { addContext } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { addLayerBlob, type LayerLease, LayerStaging, syncLayers } from '../../storage/layers.ts';
import { openUnpacker } from '../../storage/tar/unpack.ts';
import type { Engine } from '../engine.ts';
import { leasePresentLayer } from './present-layer.ts';

/** One layer's bytes and what they are known to be. */
export interface LayerSource {
  /** What failed, for the message: `load x.tar: layer y`. */
  name?: string;
  diffId?: Digest;
  digest?: Digest;
  size?: number;
  /** With a digest: how a registry would name the layer's type. */
  mediaType?: string;
  chunks(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** More children than processors only cost memory (about 100 MB each). */
const UNPACKERS = Math.max(1, Math.min(availableParallelism(), 2));

/**
 * Makes all layers present and leased; those that are here already are not read. A failure stops after the layers that
 * are under way, and complete ones stay for the next attempt.
 */
export async function unpackLayers(
  engine: Engine,
  layers: readonly (LayerSource & { diffId: Digest })[],
  lease: LayerLease,
): Promise<void> {
  const waiting = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()];
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      try {
        if (!(await usePresent(engine, layer, lease))) await unpackLayer(engine, layer, lease);
      } catch (error) {
        failures.push(layer.name === undefined ? error : addContext(error, layer.name));
        waiting.length = 0;
      }
    }
  };
  await Promise.all(Array.from({ length: UNPACKERS }, work));
  if (failures.length > 0) throw failures[0];
  syncLayers(
    engine.store,
    layers.map(({ diffId }) => diffId),
  );
}

/**
 * Unpacks one layer and publishes it, leased. Its bytes are verified before that, as far as `source` knows them.
 * @returns its diff id
 */
export async function unpackLayer(engine: Engine, source: LayerSource, lease: LayerLease): Promise<Digest> {
  const { store } = engine;
  using staging = new LayerStaging(store);
  await using unpacker = openUnpacker({
    target: staging.diff,
    recipe: staging.recipe,
    xattrPrefix: store.xattrPrefix,
    ignoreOwner: engine.identity.singleId,
    expectedDigest: source.digest,
    expectedSize: source.size,
    expectedDiffId: source.diffId,
  });
  for await (const chunk of source.chunks()) await unpacker.write(chunk);
  const { plainSize, diskSize, files, ...result } = await unpacker.finish();
  const diffId = result.diffId as Digest;
  const record = { version: 1 as const, diffId, plainSize, diskSize, files, blobs: blobsOf(source) };
  lease.hold(await staging.publish(record));
  return diffId;
}

async function usePresent(
  engine: Engine,
  layer: LayerSource & { diffId: Digest },
  lease: LayerLease,
): Promise<boolean> {
  const record = await leasePresentLayer(engine.store, lease, layer.diffId);
  if (record === undefined) return false;
  for (const blob of blobsOf(layer)) addLayerBlob(engine.store, record, blob);
  return true;
}

function blobsOf({
  digest,
  size,
  mediaType,
}: LayerSource): { digest: Digest; size: number; mediaType: string }[] {
  return digest && size !== undefined && mediaType ? [{ digest, size, mediaType }] : [];
}
