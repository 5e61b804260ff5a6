/** From what was asked for, other containers' mounts and the image's volumes to the mounts a container has. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { hasCode, messageOf, ProaError } from '../../core/error.ts';
import { containerPath } from '../../oci/model/runtime-spec/mount-options.ts';
import type { ContainerMount } from '../../storage/containers.ts';
import { requireImage } from '../../storage/images.ts';
import { validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import { ensureVolume, volumeDataPath } from '../../storage/volumes.ts';
import { removeAnonymousVolumes } from './anonymous-volumes.ts';
import { checkKernelPlace } from './kernel-places.ts';
import { type MountRequest, mountTarget } from './mount-request.ts';

export interface ResolveOptions {
  /** Mounts of other containers (--volumes-from); what the container asks for itself comes before. */
  inherited?: readonly ContainerMount[];
  /** What becomes of the image's volumes (--image-volume); anonymous volumes when left out. */
  imageVolumes?: ImageVolumeMode | undefined;
}

/** `bind` is Podman's word for anonymous volumes. */
export const IMAGE_VOLUME_MODES = ['anonymous', 'bind', 'tmpfs', 'ignore'] as const;
export type ImageVolumeMode = (typeof IMAGE_VOLUME_MODES)[number];

/**
 * The container's mounts. Volumes that do not exist are made; missing host folders of `-v` too, as Docker does.
 * @param imageVolumes paths that the image declares as volumes; those that nothing else is mounted on get one
 * @throws ProaError INVALID_MOUNT for two mounts on one place; MOUNT_SOURCE_MISSING; IMAGE_NOT_FOUND; no anonymous
 *   volume is left then
 */
export function resolveMounts(
  store: Store,
  requests: readonly MountRequest[],
  imageVolumes: readonly string[],
  { inherited = [], imageVolumes: mode = 'anonymous' }: ResolveOptions = {},
): ContainerMount[] {
  const asked = requests.flatMap((request) => (request.type === 'glob' ? expandGlob(request) : [request]));
  const seen = new Set<string>();
  for (const { destination } of asked) {
    if (seen.has(destination)) {
      throw new ProaError('INVALID_MOUNT', `Duplicate mount point: ${destination}`);
    }
    seen.add(destination);
  }
  // Of several containers the last one wins, as with Docker.
  const kept = new Map(
    inherited.filter(({ destination }) => !seen.has(destination)).map((mount) => [mount.destination, mount]),
  );
  const declared = mode === 'ignore' ? [] : imageVolumes.map(containerPath);
  const own = declared
    .filter((destination) => !seen.has(destination) && !kept.has(destination))
    .map((destination) => imageVolume(destination, mode));
  // All can be refused before anything is made.
  for (const request of [...asked, ...own]) checkKernelPlace(request);
  for (const request of asked) checkSource(store, request);
  const mounts: ContainerMount[] = [];
  try {
    for (const request of [...asked, ...own]) mounts.push(resolveMount(store, request));
    return [...kept.values(), ...mounts];
  } catch (error) {
    removeAnonymousVolumes(store, { mounts });
    throw error;
  }
}

function imageVolume(destination: string, mode: ImageVolumeMode): MountRequest {
  const type = mode === 'tmpfs' ? 'tmpfs' : 'volume';
  return { type, source: '', destination, options: [], createSource: true, origin: 'image' };
}

/** A bind mount for each path that the pattern matches, below the destination, or where it is on the host. */
function expandGlob(request: MountRequest): MountRequest[] {
  const { source, destination } = request;
  // From the first folder without a special character on, so that nothing else is searched.
  const fixed = /^(?:[^*?[{\\]*\/)?/.exec(source)![0];
  const found = existsSync(fixed)
    ? [...new Bun.Glob(source.slice(fixed.length)).scanSync({ cwd: fixed, onlyFiles: false, dot: true })]
    : [];
  if (found.length === 0) {
    throw new ProaError('MOUNT_SOURCE_MISSING', `mount ${source}: no path on this host matches`);
  }
  return found.sort().map((name) => {
    const path = `${fixed}${name}`;
    const target = destination === '' ? path : `${destination}/${name.slice(name.lastIndexOf('/') + 1)}`;
    return { ...request, type: 'bind', source: path, destination: mountTarget(target, `mount ${source}`) };
  });
}

function checkSource(store: Store, request: MountRequest): void {
  if (request.type === 'image') requireImage(store, request.source);
  if (request.type === 'volume' && request.source !== '') validateName(request.source, 'volume');
  if (request.type !== 'bind' || isThere(request) || request.createSource) return;
  throw new ProaError(
    'MOUNT_SOURCE_MISSING',
    `invalid mount config for type "bind": bind source path does not exist: ${request.source}`,
    { hint: `mkdir -p ${request.source}, or use -v, which makes it` },
  );
}

function isThere({ source, destination }: MountRequest): boolean {
  try {
    return statSync(source, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (!hasCode(error, 'EACCES')) throw error;
    throw new ProaError(
      'MOUNT_SOURCE_DENIED',
      `mount ${source} on ${destination}: this user may not reach it`,
      {
        cause: error,
        hint: `namei -l ${source} shows which folder on the way is closed to it`,
      },
    );
  }
}

function makeSource({ source, destination }: MountRequest): void {
  try {
    mkdirSync(source, { recursive: true });
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    const why = `it is not there, and this user may not make it: ${messageOf(error)}`;
    throw new ProaError('MOUNT_SOURCE_DENIED', `mount ${source} on ${destination}: ${why}`, { cause: error });
  }
}

function resolveMount(store: Store, request: MountRequest): ContainerMount {
  const { type, destination, options } = request;
  const origin = request.origin && { origin: request.origin };
  switch (type) {
    case 'bind':
      if (!isThere(request)) makeSource(request);
      return { type, source: request.source, destination, options, ...origin };
    case 'volume': {
      const anonymous = request.source === '';
      const name = request.source || Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
      const { driver } = ensureVolume(store, name, { anonymous, labels: request.labels ?? {} });
      const place = { source: volumeDataPath(store, name), destination, options };
      return { type, ...place, volume: name, ...(driver === 'image' && { driver }), ...origin };
    }
    case 'image': {
      const { id, diffIds } = requireImage(store, request.source);
      const image = { id, diffIds: [...diffIds] };
      return { type, source: request.source, destination, options, image, ...origin };
    }
    case 'glob':
      throw new TypeError('a glob is expanded before');
    default:
      return { type, source: type, destination, options, ...origin };
  }
}
