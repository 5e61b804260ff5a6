/** Which containers use which volumes, from one reading of all records. */
import { type Container, listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';

export interface VolumeUsers {
  /** By the volume's name. */
  users: ReadonlyMap<string, readonly Container['config'][]>;
  /** Containers whose record is unreadable: what they use is not known. */
  bad: readonly BadRecord[];
}

export function volumeUsers(store: Store): VolumeUsers {
  const bad: BadRecord[] = [];
  const users = new Map<string, Container['config'][]>();
  for (const { config } of listContainers(store, bad)) {
    for (const volume of new Set(config.mounts.map((mount) => mount.volume))) {
      if (volume === undefined) continue;
      const list = users.get(volume);
      if (list === undefined) users.set(volume, [config]);
      else list.push(config);
    }
  }
  return { users, bad };
}
