/** Volumes: their data is a person's, so whatever is wrong with a record, the data stays where it is. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { writeRecord } from '../../../core/atomic-file.ts';
import type { Store } from '../../../storage/store.ts';
import {
  discardVolume,
  lockVolume,
  readVolume,
  type VolumeRecord,
  volumeDataPath,
  volumePath,
} from '../../../storage/volumes.ts';
import { isUsed } from '../../container/anonymous-volumes.ts';
import { type Finding, setAside } from './finding.ts';
import { readCritically, writtenByNewer } from './records.ts';

/** Between an anonymous volume and the record of its container lie a few writes to disk (milliseconds). */
const RECORD_PATIENCE = 60_000;

export function* findBadVolumes(store: Store): Iterable<Finding> {
  for (const name of readdirSync(`${store.root}/volumes`)) {
    const reading = readCritically<VolumeRecord>(recordOf(store, name), (record) => record.name === name);
    const finding = { what: 'volume', which: name };
    if (reading.kind === 'newer') {
      yield { ...finding, why: reading.why, repair: () => Promise.reject(writtenByNewer(`volume ${name}`)) };
    } else if (reading.kind !== 'good') {
      const why = reading.kind === 'absent' ? 'its record is missing' : reading.why;
      yield { ...finding, why, repair: () => rebuildRecord(store, name) };
    } else if (isUnborn(store, reading.record)) {
      const why = 'the container that it was made for never came to be';
      yield { ...finding, why, repair: () => removeUnborn(store, name) };
      continue;
    }
    if (existsSync(volumeDataPath(store, name)) || !existsSync(volumePath(store, name))) continue;
    const why = 'its data folder is missing';
    yield { ...finding, why, repair: () => makeDataFolder(store, name) };
  }
}

/** Anonymous, never mounted, and of no container: nothing can be in it, and nobody knows its name. */
function isUnborn(store: Store, { name, anonymous, content, created }: VolumeRecord): boolean {
  const isNew = anonymous && content === 'new' && Date.now() - Date.parse(created) > RECORD_PATIENCE;
  return isNew && isEmpty(volumeDataPath(store, name)) && !isUsed(store, name);
}

async function removeUnborn(store: Store, name: string): Promise<string> {
  using _ = await lockVolume(store, name);
  const record = readVolume(store, name);
  if (record === undefined || !isUnborn(store, record)) return 'in use by now, kept';
  discardVolume(store, record);
  return 'removed';
}

function isEmpty(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length === 0;
}

async function rebuildRecord(store: Store, name: string): Promise<string> {
  using _ = await lockVolume(store, name);
  const file = recordOf(store, name);
  const kept = existsSync(file) ? `, the old one is ${setAside(store, file, `volume-${name}.json`)}` : '';
  const record: VolumeRecord = {
    version: 1,
    name,
    driver: 'local',
    created: statSync(volumePath(store, name)).mtime.toISOString(),
    labels: {},
    options: {},
    // The only trace that is left of it: names of that form are given to no other volumes.
    anonymous: /^[0-9a-f]{64}$/.test(name),
    // Never again to be filled, or emptied, from an image.
    content: 'settled',
  };
  writeRecord(file, record, { sync: true });
  return `record made anew, with no labels${kept}`;
}

async function makeDataFolder(store: Store, name: string): Promise<string> {
  using _ = await lockVolume(store, name);
  mkdirSync(volumeDataPath(store, name), { recursive: true, mode: 0o755 });
  return 'an empty one was made';
}

function recordOf(store: Store, name: string): string {
  return `${volumePath(store, name)}/volume.json`;
}
