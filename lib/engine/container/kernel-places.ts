/**
 * Places in a container that belong to the kernel. The runtimes check there what they have set up, and hide and lock parts
 * of /proc with what they find in /dev: whoever decides what lies there decides whether they do (CVE-2019-16884,
 * CVE-2023-27561, CVE-2025-31133).
 */
import { existsSync, realpathSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { pathInRoot } from '../../core/rooted.ts';
import type { MountRequest } from './mount-request.ts';

/** Volumes and images come with content that an image chose. Single devices and folders in /dev may be replaced. */
const NOT_FOR_CONTENT = /^\/(?:dev|(?:proc|sys)(?:\/.*)?)$/;

/**
 * Refuses a mount that would take the kernel's place.
 * @throws ProaError INVALID_MOUNT
 */
export function checkKernelPlace({ type, source, destination, origin }: MountRequest): void {
  const byImage = origin === 'image';
  if (!isTaken(byImage ? 'volume' : type, source, destination)) return;
  throw new ProaError('INVALID_MOUNT', `mount ${type} on ${destination}: that is the kernel's place`, {
    hint: byImage
      ? 'The image declares it as a volume: --image-volume=ignore leaves its volumes out'
      : 'Only a bind mount of the same place of this host may stand there',
  });
}

function isTaken(type: string, source: string, destination: string): boolean {
  if (type === 'volume' || type === 'image') return NOT_FOR_CONTENT.test(destination);
  if (destination !== '/proc') return false;
  return type !== 'bind' || !existsSync(source) || !/^\/proc(\/|$)/.test(realpathSync(source));
}

/**
 * Refuses a working folder that leads through the open files of a process, as that may be a runtime's, which has folders of
 * the host open (CVE-2024-21626). Links that lead there are looked through in the image's own files.
 * @throws ProaError INVALID_WORKDIR
 */
export function checkWorkingFolder(folder: string, root?: string): void {
  const place = root === undefined ? folder : (pathInRoot(root, folder) ?? folder);
  if (!/^\/+proc\/+(self|thread-self|\d+)\/+(task\/+\d+\/+)?(fd|cwd|root|map_files)(\/|$)/.test(place))
    return;
  throw new ProaError(
    'INVALID_WORKDIR',
    `use working directory ${folder}: it leads through the open files of a process`,
  );
}
