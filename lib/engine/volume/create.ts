/** `volume create`. */
import { ProaError } from '../../core/error.ts';
import { validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import { ensureVolume, type VolumeRecord } from '../../storage/volumes.ts';

export interface VolumeRequest {
  /** Left out, it gets 64 hex digits. */
  name?: string | undefined;
  driver: string;
  labels: Record<string, string>;
  /** KEY=VALUE of --opt. */
  options: Record<string, string>;
}

/**
 * Makes a volume, a folder in ROOT; one of that name that is there already is left as it is.
 * @throws ProaError INVALID_NAME, UNKNOWN_DRIVER, INVALID_OPTION
 */
export function createVolume(store: Store, request: VolumeRequest): VolumeRecord {
  const { driver, labels, options } = request;
  const name = request.name ?? Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  const step = `create volume ${name}`;
  validateName(name, 'volume');
  if (driver !== 'local') {
    throw new ProaError('UNKNOWN_DRIVER', `${step}: there is no driver ${JSON.stringify(driver)}`, {
      hint: 'Volumes here are folders: leave --driver out, or say local',
    });
  }
  const [option] = Object.keys(options);
  if (option !== undefined) {
    throw new ProaError('INVALID_OPTION', `${step}: a volume is a folder and takes no option "${option}"`, {
      hint: 'For other file systems: proa run --mount type=bind,… or --mount type=tmpfs,…',
    });
  }
  return ensureVolume(store, name, { labels });
}
