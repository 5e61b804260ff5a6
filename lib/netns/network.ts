/**
 * A container's network: set up in a namespace that {@link createNamespace} made, and torn down again.
 *
 * Order is what makes a crash harmless: the address is leased first, ports are reserved with that address, and only
 * then packets are led there; undoing goes the other way. So whatever leads to a container is found by its lease and
 * its reservations, even when the container's own record was never written.
 */

import { existsSync } from 'node:fs';
import { ProaError } from '../core/error.ts';
import { signalProcess } from '../core/process-handle.ts';
import { removeTree } from '../core/sys/directory.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { removeBridge } from './bridge.ts';
import { announceNames, forgetNames, namedContainers, withdrawNames } from './dns.ts';
import { type EndpointRequest, makeEndpoint, removeInterface } from './endpoint.ts';
import { closePorts, publishPorts, removeFirewall, unpublishPorts } from './firewall.ts';
import { readFolder } from './folder.ts';
import { listLeases, releaseLease } from './leases.ts';
import { removeNamespace, wasJoined } from './namespace.ts';
import { NetlinkSocket } from './netlink.ts';
import {
  DEFAULT_NETWORK,
  defaultNetwork,
  findNetwork,
  listNetworks,
  type Network,
  networkFolder,
} from './networks.ts';
import { type Containers, listReservations, releasePorts, reservePorts } from './port-reservations.ts';
import type { PortMapping, PublishedPort } from './ports.ts';
import { addressesOf, type Endpoint, endpointsOf, type NetworkMode, type NetworkStatus } from './status.ts';
import { setUpUserNetwork } from './user-mode.ts';

export interface NetworkRequest {
  /** The container's id. */
  id: string;
  /** `bridge` stands for all networks that have a record, whatever makes their interfaces. */
  mode: NetworkMode;
  ports: readonly PortMapping[];
  runRoot: string;
  /** Made by {@link createNamespace}; not used by mode `host`. */
  netnsPath: string;
  /** Of mode `bridge`: the networks to connect to. Left out: the default one. */
  endpoints?: readonly (Omit<EndpointRequest, 'network'> & { network?: Network | undefined })[] | undefined;
  /** Of pasta; as {@link parseMacAddress} returns it. */
  mac?: string | undefined;
  /** pasta's arguments, or options for slirp4netns (see {@link parseSlirpOptions}). */
  helperOptions?: readonly string[] | undefined;
  /** Whom the container asks for names besides its networks' own. */
  dnsServers?: readonly string[] | undefined;
  /** The container's own names, in every network. */
  names?: readonly string[] | undefined;
  /** Subnets of networks that may come up later, which a new default network keeps clear of. */
  reserved?: (() => readonly string[]) | undefined;
  containers: Containers;
}

const INTERFACE = 'eth0';
const SIGTERM = 15;

/** A status with other endpoints, and what follows from them. */
export function withEndpoints(
  runRoot: string,
  status: NetworkStatus,
  endpoints: readonly Endpoint[],
): NetworkStatus {
  const { mode, ports, helper, opened } = status;
  const networks = endpoints
    .map(({ network }) => findNetwork(runRoot, network))
    .filter((found) => found !== undefined);
  const resolvers = networks.filter(({ dns, driver }) => dns && driver === 'bridge');
  const servers = resolvers
    .map(({ subnets }) => subnets.find(({ gateway }) => gateway !== undefined)?.gateway)
    .filter((server) => server !== undefined);
  // The gateway of a bridge is the host itself.
  const onHost = networks.find(({ driver }) => driver === 'bridge');
  const way = endpoints.find(({ network }) => network === onHost?.name);
  const hostAddress = onHost?.subnets.find(({ gateway }) => gateway !== undefined)?.gateway;
  const [first, ...further] = endpoints;
  return {
    mode,
    ...first,
    ...(further.length > 0 && { further }),
    ports,
    nameservers: servers,
    ...(servers.length > 0 && { resolvesAll: true }),
    ...(way !== undefined && hostAddress !== undefined && { hostAddress }),
    ...(helper && { helper }),
    ...(opened && { opened }),
  };
}

/**
 * Connects the container. All or nothing: what was made is undone when a later step fails. Modes other than `pasta`
 * do everything before the first await, so the promise is only a form. A network that a crash left for the same
 * container is to be torn down before.
 * @throws ProaError PORT_IN_USE and the others of {@link reservePorts}, NO_FREE_ADDRESS, NO_FREE_SUBNET, NFT_FAILED,
 *   PROGRAM_MISSING, PASTA_FAILED, DNS_FAILED, …
 */
export async function setUpNetwork(request: NetworkRequest): Promise<NetworkStatus> {
  if (request.mode === 'bridge') return setUpBridges(request);
  if (request.mode === 'pasta' || request.mode === 'slirp4netns') return setUpUserNetwork(request);
  const reachable = request.mode === 'host' ? { hostAddress: '127.0.0.1' } : {};
  return { mode: request.mode, ports: [], nameservers: [], ...reachable };
}

/**
 * Undoes {@link setUpNetwork} and {@link createNamespace}. What is gone already is fine, so it may be repeated, serves
 * after a crash half-way (without a status, leases and reservations tell what the container had) and after a reboot.
 * All steps are tried; the first failure is thrown at the end.
 */
export function tearDownNetwork(container: {
  id: string;
  runRoot: string;
  netnsPath: string;
  status?: NetworkStatus | undefined;
}): void {
  const { id, runRoot, netnsPath, status } = container;
  using steps = new DisposableStack();
  // Last in, first out: packets are no longer led to the container before its ports and address are free again.
  for (const { network, address } of leasesOf(container)) {
    steps.defer(() => releaseLease(runRoot, network, id, address));
  }
  for (const { ip, ports } of targetsOf(container)) {
    steps.defer(() => releasePorts(runRoot, id, ports));
    if (ip !== '') steps.defer(() => unpublishPorts({ ip, ports }));
  }
  if (status?.opened !== undefined) steps.defer(() => closePorts(status.opened!));
  steps.defer(() => removeNamespace(netnsPath));
  // Usually the interfaces go with the namespace.
  if (wasJoined(netnsPath) && leasesOf(container).length > 0) {
    const names = endpointsOf(status).map((endpoint) => endpoint.interface);
    for (const name of names.length > 0 ? names : [INTERFACE]) {
      steps.defer(() => removeInterface(netnsPath, name));
    }
  }
  if (existsSync(`${runRoot}/dns`)) steps.defer(() => withdrawNames(runRoot, id));
  const helper = status?.helper;
  if (helper !== undefined) steps.defer(() => signalProcess(helper, SIGTERM));
}

/**
 * The ids of all containers that hold an address, a port, a name or a namespace. Those that do not exist any more were
 * killed with their clean-up; {@link tearDownNetwork} without a status takes away what they hold.
 */
export function networkHolders(runRoot: string): Set<string> {
  return new Set([
    ...listNetworks(runRoot).flatMap((network) => [...listLeases(runRoot, network).values()]),
    ...listReservations(runRoot).map((reservation) => reservation.id),
    ...namedContainers(runRoot),
    // Beside a namespace there may be a helper's files, named after it.
    ...readFolder(`${runRoot}/netns`).map((name) => name.replace(/\..*/, '')),
  ]);
}

/** Removes a network from the host: bridge, firewall, leases, names. For when no container uses it. */
export function removeNetwork(runRoot: string, name: string): void {
  const network = findNetwork(runRoot, name);
  if (network === undefined) return;
  forgetNames(runRoot, name);
  if (network.driver === 'bridge') {
    removeFirewall(network);
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    removeBridge(socket, network);
  }
  removeTree(networkFolder(runRoot, name));
}

/** {@link removeNetwork} of all that are up. */
export function removeAllNetworks(runRoot: string): void {
  for (const { name } of listNetworks(runRoot)) removeNetwork(runRoot, name);
  for (const folder of ['networks', 'ports', 'dns']) removeTree(`${runRoot}/${folder}`);
}

function setUpBridges(request: NetworkRequest): NetworkStatus {
  const { id, runRoot, netnsPath, containers } = request;
  const wanted = (request.endpoints ?? [{}]).map((endpoint) => ({
    ...endpoint,
    network: endpoint.network ?? defaultNetwork(runRoot, request.reserved),
  }));
  using undo = new DisposableStack();
  const hairpin = request.ports.length > 0;
  const endpoints: Endpoint[] = [];
  for (const endpoint of wanted) {
    const name = endpoint.interfaceName ?? freeInterface(endpoints, wanted);
    const place = { id, runRoot, netnsPath, containers, hairpin, order: endpoints.length };
    const made = makeEndpoint(place, endpoint, name);
    undo.defer(() => releaseEndpoint(runRoot, id, netnsPath, made));
    endpoints.push(made);
  }
  const target = publishedTarget(runRoot, endpoints);
  checkFamilies(request.ports, target);
  const mappings = request.ports.map((mapping) => ({
    ...mapping,
    hostIp: mapping.hostIp || (target?.network.hostBinding ?? ''),
  }));
  const ip = target?.ip ?? '';
  const { ports, displaced } = reservePorts(
    runRoot,
    { id, ip },
    target === undefined ? [] : mappings,
    containers,
  );
  undo.defer(() => releasePorts(runRoot, id, ports));
  for (const stale of displaced) if (stale.ip !== '') unpublishPorts({ ip: stale.ip, ports: [stale] });
  undo.defer(() => unpublishPorts({ ip, ports }));
  if (target !== undefined) publishPorts(runRoot, target.network, { ip, ports });
  const status = withEndpoints(runRoot, { mode: 'bridge', ports, nameservers: [] }, endpoints);
  if (wanted.some(({ network }) => network.dns)) {
    undo.defer(() => withdrawNames(runRoot, id));
    announce(request, endpoints);
  }
  undo.move();
  return status;
}

/** What it takes to make a container's names known in networks that it is in. */
export function announce(
  {
    id,
    runRoot,
    netnsPath,
    names = [],
    dnsServers = [],
  }: Pick<NetworkRequest, 'id' | 'runRoot' | 'netnsPath' | 'names' | 'dnsServers'>,
  endpoints: readonly Endpoint[],
): void {
  const named = endpoints.flatMap((endpoint) => {
    const network = findNetwork(runRoot, endpoint.network);
    const all = [...names, ...(endpoint.aliases ?? []), id.slice(0, 12)];
    return network === undefined ? [] : [{ network, endpoint, names: all, servers: dnsServers }];
  });
  announceNames(runRoot, { id, netnsPath }, named);
}

/** Interface and addresses of one network go. */
export function releaseEndpoint(runRoot: string, id: string, netnsPath: string, endpoint: Endpoint): void {
  const network = findNetwork(runRoot, endpoint.network);
  using steps = new DisposableStack();
  for (const address of addressesOf(endpoint)) {
    if (network !== undefined) steps.defer(() => releaseLease(runRoot, network, id, address));
  }
  steps.defer(() => removeInterface(netnsPath, endpoint.interface));
}

/** `eth0`, `eth1`, …: the first that is neither there nor asked for. */
export function freeInterface(
  endpoints: readonly Pick<Endpoint, 'interface'>[],
  wanted: readonly { interfaceName?: string | undefined }[] = [],
): string {
  const taken = new Set([
    ...endpoints.map((endpoint) => endpoint.interface),
    ...wanted.map(({ interfaceName }) => interfaceName),
  ]);
  for (let i = 0; ; i++) if (!taken.has(`eth${i}`)) return `eth${i}`;
}

/**
 * Where published ports lead: the first bridge with a way out, and the container's addresses there, with a comma between
 * them. Undefined without any; then nothing is published, as with Docker.
 */
export function publishedTarget(
  runRoot: string,
  endpoints: readonly Endpoint[],
): { network: Network; ip: string } | undefined {
  for (const { network: name, ip, ip6 } of endpoints) {
    const network = findNetwork(runRoot, name);
    if (network === undefined || network.driver !== 'bridge' || network.internal) continue;
    return { network, ip: [ip, ip6].filter((address) => address !== undefined).join(',') };
  }
  return undefined;
}

/** @throws ProaError NO_IPV6 for a port on an IPv6 address of the host where the container has none */
function checkFamilies(
  ports: readonly PortMapping[],
  target: { network: Network; ip: string } | undefined,
): void {
  if (target === undefined || target.ip.includes(':')) return;
  const port = ports.find(({ hostIp }) => hostIp.includes(':'));
  if (port === undefined) return;
  const name =
    target.network.name === DEFAULT_NETWORK ? 'the default network' : `network ${target.network.name}`;
  throw new ProaError('NO_IPV6', `publish on [${port.hostIp}]: ${name} has no IPv6`, {
    hint: 'publish on an IPv4 address, or leave the address out',
  });
}

type Container = Parameters<typeof tearDownNetwork>[0];

function leasesOf({ id, runRoot, status }: Container): { network: Network; address: string }[] {
  if (status !== undefined) {
    return endpointsOf(status).flatMap((endpoint) => {
      const network = findNetwork(runRoot, endpoint.network);
      return network === undefined ? [] : addressesOf(endpoint).map((address) => ({ network, address }));
    });
  }
  return listNetworks(runRoot).flatMap((network) =>
    [...listLeases(runRoot, network)]
      .filter(([, holder]) => holder === id)
      .map(([address]) => ({ network, address })),
  );
}

function targetsOf({ id, runRoot, status }: Container): { ip: string; ports: readonly PublishedPort[] }[] {
  if (status !== undefined) {
    const ip = publishedTarget(runRoot, endpointsOf(status))?.ip ?? '';
    return [{ ip, ports: status.ports }];
  }
  const own = listReservations(runRoot).filter((reservation) => reservation.id === id);
  return [...Map.groupBy(own, (reservation) => reservation.ip)].map(([ip, ports]) => ({ ip, ports }));
}
