/** `volume rm` and `volume prune`. A volume that a container names, whether it runs or not, stays. */
import { spaceOf } from '../../core/disk-space.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { tryLock } from '../../core/lock.ts';
import type { Store } from '../../storage/store.ts';
import { listHolders } from '../../storage/volume-holders.ts';
import {
  discardVolume,
  listVolumes,
  lockVolume,
  readVolume,
  type VolumeRecord,
  volumePath,
} from '../../storage/volumes.ts';
import { FILTER_KEYS, volumeFilter } from './filters.ts';
import { releaseWholly } from './hold.ts';
import { volumeUsers } from './users.ts';

/**
 * Removes a volume with its data.
 * @throws ProaError VOLUME_NOT_FOUND; VOLUME_IN_USE naming the containers; CORRUPT_RECORD when a container's record is
 *   unreadable, which may name it
 */
export async function removeVolume(store: Store, name: string): Promise<void> {
  const volume = readVolume(store, name);
  if (volume === undefined) throw noVolume(name);
  try {
    using _ = await lockVolume(store, name);
    const { users, bad } = volumeUsers(store);
    if (bad.length > 0) throw bad[0]!.error;
    const using_ = users.get(name);
    if (using_ !== undefined) {
      const listed = using_.map((config) => `${config.id.slice(0, 12)} (${config.name})`).join(', ');
      throw new ProaError('VOLUME_IN_USE', `remove volume ${name}: it is in use by container ${listed}`, {
        hint: `Remove the container first: proa rm ${using_.map((config) => config.name).join(' ')}`,
      });
    }
    releaseWholly(store, volume);
    discardVolume(store, volume);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw noVolume(name);
    throw error;
  }
}

function noVolume(name: string): ProaError {
  return new ProaError('VOLUME_NOT_FOUND', `remove volume ${name}: no such volume`, {
    hint: 'proa volume ls lists all volumes',
  });
}

const PRUNE_KEYS = FILTER_KEYS.filter((key) => key !== 'dangling');

export interface UnusedVolumes {
  volumes: VolumeRecord[];
  /** Unreadable records of containers, which may name any volume: then none is known to be unused. */
  failures: unknown[];
}

/**
 * The volumes that no container names, that nobody mounted, and that match.
 * @param filters as of `volume ls`, but for dangling
 * @throws ProaError INVALID_FILTER
 */
export function unusedVolumes(store: Store, filters: readonly string[]): UnusedVolumes {
  const matches = volumeFilter(store, filters, PRUNE_KEYS);
  const { users, bad } = volumeUsers(store);
  if (bad.length > 0) return { volumes: [], failures: bad.map(({ error }) => error) };
  const volumes = listVolumes(store, []).filter(
    (volume) => !users.has(volume.name) && listHolders(store, volume.name).length === 0 && matches(volume),
  );
  return { volumes, failures: [] };
}

export interface PrunedVolumes {
  /** Names. */
  removed: string[];
  /** Bytes on disk of all that belonged to them. */
  bytes: number;
  failures: unknown[];
}

/** Removes {@link unusedVolumes}; one that a command works on in this moment stays. */
export function pruneVolumes(store: Store, filters: readonly string[]): PrunedVolumes {
  const { volumes, failures } = unusedVolumes(store, filters);
  const pruned: PrunedVolumes = { removed: [], bytes: 0, failures };
  for (const volume of volumes) {
    const { name } = volume;
    try {
      using held = tryLock(volumePath(store, name));
      if (held === undefined) continue;
      // Under the lock once more: a container may have taken it since.
      const { users, bad } = volumeUsers(store);
      if (bad.length > 0 || users.has(name)) continue;
      releaseWholly(store, volume);
      const bytes = spaceOf(volumePath(store, name));
      discardVolume(store, volume);
      pruned.removed.push(name);
      pruned.bytes += bytes;
    } catch (error) {
      // Another command removed it meanwhile.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return pruned;
}
