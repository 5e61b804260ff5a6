/** Volumes whose files are elsewhere: mounted as long as somebody holds them (lib/storage/volume-holders.ts). */
import { mkdirSync } from 'node:fs';
import { removeFile, writeFile } from '../../core/atomic-file.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { span } from '../../core/trace.ts';
import { lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mountOverlay, unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';
import { holdersPath, listHolders, lockHolders, ownHolder } from '../../storage/volume-holders.ts';
import {
  isVolumeMounted,
  needsMount,
  type VolumeRecord,
  volumeDataPath,
  volumePath,
} from '../../storage/volumes.ts';
import { type MountPlan, parseLocalOptions } from './driver-options.ts';

/**
 * Mounts a volume, unless it is mounted, and notes who needs that.
 * @throws ProaError VOLUME_MOUNT_FAILED with what mount(8) said, LAYER_MISSING
 */
export function holdVolume(store: Store, volume: VolumeRecord, holder: string): void {
  using _ = span('mount volume');
  const { name } = volume;
  using _lock = lockHolders(store, name);
  const mark = `${holdersPath(store, name)}/${holder}`;
  // Before the mount: one that nobody is noted for would stay.
  writeFile(mark, '', { mode: 0o600 });
  if (isVolumeMounted(store, name)) return;
  try {
    mountVolume(store, volume);
  } catch (error) {
    removeFile(mark);
    throw error;
  }
}

/** The last one to release a volume unmounts it. Not holding it is fine. */
export function releaseVolume(store: Store, name: string, holder: string): void {
  using _ = lockHolders(store, name);
  removeFile(`${holdersPath(store, name)}/${holder}`);
  if (listHolders(store, name).length === 0) unmountOverlay(volumeDataPath(store, name));
}

/** Whoever holds it. The caller knows that nobody uses it. */
export function releaseWholly(store: Store, volume: VolumeRecord): void {
  const { name } = volume;
  if (!needsMount(volume)) return;
  using _ = lockHolders(store, name);
  for (const holder of listHolders(store, name)) removeFile(`${holdersPath(store, name)}/${holder}`);
  unmountOverlay(volumeDataPath(store, name));
}

/** Holds a volume while a command looks into it; disposed, it is released. One that needs no mount needs nothing. */
export function borrowVolume(store: Store, volume: VolumeRecord): Disposable {
  if (!needsMount(volume)) return { [Symbol.dispose]() {} };
  const holder = ownHolder();
  holdVolume(store, volume, holder);
  return { [Symbol.dispose]: () => releaseVolume(store, volume.name, holder) };
}

function mountVolume(store: Store, volume: VolumeRecord): void {
  const target = volumeDataPath(store, volume.name);
  if (volume.driver === 'image') {
    mountImage(store, volume, target);
    return;
  }
  const command = mountCommand(parseLocalOptions(volume.options).mount!, target, addressOf);
  const { exitCode, stderr } = Bun.spawnSync(command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (exitCode === 0) return;
  const words =
    stderr
      .toString()
      .trim()
      .split('\n')[0]
      ?.replace(/^mount[^:]*: /, '') || `exit code ${exitCode}`;
  throw new ProaError('VOLUME_MOUNT_FAILED', `mount volume ${volume.name}: ${words}`, {
    hint: /helper program/.test(stderr.toString())
      ? 'For NFS: apt-get install nfs-common; for CIFS: apt-get install cifs-utils'
      : `What is mounted: proa volume inspect ${volume.name}`,
  });
}

/**
 * Docker hands NFS and CIFS shares to the kernel itself, with the server as `addr`; so does this for a device without one
 * (`:/export`). Otherwise mount(8) knows best.
 * @param lookup a host's address
 */
export function mountCommand(
  { type, device, options }: MountPlan,
  target: string,
  lookup: (host: string) => string,
): string[] {
  const direct =
    /^(nfs4?|cifs)$/.test(type) && /^(:|\/\/)/.test(device) && options.some((word) => /^addr=/.test(word));
  const words = direct
    ? options.map((word) => word.replace(/^addr=(.*)$/, (_, host) => `addr=${lookup(host)}`))
    : options;
  return [
    findProgram('mount'),
    ...(direct ? ['-i'] : []),
    ...(type === '' ? [] : ['-t', type]),
    ...(words.length === 0 ? [] : ['-o', words.join(',')]),
    '--',
    device,
    target,
  ];
}

function addressOf(host: string): string {
  const { stdout } = Bun.spawnSync([findProgram('getent'), 'ahosts', host], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = stdout.toString().split(/\s/, 1)[0];
  if (address) return address;
  throw new ProaError('HOST_NOT_FOUND', `find ${host}: no such host`);
}

function mountImage(store: Store, { name, image }: VolumeRecord, target: string): void {
  const { diffIds } = image!;
  requireLayers(store, diffIds);
  const folder = volumePath(store, name);
  const lower = lowerDirs(store, diffIds);
  if (lower.length === 0) {
    mkdirSync(`${folder}/empty`, { recursive: true, mode: 0o755 });
    lower.push(`${folder}/empty`);
  }
  mountOverlay({
    lower,
    upper: { dir: `${folder}/upper`, work: `${folder}/work` },
    target,
    userxattr: store.xattrPrefix === 'user',
  });
}
