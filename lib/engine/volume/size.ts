import { spaceOf } from '../../core/disk-space.ts';
import type { Store } from '../../storage/store.ts';
import { needsMount, type VolumeRecord, volumePath } from '../../storage/volumes.ts';

/** Bytes on this store's disk of a volume: of one whose data is elsewhere, none, as Docker counts. */
export function volumeSize(store: Store, volume: VolumeRecord): number {
  const folder = volumePath(store, volume.name);
  if (volume.driver === 'image') return spaceOf(`${folder}/upper`);
  return needsMount(volume) ? 0 : spaceOf(folder);
}
