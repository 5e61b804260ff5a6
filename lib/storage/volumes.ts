/** ROOT/volumes/NAME/{volume.json,_data/}: named volumes and the anonymous ones (their name is 64 hex digits). */
import { readdirSync } from 'node:fs';
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import { discard, Staging } from '../core/staging.ts';
import { removeTree } from '../core/sys/directory.ts';
import { AT_FDCWD, tryMkdirAt } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { trySetLimits } from '../core/sys/quota.ts';
import { tryStatAt } from '../core/sys/stat.ts';
import type { Digest } from '../oci/model/digest.ts';
import { writeEvents } from './events.ts';
import type { BadRecord } from './images.ts';
import { validateName } from './names.ts';
import type { Store } from './store.ts';
import { holdersPath } from './volume-holders.ts';

export interface VolumeRecord {
  version: 1;
  name: string;
  driver: 'local' | 'image';
  /** RFC 3339. */
  created: string;
  labels: Record<string, string>;
  options: Record<string, string>;
  /** Made along with a container that named none; nobody was told its name. */
  anonymous: boolean;
  /** Whether it took over the image's content at its first mount point (or need not): see populate-volume.ts. */
  content: 'new' | 'copying' | 'settled';
  /** Asked for by `o=uid=,gid=`; whatever is copied in, its folder is theirs. */
  owner?: { uid?: number; gid?: number };
  /** The project whose quota holds for its files (core/sys/quota.ts). */
  project?: number;
  /** Of the driver `image`: what is below its files, which are in `upper/`. */
  image?: { id: Digest; name: string; diffIds: Digest[] };
}

/** Whether its files are in `_data` only while something is mounted there (volume-holders.ts). */
export function needsMount({ driver, options }: Pick<VolumeRecord, 'driver' | 'options'>): boolean {
  return driver === 'image' || options.type !== undefined || options.device !== undefined;
}

export function volumePath(store: Store, name: string): string {
  return `${store.root}/volumes/${name}`;
}

export function volumeDataPath(store: Store, name: string): string {
  return `${volumePath(store, name)}/_data`;
}

export function readVolume(store: Store, name: string): VolumeRecord | undefined {
  validateName(name, 'volume');
  return readRecord<VolumeRecord>(`${volumePath(store, name)}/volume.json`);
}

/**
 * Returns the volume of that name, made now if it is not there yet.
 * @param prepare works on its folder before anybody sees it
 */
export function ensureVolume(
  store: Store,
  name: string,
  properties: Partial<Omit<VolumeRecord, 'version' | 'name' | 'created'>> = {},
  prepare?: (folder: string) => void,
): VolumeRecord {
  const known = readVolume(store, name);
  if (known !== undefined) return known;
  const record: VolumeRecord = {
    version: 1,
    name,
    driver: 'local',
    created: new Date().toISOString(),
    labels: {},
    options: {},
    anonymous: false,
    content: 'new',
    ...properties,
  };
  using staging = Staging.open(store.tmp, `volume-${crypto.randomUUID()}`);
  check(tryMkdirAt(AT_FDCWD, `${staging.path}/_data`, 0o755), 'create folder', '_data');
  prepare?.(staging.path);
  writeRecord(`${staging.path}/volume.json`, record, { sync: true });
  try {
    staging.publish(volumePath(store, name), { sync: true })[Symbol.dispose]();
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
    // Another command made it at the same moment: theirs serves.
    const theirs = readVolume(store, name);
    if (theirs === undefined)
      throw new ProaError('VOLUME_GONE', `create volume ${name}: it was removed meanwhile`);
    return theirs;
  }
  tell(store, record, 'create');
  return record;
}

export function lockVolume(store: Store, name: string): Promise<Lock> {
  return lock(volumePath(store, name));
}

/** An anonymous volume stays from now on when the last container with it goes. One that is gone is none. */
export async function keepVolume(store: Store, name: string): Promise<void> {
  if (readVolume(store, name) === undefined) return;
  using _ = await lockVolume(store, name);
  const record = readVolume(store, name);
  if (record?.anonymous)
    writeRecord(`${volumePath(store, name)}/volume.json`, { ...record, anonymous: false });
}

/** The caller holds {@link lockVolume}. */
export function setVolumeContent(store: Store, record: VolumeRecord, content: VolumeRecord['content']): void {
  writeRecord(`${volumePath(store, record.name)}/volume.json`, { ...record, content }, { sync: true });
}

/**
 * Deletes a volume with its data. The caller holds {@link lockVolume} and knows that no container uses it.
 * @throws ProaError MOUNTED while something is mounted in it: nothing is deleted through a mount
 */
export function discardVolume(store: Store, volume: Pick<VolumeRecord, 'name' | 'driver' | 'project'>): void {
  const { name, project } = volume;
  const data = volumeDataPath(store, name);
  if (isVolumeMounted(store, name)) {
    throw new ProaError('MOUNTED', `remove volume ${name}: something is mounted on ${data}`, {
      hint: `umount ${data}`,
    });
  }
  // The number may be another's tomorrow; a limit that cannot be lifted is one on nothing.
  if (project !== undefined) trySetLimits(volumePath(store, name), project, {});
  discard(volumePath(store, name), store.tmp);
  removeTree(holdersPath(store, name));
  tell(store, volume, 'destroy');
}

/** Whether something is mounted on its `_data`. */
export function isVolumeMounted(store: Store, name: string): boolean {
  const status = tryStatAt(AT_FDCWD, volumeDataPath(store, name));
  return typeof status !== 'number' && status.isMountRoot;
}

function tell(
  store: Store,
  { name, driver }: Pick<VolumeRecord, 'name' | 'driver'>,
  action: 'create' | 'destroy',
): void {
  writeEvents(store, { type: 'volume', action, id: name, attributes: { driver } });
}

/** All volumes; unreadable ones go to `bad`, or throw when there is no `bad`. */
export function listVolumes(store: Store, bad?: BadRecord[]): VolumeRecord[] {
  const volumes: VolumeRecord[] = [];
  for (const name of readdirSync(`${store.root}/volumes`)) {
    try {
      const record = readVolume(store, name);
      if (record !== undefined) volumes.push(record);
    } catch (error) {
      if (bad === undefined || !(error instanceof ProaError)) throw error;
      bad.push({ file: volumePath(store, name), error });
    }
  }
  return volumes;
}
