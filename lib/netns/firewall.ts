/**
 * Address translation and filtering for bridge networks. Nothing here trusts a note that the rules were loaded once:
 * each use asks the kernel (three requests in one send, some ten microseconds), so rules that a firewall's reload or
 * `nft flush ruleset` took away are back with the next container.
 */
import { hasCode, ProaError } from '../core/error.ts';
import { NETLINK_NETFILTER } from '../core/sys/netlink.ts';
import { forgetUdpFlows } from './conntrack.ts';
import { contains, isUnspecified, knownIp, parseSubnet, toNumber } from './ip.ts';
import { NetlinkSocket } from './netlink.ts';
import type { BridgeNetwork } from './networks.ts';
import {
  addElements,
  deleteElements,
  type Element,
  elementValue,
  getChain,
  getElement,
  NFPROTO_IPV4,
  parseChain,
  replaceElements,
} from './nfnetlink.ts';
import { listReservations } from './port-reservations.ts';
import { formatPublished, type Protocol, type PublishedPort } from './ports.ts';
import {
  BRIDGES,
  IPTABLES_CHAIN,
  iptablesRuleset,
  loadRuleset,
  PORTS,
  PORTS_ANY,
  removalOf,
  rulesetFor,
  runNft,
  TABLE,
} from './ruleset.ts';
import { ensureSysctl } from './sysctl.ts';

const IFNAMSIZ = 16;
/** How kernels say that a map has the key with another value. */
const OTHER_VALUE = ['EEXIST', 'EBUSY'];
const IPPROTO: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };

/** Where published ports of a container lead: its address. */
export interface Target {
  ip: string;
  ports: readonly PublishedPort[];
}

/**
 * Loads what the network needs of the firewall, unless it is there. Rules that were lost come back with the ports of
 * all running containers, from their reservations.
 */
export function ensureFirewall(runRoot: string, network: BridgeNetwork): void {
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  const [known, forward, ours] = socket.exchange([
    getElement(TABLE, bridgeElement(network.bridge)),
    getChain(NFPROTO_IPV4, 'filter', 'FORWARD'),
    getChain(NFPROTO_IPV4, 'filter', IPTABLES_CHAIN),
  ]);
  const missing = known!.errno !== 0;
  const chain = forward!.errno === 0 ? parseChain(forward!.parts[0]!) : undefined;
  const jumped = ours!.errno === 0 && parseChain(ours!.parts[0]!).use > IPTABLES_CHAIN_RULES;
  const blocked = chain !== undefined && (chain.drops || chain.use > 0) && !jumped;
  if (!missing && !blocked) return;
  loadRuleset(
    (missing ? rulesetFor(network.bridge, network.subnet) : '') + (blocked ? iptablesRuleset() : ''),
  );
  if (missing) restorePorts(socket, runRoot, network);
}

/**
 * Forwards published ports to a container. A stale element of ours under the same key (its container was killed with
 * its clean-up) is replaced.
 * @throws ProaError PORT_IN_USE when another run root of this host publishes the port
 */
export function publishPorts(network: BridgeNetwork, target: Target): void {
  if (target.ports.length === 0) return;
  // For callers on 127.0.0.1; the guard in our table keeps containers away from the host's loopback.
  ensureSysctl(`ipv4/conf/${network.bridge}/route_localnet`, '1');
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  const elements = target.ports.map((port) => portElement(port, target.ip));
  try {
    socket.run('publish ports', addElements(TABLE, elements));
  } catch (error) {
    if (!hasCode(error, ...OTHER_VALUE)) throw error;
    replaceStale(socket, network, target);
  }
  forgetUdpFlows(socket, target.ports);
}

/** Stops forwarding ports, as far as they lead to this container; what is not there is fine. */
export function unpublishPorts(target: Target): void {
  if (target.ports.length === 0) return;
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  const elements = target.ports.map((port) => portElement(port, target.ip));
  const present = valuesOf(socket, elements);
  const own = elements.filter((element, i) => present[i]?.equals(element.value!));
  if (own.length > 0) socket.run('stop publishing ports', deleteElements(TABLE, own), ['ENOENT']);
}

/** Removes what the network has in the firewall, and our table with the last network. */
export function removeFirewall(network: BridgeNetwork): void {
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  if (socket.exchange([getElement(TABLE, bridgeElement(network.bridge))])[0]!.errno !== 0) return;
  const listed = JSON.parse(runNft(['-j', 'list', 'set', 'inet', TABLE, BRIDGES])) as NftListing;
  const last = listed.nftables.every(({ set }) => (set?.elem?.length ?? 0) <= 1);
  loadRuleset(removalOf(network.bridge, network.subnet, last) + (last ? iptablesRemoval(socket) : ''));
}

/** Rules in {@link IPTABLES_CHAIN}; its use count is these and the jumps to it. */
const IPTABLES_CHAIN_RULES = 2;

interface NftListing {
  nftables: {
    set?: { elem?: unknown[] };
    rule?: { handle: number; expr: { jump?: { target: string } }[] };
  }[];
}

function iptablesRemoval(socket: NetlinkSocket): string {
  if (socket.exchange([getChain(NFPROTO_IPV4, 'filter', IPTABLES_CHAIN)])[0]!.errno !== 0) return '';
  const listed = JSON.parse(runNft(['-j', '-a', 'list', 'chain', 'ip', 'filter', 'FORWARD'])) as NftListing;
  const jumps = listed.nftables
    .filter(({ rule }) => rule?.expr.some(({ jump }) => jump?.target === IPTABLES_CHAIN))
    .map(({ rule }) => `delete rule ip filter FORWARD handle ${rule!.handle}\n`);
  return `${jumps.join('')}flush chain ip filter ${IPTABLES_CHAIN}\ndelete chain ip filter ${IPTABLES_CHAIN}\n`;
}

function restorePorts(socket: NetlinkSocket, runRoot: string, network: BridgeNetwork): void {
  const subnet = parseSubnet(network.subnet)!;
  const elements = listReservations(runRoot)
    .filter(({ ip }) => ip !== '' && contains(subnet, toNumber(knownIp(ip).bytes)))
    .map((reservation) => portElement(reservation, reservation.ip));
  for (const element of elements) {
    // Another value: it was published meanwhile by its own container, which knows better.
    socket.run('restore published ports', addElements(TABLE, [element]), OTHER_VALUE);
  }
}

function replaceStale(socket: NetlinkSocket, network: BridgeNetwork, target: Target): void {
  const subnet = parseSubnet(network.subnet)!;
  for (const port of target.ports) {
    const element = portElement(port, target.ip);
    const [present] = valuesOf(socket, [element]);
    if (present !== undefined && !contains(subnet, toNumber(present))) {
      throw new ProaError(
        'PORT_IN_USE',
        `publish ${formatPublished(port)}: port is in use by a container of another run root`,
        { hint: 'nft list table inet proa' },
      );
    }
    const messages =
      present === undefined ? addElements(TABLE, [element]) : replaceElements(TABLE, [element]);
    socket.run('publish ports', messages);
  }
}

/** The values that the elements' keys have in the kernel; undefined where there is none. */
function valuesOf(socket: NetlinkSocket, elements: readonly Element[]): (Buffer | undefined)[] {
  const values: (Buffer | undefined)[] = [];
  // All answers to one send wait in the socket's buffer, which holds some two hundred.
  for (let at = 0; at < elements.length; at += 64) {
    const part = elements.slice(at, at + 64).map(({ set, key }) => getElement(TABLE, { set, key }));
    for (const reply of socket.run('look up published ports', part, ['ENOENT'])) {
      values.push(reply.errno === 0 ? elementValue(reply.parts[0]!) : undefined);
    }
  }
  return values;
}

function bridgeElement(bridge: string): Element {
  const key = Buffer.alloc(IFNAMSIZ);
  key.write(bridge, 'latin1');
  return { set: BRIDGES, key };
}

/** The map element of one published port. Every field of a concatenation takes four bytes or a multiple. */
function portElement({ protocol, hostIp, hostPort, containerPort }: PublishedPort, ip: string): Element {
  const value = Buffer.alloc(8);
  value.set(knownIp(ip).bytes);
  value.writeUInt16BE(containerPort, 4);
  const service = Buffer.alloc(8);
  service[0] = IPPROTO[protocol];
  service.writeUInt16BE(hostPort, 4);
  const host = hostIp === '' ? undefined : knownIp(hostIp);
  if (host === undefined || isUnspecified(host)) return { set: PORTS_ANY, key: service, value };
  return { set: PORTS, key: Buffer.concat([host.bytes, service]), value };
}
