import { hasCode } from '../../core/error.ts';
import { tryLock } from '../../core/lock.ts';
import { type ContainerConfig, listContainers } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { discardVolume, readVolume, volumePath } from '../../storage/volumes.ts';

/** Removes the anonymous volumes of a removed container that no other one uses. */
export function removeAnonymousVolumes(store: Store, config: ContainerConfig): void {
  for (const { volume } of config.mounts) {
    if (volume === undefined || !readVolume(store, volume)?.anonymous) continue;
    try {
      using held = tryLock(volumePath(store, volume));
      if (held === undefined || isUsed(store, volume)) continue;
      discardVolume(store, volume);
    } catch (error) {
      // Another command removed it meanwhile.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** True while a container's record names the volume. */
export function isUsed(store: Store, volume: string): boolean {
  return listContainers(store, []).some(({ config }) =>
    config.mounts.some((mount) => mount.volume === volume),
  );
}
