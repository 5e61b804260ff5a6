/** `volume ls`: the volumes of a store. */
import type { BadRecord } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import { listVolumes, type VolumeRecord } from '../../storage/volumes.ts';
import { volumeFilter } from './filters.ts';

export interface VolumeListing {
  /** By name. */
  volumes: VolumeRecord[];
  /** Records that could not be read. */
  bad: BadRecord[];
}

/** @throws ProaError INVALID_FILTER */
export function listMatchingVolumes(store: Store, filters: readonly string[]): VolumeListing {
  const bad: BadRecord[] = [];
  const matches = volumeFilter(store, filters);
  const volumes = listVolumes(store, bad)
    .filter(matches)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { volumes, bad };
}
