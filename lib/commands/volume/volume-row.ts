/** One line of `volume ls` and of `system df -v`: the fields that templates may name. */
import type { Store } from '../../storage/store.ts';
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
  readonly #volume: VolumeRecord;

  constructor(volume: VolumeRecord) {
    this.#volume = volume;
  }
  get Anonymous(): boolean {
    return this.#volume.anonymous;
  }
  get CreatedAt(): string {
    return this.#volume.created;
  }
  get Options(): Record<string, string> {
    return this.#volume.options;
  }
}

const UNKNOWN = 'N/A';

/** `Availability`, `Group` and `Status` are of Docker's cluster volumes, and say nothing of others. */
export function volumeRow(store: Store, volume: VolumeRecord, usage?: Usage): object {
  const { name, driver, labels } = volume;
  return Object.assign(new PodmanFields(volume), {
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
