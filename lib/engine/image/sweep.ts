/** Deleting layers that nothing refers to any more. */
import { isNoSpace, type ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { cachedLayers } from '../../storage/build-cache.ts';
import { layersOf, listContainers } from '../../storage/containers.ts';
import { type BadRecord, listImages } from '../../storage/images.ts';
import { type LayerLease, sweepLayers } from '../../storage/layers.ts';
import { listVolumes } from '../../storage/volumes.ts';
import type { Engine } from '../engine.ts';

export interface Sweep {
  layers: Digest[];
  /** Why nothing was deleted: what an unreadable record refers to is not known. */
  kept?: ProaError;
}

/**
 * Deletes those of `candidates` that no image, no container, no volume and no build step in the cache refers to.
 * @param deleting called with each layer that goes, right before it does
 */
export function sweepUnreferenced(
  { store }: Engine,
  candidates: Iterable<Digest>,
  deleting?: (diffId: Digest) => void,
): Sweep {
  const bad: BadRecord[] = [];
  const all = [...new Set(candidates)];
  const referenced = (): Set<string> => {
    const images = listImages(store, bad).flatMap(({ diffIds }) => diffIds);
    const containers = listContainers(store, bad).flatMap(({ config }) => layersOf(config));
    const volumes = listVolumes(store, bad).flatMap(({ image }) => image?.diffIds ?? []);
    const cached = cachedLayers(store);
    return new Set<string>(bad.length > 0 ? all : [...images, ...containers, ...volumes, ...cached]);
  };
  const layers = sweepLayers(store, all, referenced, deleting);
  return bad.length > 0 ? { layers, kept: bad[0]!.error } : { layers };
}

/**
 * After a failure for want of space: deletes those of an image's layers that nothing refers to, also those that earlier
 * attempts left. They serve the next attempt only, and everybody else needs the room now.
 */
export function giveBackRoom(
  engine: Engine,
  lease: LayerLease,
  diffIds: readonly Digest[],
  error: unknown,
): void {
  if (!isNoSpace(error)) return;
  lease[Symbol.dispose]();
  sweepUnreferenced(engine, diffIds);
}
