/**
 * A container's network: set up in a namespace that {@link createNamespace} made, and torn down again.
 *
 * Order is what makes a crash harmless: the address is leased first, ports are reserved with that address, and only
 * then packets are led there; undoing goes the other way. So whatever leads to a container is found by its lease and
 * its reservations, even when the container's own record was never written.
 */

import { hasCode, ProaError } from '../core/error.ts';
import { signalProcess } from '../core/process-handle.ts';
import { missingProgram, tryFindProgram } from '../core/programs.ts';
import { removeTree } from '../core/sys/directory.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { listGlobalAddresses } from './addresses.ts';
import { attachToBridge, ensureBridge, macFor, removeBridge } from './bridge.ts';
import { ensureFirewall, publishPorts, removeFirewall, unpublishPorts } from './firewall.ts';
import type { NetworkHelper } from './helper.ts';
import { ipFromBytes, parseSubnet } from './ip.ts';
import { listLeases, readFolder, releaseLease, takeAddress, takeLease } from './leases.ts';
import { deleteLinkMessage, listLinks } from './links.ts';
import { removeNamespace, wasJoined } from './namespace.ts';
import { NetlinkSocket } from './netlink.ts';
import { defaultNetwork, findDefaultNetwork } from './networks.ts';
import { PASTA_DNS, PASTA_HOST, startPasta } from './pasta.ts';
import { type Containers, listReservations, releasePorts, reservePorts } from './port-reservations.ts';
import type { PortMapping, PublishedPort } from './ports.ts';
import { defaultRouteOf, listRoutes } from './routes.ts';
import { parseSlirpOptions, startSlirp } from './slirp.ts';

/** `pasta` is a user's own network, by slirp4netns where pasta is not installed and no options are given. */
export type NetworkMode = 'none' | 'host' | 'bridge' | 'pasta' | 'slirp4netns';

export interface NetworkRequest {
  /** The container's id. */
  id: string;
  mode: NetworkMode;
  ports: readonly PortMapping[];
  runRoot: string;
  /** Made by {@link createNamespace}; not used by mode `host`. */
  netnsPath: string;
  /** As {@link parseMacAddress} returns it. */
  mac?: string | undefined;
  /** A certain address; of mode `bridge` only. */
  ip?: string | undefined;
  /** The interface's name in the container; of mode `bridge` only. */
  interfaceName?: string | undefined;
  /** pasta's arguments, or options for slirp4netns (see {@link parseSlirpOptions}). */
  helperOptions?: readonly string[] | undefined;
  containers: Containers;
}

/** What a container's network is; JSON. Addresses are IPv4 text, absent for `none` and `host`. */
export interface NetworkStatus {
  mode: NetworkMode;
  /** The network's name and id, for `bridge`. */
  network?: string;
  networkId?: string;
  /** The interface in the container. */
  interface?: string;
  /** Its other end on the host, for `bridge`. */
  hostInterface?: string;
  ip?: string;
  prefix?: number;
  gateway?: string;
  mac?: string;
  ports: PublishedPort[];
  /** Name servers of the network itself, to be asked before the host's. */
  nameservers: string[];
  /** The address by which the container reaches its host; absent when there is none. */
  hostAddress?: string;
  helper?: NetworkHelper;
}

const INTERFACE = 'eth0';
const SIGTERM = 15;

/**
 * Connects the container. All or nothing: what was made is undone when a later step fails. Modes other than `pasta`
 * do everything before the first await, so the promise is only a form. A network that a crash left for the same
 * container is to be torn down before.
 * @throws ProaError PORT_IN_USE and the others of {@link reservePorts}, NO_FREE_ADDRESS, NO_FREE_SUBNET, NFT_FAILED,
 *   PROGRAM_MISSING, PASTA_FAILED, …
 */
export async function setUpNetwork(request: NetworkRequest): Promise<NetworkStatus> {
  if (request.mode === 'bridge') return setUpBridge(request);
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
  const network = findDefaultNetwork(runRoot);
  if (network !== undefined) {
    for (const address of addressesOf(container)) {
      steps.defer(() => releaseLease(runRoot, network, id, address));
    }
  }
  for (const { ip, ports } of targetsOf(container)) {
    steps.defer(() => releasePorts(runRoot, id, ports));
    if (ip !== '') steps.defer(() => unpublishPorts({ ip, ports }));
  }
  steps.defer(() => removeNamespace(netnsPath));
  // Usually the interface goes with the namespace.
  if (wasJoined(netnsPath) && network !== undefined)
    steps.defer(() => disconnect(netnsPath, status?.interface));
  const helper = status?.helper;
  if (helper !== undefined) steps.defer(() => signalProcess(helper, SIGTERM));
}

/** Takes the interface out of a namespace that others are still in: its address will be another container's. */
function disconnect(netnsPath: string, name = INTERFACE): void {
  let inside: NetlinkSocket;
  try {
    inside = inNetworkNamespace(netnsPath, () => NetlinkSocket.open(NETLINK_ROUTE));
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return; // it is not pinned any more, as after a reboot
    throw error;
  }
  using socket = inside;
  socket.run(`disconnect ${name}`, [deleteLinkMessage(name)], ['ENODEV']);
}

/**
 * The ids of all containers that hold an address, a port or a namespace. Those that do not exist any more were killed
 * with their clean-up; {@link tearDownNetwork} without a status takes away what they hold.
 */
export function networkHolders(runRoot: string): Set<string> {
  const network = findDefaultNetwork(runRoot);
  return new Set([
    ...(network === undefined ? [] : listLeases(runRoot, network).values()),
    ...listReservations(runRoot).map((reservation) => reservation.id),
    // Beside a namespace there may be a helper's files, named after it.
    ...readFolder(`${runRoot}/netns`).map((name) => name.replace(/\..*/, '')),
  ]);
}

/** Removes the default network from the host: bridge, firewall, leases. For when no container uses it. */
export function removeDefaultNetwork(runRoot: string): void {
  const network = findDefaultNetwork(runRoot);
  if (network !== undefined) {
    removeFirewall(network);
    using socket = NetlinkSocket.open(NETLINK_ROUTE);
    removeBridge(socket, network);
  }
  removeTree(`${runRoot}/networks`);
  removeTree(`${runRoot}/ports`);
}

function setUpBridge(request: NetworkRequest): NetworkStatus {
  const { id, runRoot, netnsPath, containers } = request;
  for (const { hostIp } of request.ports) {
    if (hostIp.includes(':')) {
      throw new ProaError('NO_IPV6', `publish on [${hostIp}]: the default network has no IPv6`, {
        hint: 'publish on an IPv4 address, or leave the address out',
      });
    }
  }
  const network = defaultNetwork(runRoot);
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const bridge = ensureBridge(socket, network);
  ensureFirewall(runRoot, network);
  using undo = new DisposableStack();
  const isAlive = (holder: string): boolean => containers.isAlive(holder);
  const ip =
    request.ip === undefined
      ? takeLease(runRoot, network, id, isAlive)
      : takeAddress(runRoot, network, id, request.ip, containers);
  undo.defer(() => releaseLease(runRoot, network, id, ip.text));
  const { ports, displaced } = reservePorts(runRoot, { id, ip: ip.text }, request.ports, containers);
  undo.defer(() => releasePorts(runRoot, id, ports));
  for (const stale of displaced) if (stale.ip !== '') unpublishPorts({ ip: stale.ip, ports: [stale] });
  const mac = request.mac ?? macFor(ip);
  const name = request.interfaceName ?? INTERFACE;
  const hostInterface = attachToBridge(socket, {
    network,
    bridge,
    netnsPath,
    name,
    ip,
    mac,
    hairpin: ports.length > 0,
  });
  undo.defer(() => unpublishPorts({ ip: ip.text, ports }));
  publishPorts(network, { ip: ip.text, ports });
  undo.move();
  return {
    mode: 'bridge',
    network: network.name,
    networkId: network.id,
    interface: name,
    hostInterface,
    ip: ip.text,
    prefix: parseSubnet(network.subnet)!.prefix,
    gateway: network.gateway,
    mac,
    ports,
    nameservers: [],
    hostAddress: network.gateway,
  };
}

async function setUpUserNetwork(request: NetworkRequest): Promise<NetworkStatus> {
  const { id, runRoot, containers } = request;
  using undo = new DisposableStack();
  const { ports } = reservePorts(runRoot, { id, ip: '' }, request.ports, containers);
  undo.defer(() => releasePorts(runRoot, id, ports));
  const status = { ...(await startHelper(request, ports)), ports };
  undo.move();
  return status;
}

async function startHelper(
  { mode, netnsPath, mac, helperOptions = [] }: NetworkRequest,
  ports: readonly PublishedPort[],
): Promise<Omit<NetworkStatus, 'ports'>> {
  // Who writes options for the one does not mean the other.
  const slirpServes = mode === 'slirp4netns' || (helperOptions.length === 0 && mac === undefined);
  if (mode === 'pasta' && (tryFindProgram('pasta') !== undefined || !slirpServes)) {
    const { helper, mapsHost } = await startPasta({ netnsPath, ports, mac, extra: helperOptions });
    const link = uplink();
    const hostAddress = mapsHost ? PASTA_HOST : link.other;
    const { other: _, ...shown } = link;
    return {
      mode,
      ...shown,
      nameservers: [PASTA_DNS],
      ...(mac !== undefined && { mac }),
      ...(hostAddress !== undefined && { hostAddress }),
      helper,
    };
  }
  if (mode === 'pasta' && tryFindProgram('slirp4netns') === undefined)
    throw missingProgram('pasta', 'slirp4netns');
  const { helper, dns, ...addresses } = await startSlirp(netnsPath, ports, parseSlirpOptions(helperOptions));
  return { mode, ...addresses, nameservers: [dns], helper };
}

/**
 * Interface, address and gateway as pasta copies them from the host: those of the default route (pasta(1),
 * `--interface`). Read on the host's side, for a user's process that enters the container's namespace cannot come back.
 * `other` is an address of the host that the container has not taken for itself, and so reaches the host by.
 */
function uplink(): Pick<NetworkStatus, 'interface' | 'ip' | 'prefix' | 'gateway'> & { other?: string } {
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const route = defaultRouteOf(listRoutes(socket));
  const link = listLinks(socket).find(({ index }) => index === route?.interface);
  const addresses = listGlobalAddresses(socket);
  const address = addresses.find(({ index }) => index === link?.index);
  if (link === undefined || address === undefined) return {};
  const gateway = route?.gateway === undefined ? {} : { gateway: ipFromBytes(route.gateway).text };
  const ip = ipFromBytes(address.bytes).text;
  const other = addresses.map(({ bytes }) => ipFromBytes(bytes).text).find((text) => text !== ip);
  return {
    interface: link.name,
    ip,
    prefix: address.prefix,
    ...gateway,
    ...(other !== undefined && { other }),
  };
}

type Container = Parameters<typeof tearDownNetwork>[0];

function addressesOf({ id, runRoot, status }: Container): string[] {
  if (status !== undefined) return status.mode === 'bridge' && status.ip !== undefined ? [status.ip] : [];
  const network = findDefaultNetwork(runRoot);
  if (network === undefined) return [];
  return [...listLeases(runRoot, network)].filter(([, holder]) => holder === id).map(([address]) => address);
}

function targetsOf({ id, runRoot, status }: Container): { ip: string; ports: readonly PublishedPort[] }[] {
  if (status !== undefined) {
    return [{ ip: status.mode === 'bridge' ? (status.ip ?? '') : '', ports: status.ports }];
  }
  const own = listReservations(runRoot).filter((reservation) => reservation.id === id);
  return [...Map.groupBy(own, (reservation) => reservation.ip)].map(([ip, ports]) => ({ ip, ports }));
}
