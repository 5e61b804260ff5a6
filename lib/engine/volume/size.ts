import type { Store } from '../../storage/store.ts';
import { needsMount, type VolumeRecord, volumeDataPath, volumePath } from '../../storage/volumes.ts';
import { folderSize } from '../container/size.ts';

/** Bytes of a volume's files that are in the store: of one that is elsewhere, none, as Docker counts. */
export function volumeSize(store: Store, volume: VolumeRecord): number {
  if (volume.driver === 'image') return folderSize(`${volumePath(store, volume.name)}/upper`);
  return needsMount(volume) ? 0 : folderSize(volumeDataPath(store, volume.name));
}
