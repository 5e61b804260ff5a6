/** `volume mount` and `volume unmount`: a volume that a person wants to look into. */
import type { Store } from '../../storage/store.ts';
import { listHolders } from '../../storage/volume-holders.ts';
import { needsMount, volumeDataPath } from '../../storage/volumes.ts';
import { holdVolume, releaseVolume } from './hold.ts';
import { requireVolume } from './require-volume.ts';

const PERSON = 'person-';

/**
 * Mounts a volume whose files are elsewhere, once more; others need no mount.
 * @returns where its files are
 * @throws ProaError VOLUME_NOT_FOUND, VOLUME_MOUNT_FAILED
 */
export function mountVolumeFor(store: Store, name: string): string {
  const volume = requireVolume(store, name, 'mount');
  if (needsMount(volume)) holdVolume(store, volume, `${PERSON}${crypto.randomUUID()}`);
  return volumeDataPath(store, name);
}

/** Takes back one {@link mountVolumeFor}; it stays mounted while containers use it. Not mounted is fine, as for Podman. */
export function unmountVolumeFor(store: Store, name: string): void {
  requireVolume(store, name, 'unmount');
  const holder = listHolders(store, name).find((each) => each.startsWith(PERSON));
  if (holder !== undefined) releaseVolume(store, name, holder);
}
