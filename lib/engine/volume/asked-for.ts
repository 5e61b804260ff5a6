/** Volumes of `run` and `create` that a driver's options make more than folders. */
import type { ContainerMount } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import type { MountRequest } from '../container/mount-request.ts';
import { createVolume } from './create.ts';

/**
 * Volumes that are asked for with a driver's options, made unless they are there.
 * @param made takes those without a name, for when all comes to nothing
 * @returns the requests, each with a name
 */
export async function makeDriverVolumes(
  store: Store,
  requests: readonly MountRequest[],
  made: ContainerMount[],
): Promise<MountRequest[]> {
  const named: MountRequest[] = [];
  for (const request of requests) {
    const { driver, labels = {}, source, destination } = request;
    named.push(request);
    if (driver === undefined) continue;
    const { name, options } = driver;
    const anonymous = source === '';
    const volume = await createVolume(store, {
      name: anonymous ? undefined : source,
      driver: name,
      labels,
      options,
      anonymous,
    });
    if (!anonymous) continue;
    made.push({ type: 'volume', source: '', destination, options: [], volume: volume.name });
    named[named.length - 1] = { ...request, source: volume.name };
  }
  return named;
}
