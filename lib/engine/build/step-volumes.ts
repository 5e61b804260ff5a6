/** Podman's `-v` of a build: folders and files of the host that every RUN sees. */
import type { ContainerMount } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { resolveMounts } from '../container/mounts.ts';
import { parseStepVolume } from './step-volume-option.ts';

/** @param texts `HOST:CONTAINER[:OPTIONS]` @throws ProaError INVALID_MOUNT, MOUNT_SOURCE_MISSING */
export function stepVolumes(store: Store, texts: readonly string[]): ContainerMount[] {
  if (texts.length === 0) return [];
  return resolveMounts(store, texts.map(parseStepVolume), []);
}
