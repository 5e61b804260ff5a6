import { hasCode } from '../../core/error.ts';
import { tryLock } from '../../core/lock.ts';
import { type ContainerConfig, listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import { discardVolume, readVolume, volumePath } from '../../storage/volumes.ts';

/** Removes the anonymous volumes of a container that is gone, or never came to be, unless another one uses them. */
export function removeAnonymousVolumes(store: Store, { mounts }: Pick<ContainerConfig, 'mounts'>): void {
  for (const { volume } of mounts) {
    const record = volume === undefined ? undefined : readVolume(store, volume);
    if (volume === undefined || !record?.anonymous) continue;
    try {
      using held = tryLock(volumePath(store, volume));
      if (held === undefined || isUsed(store, volume)) continue;
      discardVolume(store, record);
    } catch (error) {
      // Another command removed it meanwhile.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** True while a container's record names the volume, or is unreadable and may name it. */
export function isUsed(store: Store, volume: string): boolean {
  const bad: BadRecord[] = [];
  const containers = listContainers(store, bad);
  return (
    bad.length > 0 || containers.some(({ config }) => config.mounts.some((mount) => mount.volume === volume))
  );
}
