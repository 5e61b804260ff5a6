import { ProaError } from '../../core/error.ts';
import type { Store } from '../../storage/store.ts';
import { readVolume, type VolumeRecord } from '../../storage/volumes.ts';

/** @throws ProaError VOLUME_NOT_FOUND, INVALID_NAME, CORRUPT_RECORD */
export function requireVolume(store: Store, name: string, verb: string): VolumeRecord {
  const volume = readVolume(store, name);
  if (volume !== undefined) return volume;
  throw new ProaError('VOLUME_NOT_FOUND', `${verb} volume ${name}: no such volume`, {
    hint: 'proa volume ls lists all volumes',
  });
}
