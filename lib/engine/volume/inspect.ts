/** `volume inspect`, in Docker's structure with Podman's members besides. */
import { ProaError } from '../../core/error.ts';
import type { Store } from '../../storage/store.ts';
import { listHolders } from '../../storage/volume-holders.ts';
import { readVolume, volumeDataPath } from '../../storage/volumes.ts';

/** @throws ProaError VOLUME_NOT_FOUND, INVALID_NAME, CORRUPT_RECORD */
export function inspectVolume(store: Store, name: string) {
  const volume = readVolume(store, name);
  if (volume === undefined) throw new ProaError('VOLUME_NOT_FOUND', `find volume ${name}: no such volume`);
  return {
    CreatedAt: volume.created,
    Driver: volume.driver,
    Labels: volume.labels,
    Mountpoint: volumeDataPath(store, name),
    Name: volume.name,
    Options: volume.options,
    Scope: 'local',
    Anonymous: volume.anonymous,
    ...(volume.owner?.uid !== undefined && { UID: volume.owner.uid }),
    ...(volume.owner?.gid !== undefined && { GID: volume.owner.gid }),
    MountCount: listHolders(store, name).length,
    NeedsCopyUp: volume.content !== 'settled',
  };
}
