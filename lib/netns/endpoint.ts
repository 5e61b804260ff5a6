/** A container's interface in one network: how it is made, and what it has. */
import { hasCode, ProaError } from '../core/error.ts';
import { close, O, open } from '../core/sys/file.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { newAddressMessage } from './addresses.ts';
import { attachToBridge, ensureBridge, macFor } from './bridge.ts';
import { ensureFirewall } from './firewall.ts';
import { type IpAddress, isV6, knownIp, knownSubnet } from './ip.ts';
import { releaseLease, takeAddress, takeLease } from './leases.ts';
import {
  deleteLinkMessage,
  findLink,
  IPVLAN_MODES,
  linkUpMessage,
  MACVLAN_MODES,
  newSubInterfaceMessage,
} from './links.ts';
import { NetlinkSocket, netlinkError } from './netlink.ts';
import type { Network } from './networks.ts';
import type { Containers } from './port-reservations.ts';
import { newRouteMessage } from './routes.ts';
import type { Endpoint } from './status.ts';

/** What was asked of a container's place in one network. */
export interface EndpointRequest {
  network: Network;
  ip?: string | undefined;
  ip6?: string | undefined;
  /** As parseMacAddress returns it. */
  mac?: string | undefined;
  interfaceName?: string | undefined;
  /** What it is called in the network besides the container's name and short id. */
  aliases?: readonly string[] | undefined;
}

export interface Place {
  /** The container's id. */
  id: string;
  runRoot: string;
  netnsPath: string;
  containers: Containers;
  /** The container publishes ports, and so may call itself through the host. */
  hairpin: boolean;
  /** How many networks it has already: the first one's default route counts most. */
  order: number;
}

interface Address {
  ip: IpAddress;
  prefix: number;
  gateway: string | undefined;
}

/**
 * Connects a container's namespace to a network that is noted as up; the network's interface and firewall are made if
 * need be. All or nothing.
 * @throws ProaError NO_FREE_ADDRESS, INVALID_ADDRESS, ADDRESS_IN_USE, KERNEL_FEATURE_MISSING, …
 */
export function makeEndpoint(place: Place, request: EndpointRequest, name: string): Endpoint {
  const { network } = request;
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const isBridge = network.driver === 'bridge';
  const bridge = isBridge ? ensureBridge(socket, network) : 0;
  if (isBridge) ensureFirewall(place.runRoot, network);
  using undo = new DisposableStack();
  const addresses = takeAddresses(place, request, undo);
  const mac = request.mac ?? (addresses[0] === undefined ? undefined : macFor(addresses[0].ip));
  const shown: Endpoint = { network: network.name, networkId: network.id, interface: name };
  if (isBridge) {
    const { netnsPath, hairpin } = place;
    const own = mac ?? macFor(knownIp('0.0.0.0'));
    shown.hostInterface = attachToBridge(socket, { network, bridge, netnsPath, name, mac: own, hairpin });
  } else {
    addSubInterface(socket, place.netnsPath, network, name, mac);
  }
  undo.defer(() => removeInterface(place.netnsPath, name));
  const found = configure(place, network, name, addresses);
  undo.move();
  const [v4, ...more4] = addresses.filter(({ ip }) => !isV6(ip));
  const [v6, ...more6] = addresses.filter(({ ip }) => isV6(ip));
  const secondary = [...more4, ...more6].map(({ ip, prefix }) => `${ip.text}/${prefix}`);
  return {
    ...shown,
    ...(v4 && { ip: v4.ip.text, prefix: v4.prefix, ...(v4.gateway && { gateway: v4.gateway }) }),
    ...(v6 && { ip6: v6.ip.text, prefix6: v6.prefix, ...(v6.gateway && { gateway6: v6.gateway }) }),
    mac: found,
    ...(secondary.length > 0 && { secondary }),
    ...(request.aliases?.length && { aliases: [...request.aliases] }),
  };
}

/** Takes an interface out of a namespace; that neither is there any more is fine. */
export function removeInterface(netnsPath: string, name: string): void {
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

/** An address of each subnet: the one that was asked for, or a free one. */
function takeAddresses(place: Place, request: EndpointRequest, undo: DisposableStack): Address[] {
  const { network } = request;
  const { id, runRoot, containers } = place;
  const wanted = [request.ip, request.ip6].filter((text) => text !== undefined);
  const isAlive = (holder: string): boolean => containers.isAlive(holder);
  const taken = wanted.map((text) => takeAddress(runRoot, network, id, text, containers));
  for (const ip of taken) undo.defer(() => releaseLease(runRoot, network, id, ip.text));
  return network.subnets.map(({ subnet, gateway }, index) => {
    const { prefix, bits } = knownSubnet(subnet);
    const at = taken.findIndex((ip) => ip.bytes.length * 8 === bits);
    // Of several subnets of a family the first has the address that was asked for, if it is of that.
    let ip = at < 0 ? undefined : taken.splice(at, 1)[0];
    if (ip === undefined) {
      const free = takeLease(runRoot, network, index, id, isAlive);
      undo.defer(() => releaseLease(runRoot, network, id, free.text));
      ip = free;
    }
    return { ip, prefix, gateway };
  });
}

/**
 * Addresses and routes of an interface in the container's namespace, which is then up.
 * @returns its MAC
 */
function configure(place: Place, network: Network, name: string, addresses: readonly Address[]): string {
  using inside = inNetworkNamespace(place.netnsPath, () => NetlinkSocket.open(NETLINK_ROUTE));
  const step = `set up ${name} with ${addresses.map(({ ip }) => ip.text).join(' and ') || 'no address'}`;
  const { index, mac } = findLink(inside, name)!;
  const gateways = network.internal || network.noDefaultRoute ? [] : firstOfEachFamily(addresses);
  inside.run(step, [
    // Addresses first, so that coming up announces them (arp_notify); the routes need both.
    ...addresses.map(({ ip, prefix }) => newAddressMessage(index, ip, prefix)),
    linkUpMessage(index),
    ...gateways.map((gateway) => newRouteMessage({ index, gateway, metric: metricOf(place.order, gateway) })),
    ...(network.routes ?? []).map((route) =>
      newRouteMessage({
        index,
        destination: knownSubnet(route.destination),
        gateway: knownIp(route.gateway),
        metric: route.metric,
      }),
    ),
  ]);
  return mac;
}

/** The first network's default route counts most. (The kernel takes 1024 for an IPv6 route that says nothing.) */
function metricOf(order: number, gateway: IpAddress): number {
  return order === 0 && !isV6(gateway) ? 0 : 100 + order;
}

function firstOfEachFamily(addresses: readonly Address[]): IpAddress[] {
  const gateways = addresses
    .filter(({ gateway }) => gateway !== undefined)
    .map(({ gateway }) => knownIp(gateway!));
  const first = [gateways.find((ip) => !isV6(ip)), gateways.find(isV6)];
  return first.filter((gateway) => gateway !== undefined);
}

function addSubInterface(
  socket: NetlinkSocket,
  netnsPath: string,
  network: Network,
  name: string,
  mac: string | undefined,
): void {
  const { driver, interface: parentName, linkMode, mtu } = network;
  const kind = driver === 'ipvlan' ? 'ipvlan' : 'macvlan';
  const step = `connect to network ${network.name} on ${parentName}`;
  const parent = findLink(socket, parentName);
  if (parent === undefined) {
    throw new ProaError('INTERFACE_NOT_FOUND', `${step}: no such interface`, { hint: 'ip link' });
  }
  const mode = kind === 'ipvlan' ? IPVLAN_MODES[linkMode ?? 'l2']! : MACVLAN_MODES[linkMode ?? 'bridge']!;
  const namespace = open(netnsPath, O.RDONLY);
  try {
    const [reply] = socket.exchange([
      newSubInterfaceMessage({
        kind,
        mode,
        name,
        parent: parent.index,
        mtu,
        namespace,
        mac: kind === 'macvlan' ? mac : undefined,
      }),
    ]);
    if (reply!.errno === EOPNOTSUPP) throw missingDriver(network.name, kind);
    if (reply!.errno !== 0) throw netlinkError(step, reply!);
  } finally {
    close(namespace);
  }
}

const EOPNOTSUPP = 95;

export function missingDriver(network: string, kind: string): ProaError {
  return new ProaError(
    'KERNEL_FEATURE_MISSING',
    `use network ${network}: this kernel has no ${kind} interfaces`,
    { hint: `sudo modprobe ${kind}` },
  );
}
