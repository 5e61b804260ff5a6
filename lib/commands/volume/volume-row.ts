/** One line of `volume ls` and of `system df -v`: the fields that templates may name. */
import type { Store } from '../../storage/store.ts';
import { listHolders } from '../../storage/volume-holders.ts';
import { type VolumeRecord, volumeDataPath } from '../../storage/volumes.ts';

export const VOLUME_HEADERS: Readonly<Record<string, string>> = {
  Name: 'VOLUME NAME',
};

/** What only `system df -v` knows. */
interface Usage {
  links: string;
  size: string;
}

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #store: Store;
  readonly #volume: VolumeRecord;

  constructor(store: Store, volume: VolumeRecord) {
    this.#store = store;
    this.#volume = volume;
  }
  get Anonymous(): boolean {
    return this.#volume.anonymous;
  }
  get CreatedAt(): string {
    return this.#volume.created;
  }
  get GID(): number {
    return this.#volume.owner?.gid ?? 0;
  }
  get MountCount(): number {
    return listHolders(this.#store, this.#volume.name).length;
  }
  get NeedsCopyUp(): boolean {
    return this.#volume.content !== 'settled';
  }
  get Options(): Record<string, string> {
    return this.#volume.options;
  }
  get UID(): number {
    return this.#volume.owner?.uid ?? 0;
  }
}

const UNKNOWN = 'N/A';

/** `Availability`, `Group` and `Status` are of Docker's cluster volumes, and say nothing of others. */
export function volumeRow(store: Store, volume: VolumeRecord, usage?: Usage): object {
  const { name, driver, labels } = volume;
  return Object.assign(new PodmanFields(store, volume), {
    Availability: UNKNOWN,
    Driver: driver,
    Group: UNKNOWN,
    Label: (key: string) => labels[key] ?? '',
    Labels: () =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
    Links: usage?.links ?? UNKNOWN,
    Mountpoint: volumeDataPath(store, name),
    Name: name,
    Scope: 'local',
    Size: usage?.size ?? UNKNOWN,
    Status: UNKNOWN,
  });
}
