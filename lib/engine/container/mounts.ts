/** From `-v`, `--tmpfs` and the image's volumes to the mounts a container has. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { normalize } from 'node:path/posix';
import { ProaError } from '../../core/error.ts';
import { containerPath, parseTmpfs } from '../../oci/model/runtime-spec/mount-options.ts';
import type { ContainerMount } from '../../storage/containers.ts';
import { validateName } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';
import { ensureVolume, volumeDataPath } from '../../storage/volumes.ts';
import { removeAnonymousVolumes } from './anonymous-volumes.ts';

/** A mount as it was asked for. */
export interface MountRequest {
  type: 'bind' | 'volume' | 'tmpfs';
  /** Bind: a host path. Volume: its name; empty for an anonymous one. */
  source: string;
  destination: string;
  options: string[];
  /** `-v` makes a missing host folder, `--mount` does not. */
  createSource: boolean;
}

const VOLUME_OPTIONS = new Set(
  'ro rw z Z U O nocopy copy exec noexec suid nosuid dev nodev private rprivate shared rshared slave rslave rbind bind delegated cached consistent'.split(
    ' ',
  ),
);

/**
 * Parses `-v [SOURCE:]DESTINATION[:OPTIONS]`. A source that begins with `/`, `.` or `~` is a host path, any other one a
 * volume's name.
 * @throws ProaError INVALID_MOUNT
 */
export function parseVolumeOption(text: string, cwd: string): MountRequest {
  const parts = text.split(':');
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_MOUNT', `use volume ${JSON.stringify(text)}: ${why}`, {
      hint: 'Write -v /host/path:/container/path[:ro] or -v NAME:/container/path',
    });
  if (parts.length > 3) throw fail('too many colons');
  const [source, destination, options] =
    parts.length === 1 ? ['', parts[0]!, ''] : [parts[0]!, parts[1]!, parts[2] ?? ''];
  if (parts.length > 1 && source === '') throw fail('the source is empty');
  const words = options === '' ? [] : options.split(',');
  const unknown = words.find((word) => !VOLUME_OPTIONS.has(word));
  if (unknown !== undefined) throw fail(`unknown option ${JSON.stringify(unknown)}`);
  const host = /^[/.~]/.test(source);
  return {
    type: host ? 'bind' : 'volume',
    source: host ? hostPath(source, cwd) : source,
    destination: containerPath(destination),
    options: words,
    createSource: true,
  };
}

/** `--tmpfs DESTINATION[:OPTIONS]`. @throws ProaError INVALID_MOUNT */
export function parseTmpfsOption(text: string): MountRequest {
  const { destination, options } = parseTmpfs(text);
  return { type: 'tmpfs', source: 'tmpfs', destination, options: options ?? [], createSource: false };
}

/**
 * The container's mounts: what was asked for, and an anonymous volume for each VOLUME of the image that nothing else
 * is mounted on. Volumes that do not exist are made; missing host folders of `-v` too, as Docker does.
 * @throws ProaError INVALID_MOUNT for two mounts on one place; MOUNT_SOURCE_MISSING; no anonymous volume is left then
 */
export function resolveMounts(
  store: Store,
  requests: readonly MountRequest[],
  imageVolumes: readonly string[],
): ContainerMount[] {
  const seen = new Set<string>();
  for (const { destination } of requests) {
    if (seen.has(destination)) {
      throw new ProaError('INVALID_MOUNT', `mount on ${destination}: it is given twice`);
    }
    seen.add(destination);
  }
  const anonymous = imageVolumes
    .map(containerPath)
    .filter((destination) => !seen.has(destination))
    .map(
      (destination): MountRequest => ({
        type: 'volume',
        source: '',
        destination,
        options: [],
        createSource: true,
      }),
    );
  // All can be refused before anything is made.
  for (const request of requests) checkSource(request);
  const mounts: ContainerMount[] = [];
  try {
    for (const request of [...requests, ...anonymous]) mounts.push(resolveMount(store, request));
    return mounts;
  } catch (error) {
    removeAnonymousVolumes(store, { mounts });
    throw error;
  }
}

function checkSource(request: MountRequest): void {
  if (request.type === 'volume' && request.source !== '') validateName(request.source, 'volume');
  if (request.type !== 'bind' || request.createSource || existsSync(request.source)) return;
  throw new ProaError(
    'MOUNT_SOURCE_MISSING',
    `mount ${request.source}: no such file or directory on this host`,
  );
}

function resolveMount(store: Store, request: MountRequest): ContainerMount {
  const { type, destination, options } = request;
  if (type === 'tmpfs') return { type, source: 'tmpfs', destination, options };
  if (type === 'bind') {
    if (statSync(request.source, { throwIfNoEntry: false }) === undefined)
      mkdirSync(request.source, { recursive: true });
    return { type, source: request.source, destination, options };
  }
  const name = request.source || Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  ensureVolume(store, name, { anonymous: request.source === '' });
  return { type, source: volumeDataPath(store, name), destination, options, volume: name };
}

function hostPath(source: string, cwd: string): string {
  if (source.startsWith('/')) return tidy(source);
  if (source === '~' || source.startsWith('~/')) return tidy(`${process.env.HOME ?? ''}/${source.slice(1)}`);
  return tidy(`${cwd}/${source}`);
}

/** Normal form without a trailing slash. */
function tidy(path: string): string {
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
