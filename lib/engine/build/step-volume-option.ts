/** Podman's `-v` of a build, as text. */
import { ProaError } from '../../core/error.ts';
import type { MountRequest } from '../container/mount-request.ts';
import { parseVolumeOption } from '../container/volume-option.ts';

/** @param text `HOST:CONTAINER[:OPTIONS]` @throws ProaError INVALID_MOUNT */
export function parseStepVolume(text: string): MountRequest {
  const request = parseVolumeOption(text, process.cwd());
  if (request.type !== 'bind') {
    throw new ProaError('INVALID_MOUNT', `mount ${text}: a build sees no volumes, only paths of the host`, {
      hint: 'For what is to stay between builds: RUN --mount=type=cache,target=DIR',
    });
  }
  if (request.options.includes('O')) {
    throw new ProaError('INVALID_MOUNT', `mount ${text}: nothing keeps what would be written over it`, {
      hint: 'In the Dockerfile: RUN --mount=type=bind,from=NAME,rw with --build-context NAME=DIR',
    });
  }
  return { ...request, createSource: false };
}
