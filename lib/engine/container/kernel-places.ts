/**
 * Places in a container that belong to the kernel. The runtimes check there what they have set up, and hide and lock parts
 * of /proc with what they find in /dev: whoever decides what lies there decides whether they do (CVE-2019-16884,
 * CVE-2023-27561, CVE-2025-31133).
 */
import { existsSync, realpathSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
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
