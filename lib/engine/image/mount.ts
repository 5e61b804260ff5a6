/**
 * `image mount` and `image unmount`: an image's files in a folder of the host, to be read. The mount is RUNROOT/image-mounts/
 * and the id; that it is there is all that is known of it, so nothing needs to be counted or recorded.
 */
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { type Digest, digestHex } from '../../oci/model/digest.ts';
import { type ImageRecord, lockImages, namesOf, readImage } from '../../storage/images.ts';
import { lowerDirs, requireLayers } from '../../storage/layers.ts';
import { mountOverlay, unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';
import { isMountPoint } from '../container/root-mount.ts';
import type { Engine } from '../engine.ts';
import { requireVisibility } from '../visibility.ts';
import { requireImage } from './require-image.ts';

export interface MountedImage {
  image: ImageRecord;
  /** Full, sorted. */
  names: string[];
  path: string;
}

/**
 * Shows an image's files, read-only; one that is shown already stays as it is.
 * @throws ProaError IMAGE_NOT_FOUND, LAYER_MISSING; NOT_VISIBLE to a user, whose shell would not see it
 */
export async function mountImage(engine: Engine, text: string): Promise<MountedImage> {
  requireVisibility(engine, 'mount image');
  const { store } = engine;
  // An rmi of the image waits until it can see the mount.
  using _ = await lockImages(store);
  const image = requireImage(engine, text);
  const path = pathOf(store, image.id);
  if (!isMountPoint(path)) show(store, image, path);
  return { image, names: namesOf(store, image.id), path };
}

/** @returns the image; undefined when it was not shown @throws ProaError IMAGE_NOT_FOUND */
export async function unmountImage(engine: Engine, text: string): Promise<ImageRecord | undefined> {
  const image = requireImage(engine, text);
  using held = await lockImages(engine.store);
  return hideImage(engine.store, image.id, held) ? image : undefined;
}

/** The images that are shown, by their names. */
export function listMountedImages({ store }: Engine): MountedImage[] {
  return shownIds(store)
    .flatMap((id) => readImage(store, id) ?? [])
    .map((image) => ({ image, names: namesOf(store, image.id), path: pathOf(store, image.id) }))
    .sort((a, b) => ((a.names[0] ?? a.image.id) < (b.names[0] ?? b.image.id) ? -1 : 1));
}

export function isImageShown(store: Store, id: Digest): boolean {
  return isMountPoint(pathOf(store, id));
}

/** @param _held the lock of the images @returns whether it was shown */
export function hideImage(store: Store, id: Digest, _held: Lock): boolean {
  const path = pathOf(store, id);
  if (!isMountPoint(path)) return false;
  unmountOverlay(path);
  rmdirSync(path);
  return true;
}

function show(store: Store, { diffIds }: ImageRecord, path: string): void {
  requireLayers(store, diffIds);
  const lower = lowerDirs(store, diffIds);
  // Without an upper folder the kernel wants two lower ones.
  for (const name of ['one', 'two'].slice(0, Math.max(0, 2 - lower.length))) {
    lower.push(`${folderOf(store)}/empty/${name}`);
    mkdirSync(lower.at(-1)!, { recursive: true, mode: 0o755 });
  }
  mkdirSync(path, { recursive: true, mode: 0o700 });
  mountOverlay({ lower, target: path, userxattr: store.xattrPrefix === 'user' });
}

function shownIds(store: Store): Digest[] {
  try {
    return readdirSync(folderOf(store))
      .filter((name) => /^[0-9a-f]{64}$/.test(name))
      .map((name) => `sha256:${name}` as Digest)
      .filter((id) => isImageShown(store, id));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return []; // none ever was
    throw error;
  }
}

function folderOf(store: Store): string {
  return `${store.runRoot}/image-mounts`;
}

function pathOf(store: Store, id: Digest): string {
  return `${folderOf(store)}/${digestHex(id)}`;
}
