/** Deleting layers that nothing refers to any more. */
import type { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { listContainers } from '../../storage/containers.ts';
import { type BadRecord, listImages } from '../../storage/images.ts';
import { sweepLayers } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';

export interface Sweep {
  layers: Digest[];
  /** Why nothing was deleted: what an unreadable record refers to is not known. */
  kept?: ProaError;
}

/** Deletes those of `candidates` that no image and no container refers to. */
export function sweepUnreferenced({ store }: Engine, candidates: Iterable<Digest>): Sweep {
  const bad: BadRecord[] = [];
  const all = [...new Set(candidates)];
  const referenced = (): Set<string> => {
    const images = listImages(store, bad).flatMap(({ diffIds }) => diffIds);
    const containers = listContainers(store, bad).flatMap(({ config }) => config.diffIds);
    return new Set<string>(bad.length > 0 ? all : [...images, ...containers]);
  };
  const layers = sweepLayers(store, all, referenced);
  return bad.length > 0 ? { layers, kept: bad[0]!.error } : { layers };
}
