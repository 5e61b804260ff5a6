/**
 * What is done in the network namespace of the bridges, which for root is the host's: containers come and go. All of it
 * takes and gives JSON, so that for a user it can be done by a process in there (host-network.ts).
 */

import { hasCode } from '../../core/error.ts';
import { type Lock, tryLock } from '../../core/lock.ts';
import { withdrawNames } from '../../netns/dns.ts';
import { makeEndpoint } from '../../netns/endpoint.ts';
import { openPorts, publishPorts, unpublishPorts } from '../../netns/firewall.ts';
import {
  announce,
  freeInterface,
  publishedTarget,
  releaseEndpoint,
  setUpNetwork,
  tearDownNetwork,
  withEndpoints,
} from '../../netns/network.ts';
import { findNetwork } from '../../netns/networks.ts';
import type { Containers } from '../../netns/port-reservations.ts';
import { redirectPorts } from '../../netns/port-reservations.ts';
import type { PortMapping } from '../../netns/ports.ts';
import type { Endpoint } from '../../netns/status.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import { type ContainerConfig, type NetworkAttachment, readContainer } from '../../storage/containers.ts';
import { lockNetwork } from '../../storage/networks.ts';
import { namespacePath, type Store } from '../../storage/store.ts';
import { hasLivingProcess, needsCleanup } from '../container/state.ts';
import { attachmentsOf } from './attachments.ts';
import type { Link } from './links.ts';
import { isDefaultNetwork, liveNetwork, networkNotFound, reservedSubnets } from './live.ts';

/** A container as far as its networks need it. */
export type Wired = Pick<ContainerConfig, 'id' | 'name' | 'network'>;

/** Connects a container that starts to all its networks. @throws as setUpNetwork; NETWORK_NOT_FOUND */
export async function wireContainer(
  store: Store,
  config: Wired,
  ports: readonly PortMapping[],
  links: readonly Link[] = [],
): Promise<NetworkStatus> {
  const attachments = attachmentsOf(config);
  using _ = await keepNetworks(store, attachments);
  const status = await setUpNetwork({
    ...common(store, config),
    mode: 'bridge',
    ports,
    endpoints: attachments.map(({ name, ...wanted }) => ({
      ...wanted,
      network: isDefaultNetwork(name) ? undefined : liveNetwork(store, name),
    })),
    reserved: () => reservedSubnets(store),
  });
  return links.length === 0 ? status : openLinks(store, config.id, status, links);
}

/** Lets a container call what it is linked to where containers do not reach each other. */
function openLinks(store: Store, id: string, status: NetworkStatus, links: readonly Link[]): NetworkStatus {
  const opened = links.flatMap(({ network, ip: to, ports }) => {
    const from = endpointsOf(status).find((endpoint) => endpoint.network === network);
    if (findNetwork(store.runRoot, network)?.icc !== false) return [];
    return ports.map((port) => ({ from: (to.includes(':') ? from?.ip6 : from?.ip) ?? '', to, ...port }));
  });
  try {
    openPorts(opened);
  } catch (error) {
    unwireContainer(store, id, status);
    throw error;
  }
  return opened.length === 0 ? status : { ...status, opened };
}

/** Connects a running container to one more network. @returns its status then */
export async function wireEndpoint(
  store: Store,
  config: Wired,
  attachment: NetworkAttachment,
  status: NetworkStatus,
): Promise<NetworkStatus> {
  using _ = await keepNetworks(store, [attachment]);
  const { runRoot } = store;
  const { id } = config;
  const before = endpointsOf(status);
  const place = {
    ...common(store, config),
    hairpin: status.ports.length > 0,
    order: before.length,
  };
  const { name: network, ...wanted } = attachment;
  const request = { ...wanted, network: liveNetwork(store, network) };
  using undo = new DisposableStack();
  const made = makeEndpoint(place, request, wanted.interfaceName ?? freeInterface(before));
  undo.defer(() => releaseEndpoint(runRoot, id, place.netnsPath, made));
  const endpoints = [...before, made];
  if (request.network.dns) {
    undo.defer(() => withdrawNames(runRoot, id, network));
    announce(place, [made]);
  }
  redirect(store, id, status, before, endpoints);
  undo.move();
  return withEndpoints(runRoot, status, endpoints);
}

/** Takes a running container out of a network. @returns its status then */
export function unwireEndpoint(
  store: Store,
  { id }: Pick<Wired, 'id'>,
  network: string,
  status: NetworkStatus,
): NetworkStatus {
  const { runRoot } = store;
  const before = endpointsOf(status);
  const gone = before.find((endpoint) => endpoint.network === network);
  if (gone === undefined) return status;
  const endpoints = before.filter((endpoint) => endpoint !== gone);
  redirect(store, id, status, before, endpoints);
  withdrawNames(runRoot, id, network);
  releaseEndpoint(runRoot, id, netnsPath(store, id), gone);
  return withEndpoints(runRoot, status, endpoints);
}

/** Makes a running container's names known anew, after another name was given to it. */
export function announceContainer(store: Store, config: Wired, status: NetworkStatus): void {
  announce(common(store, config), endpointsOf(status));
}

/** {@link tearDownNetwork} of a container. */
export function unwireContainer(store: Store, id: string, status?: NetworkStatus): void {
  tearDownNetwork({ id, runRoot: store.runRoot, netnsPath: netnsPath(store, id), status });
}

/** Where a container's namespace is pinned. */
export function netnsPath(store: Store, id: string): string {
  return namespacePath(store, id);
}

/** Whom reservations and leases may belong to. */
export function holders(store: Store): Containers {
  return { isAlive: (id) => mayHold(store, id), describe: (id) => nameOf(store, id) };
}

function common(store: Store, { id, name, network }: Wired) {
  return {
    id,
    runRoot: store.runRoot,
    netnsPath: netnsPath(store, id),
    containers: holders(store),
    names: [name],
    dnsServers: (network.dns?.servers ?? []).filter((server) => server !== 'none'),
  };
}

/** Leads published ports to where they belong now. */
function redirect(
  { runRoot }: Store,
  id: string,
  { ports }: NetworkStatus,
  before: readonly Endpoint[],
  after: readonly Endpoint[],
): void {
  if (ports.length === 0) return;
  const [from, to] = [publishedTarget(runRoot, before), publishedTarget(runRoot, after)];
  if (from?.ip === to?.ip) return;
  if (from !== undefined) unpublishPorts({ ip: from.ip, ports });
  redirectPorts(runRoot, { id, ip: to?.ip ?? '' }, ports);
  if (to !== undefined) publishPorts(runRoot, to.network, { ip: to.ip, ports });
}

/** Shared locks, so that nobody removes a network meanwhile. */
async function keepNetworks(store: Store, attachments: readonly NetworkAttachment[]): Promise<Disposable> {
  using locks = new DisposableStack();
  for (const { name } of attachments) {
    if (!isDefaultNetwork(name)) locks.use(await keep(store, name));
  }
  return locks.move();
}

async function keep(store: Store, name: string): Promise<Lock> {
  try {
    return await lockNetwork(store, name, 'shared');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw networkNotFound(name);
    throw error;
  }
}

/** Whether a container may still hold addresses and ports: it runs, or its clean-up is to come. */
function mayHold(store: Store, id: string): boolean {
  const container = readContainer(store, id);
  if (container === undefined) return isBuilding(store, id);
  // Without a record of running it may be on its way up: its folder stands, so its start or its failure will tell.
  return (
    hasLivingProcess(container.state) || needsCleanup(container.state) || container.state.status === 'created'
  );
}

/** The containers of a build's steps have no record, but a folder that the build holds locked. */
function isBuilding(store: Store, id: string): boolean {
  try {
    using held = tryLock(`${store.tmp}/${id}`);
    return held === undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function nameOf(store: Store, id: string): string {
  return readContainer(store, id)?.config.name ?? id.slice(0, 12);
}
