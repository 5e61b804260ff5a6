/**
 * Which events the engine tells of, and what it says of them: Docker's actions and attributes, and where Docker tells
 * nothing, Podman's (`init`, `cleanup`, `mount`). See https://docs.docker.com/reference/cli/docker/system/events/.
 */

import { endpointsOf, type NetworkStatus } from '../netns/status.ts';
import { familiarName, familiarRepository, type Reference } from '../oci/model/reference.ts';
import type { ContainerConfig, ContainerMount } from '../storage/containers.ts';
import { type EventType, type NewEvent, writeEvents } from '../storage/events.ts';
import type { ImageRecord } from '../storage/images.ts';
import type { Store } from '../storage/store.ts';
import { networkNamesOf, wiringOf } from './network/attachments.ts';

type Attributes = Readonly<Record<string, string>>;

/** Tells of what happened, all at the same moment. Never fails: see {@link writeEvents}. */
export { writeEvents as tell } from '../storage/events.ts';

/** What events say of a container, and a name for its image that people gave. */
type Subject = Pick<ContainerConfig, 'id' | 'name' | 'labels' | 'image' | 'rootfs'>;

/** `attributes` go beside the container's labels, its image and its name. */
export function containerEvent(container: Subject, action: string, attributes: Attributes = {}): NewEvent {
  const { id, name, labels, image, rootfs } = container;
  return {
    type: 'container',
    action,
    id,
    attributes: { ...labels, image: image?.name ?? rootfs ?? '', name, ...attributes },
  };
}

/** {@link containerEvent}, told at once. */
export function tellContainer(
  store: Store,
  container: Subject,
  action: string,
  attributes: Attributes = {},
): void {
  writeEvents(store, containerEvent(container, action, attributes));
}

/** @param name the reference that it was done by; the id where Docker has that */
export function tellImage(
  store: Store,
  action: string,
  { id, labels }: Pick<ImageRecord, 'id' | 'labels'>,
  name: string = id,
): void {
  writeEvents(store, { type: 'image', action, id, attributes: { ...labels, name } });
}

/** A pull or a push, which Docker tells of by the name that was given. */
export function tellTransfer(
  store: Store,
  action: 'pull' | 'push',
  reference: Reference,
  { labels }: Pick<ImageRecord, 'labels'>,
): void {
  const attributes = { ...labels, name: familiarRepository(reference) };
  writeEvents(store, { type: 'image', action, id: familiarName(reference), attributes });
}

/** The end of a `prune`. @param reclaimed bytes */
export function tellPrune(store: Store, type: EventType, reclaimed: number): void {
  writeEvents(store, { type, action: 'prune', id: '', attributes: { reclaimed: String(reclaimed) } });
}

/** What Docker calls the drivers of its built-in networks. */
const NETWORK_DRIVERS: Readonly<Record<string, string>> = { none: 'null' };

/** Its networks and volumes come to a container (`connect`, `mount`) at its start, and go at its end. */
export function resourceEvents(
  { id, network, mounts }: Pick<ContainerConfig, 'id' | 'network' | 'mounts'>,
  status: Readonly<Record<string, unknown>> | undefined,
  comes: boolean,
): NewEvent[] {
  const places = endpointsOf(status as unknown as NetworkStatus | undefined);
  const volumes = mounts.filter(({ volume }) => volume !== undefined);
  return [
    // A namespace that is shared with another container, or was given by its path, is no network to connect to.
    ...networkNamesOf({ network }).map((name) => {
      const place = places.find((endpoint) => endpoint.network === name);
      return networkEvent(id, name, place?.networkId ?? name, comes ? 'connect' : 'disconnect');
    }),
    ...volumes.map((mount) => volumeEvent(id, mount, comes)),
  ];
}

/** A container comes to a network, or leaves it. */
export function networkEvent(
  container: string,
  name: string,
  id: string,
  action: 'connect' | 'disconnect',
): NewEvent {
  const type = wiringOf({ mode: name }) === 'bridge' ? 'bridge' : (NETWORK_DRIVERS[name] ?? name);
  return { type: 'network', action, id, attributes: { container, name, type } };
}

function volumeEvent(container: string, mount: ContainerMount, comes: boolean): NewEvent {
  const place = {
    destination: mount.destination,
    propagation: '',
    'read/write': String(!mount.options.includes('ro')),
  };
  return {
    type: 'volume',
    action: comes ? 'mount' : 'unmount',
    id: mount.volume!,
    attributes: { container, driver: mount.driver ?? 'local', ...(comes && place) },
  };
}
