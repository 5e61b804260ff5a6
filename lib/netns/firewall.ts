/**
 * Address translation and filtering for bridge networks. Nothing here trusts a note that the rules were loaded once:
 * each use asks the kernel (three requests in one send, some ten microseconds), so rules that a firewall's reload or
 * `nft flush ruleset` took away are back with the next container.
 */
import { hasCode, ProaError } from '../core/error.ts';
import { NETLINK_NETFILTER } from '../core/sys/netlink.ts';
import { forgetUdpFlows } from './conntrack.ts';
import { contains, type IpAddress, ipFromBytes, isUnspecified, isV6, knownIp, knownSubnet } from './ip.ts';
import { type NetlinkReply, NetlinkSocket } from './netlink.ts';
import { listNetworks, type Network } from './networks.ts';
import {
  addElements,
  deleteElements,
  type Element,
  elementValue,
  getChain,
  getElement,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  parseChain,
  replaceElements,
} from './nfnetlink.ts';
import { listReservations } from './port-reservations.ts';
import { formatPublished, type Protocol, type PublishedPort } from './ports.ts';
import {
  BRIDGES,
  IPTABLES_CHAIN,
  IPTABLES_CHAIN_RULES,
  iptablesRemoval,
  iptablesRuleset,
  LINKS,
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
const FAMILIES = { ip: NFPROTO_IPV4, ip6: NFPROTO_IPV6 } as const;
type Family = keyof typeof FAMILIES;

/** Where published ports of a container lead. */
export interface Target {
  /** Its addresses, one of each family, with a comma between them. */
  ip: string;
  ports: readonly PublishedPort[];
}

/**
 * Loads what the network needs of the firewall, unless it is there. Rules that were lost come back with those of all
 * networks that are up, and with the ports of all running containers, from their reservations.
 */
export function ensureFirewall(runRoot: string, network: Network): void {
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  const families: Family[] = network.subnets.some(({ subnet }) => subnet.includes(':'))
    ? ['ip', 'ip6']
    : ['ip'];
  const [known, ...chains] = socket.exchange([
    getElement(TABLE, bridgeElement(network.interface)),
    ...families.flatMap((family) => [
      getChain(FAMILIES[family], 'filter', 'FORWARD'),
      getChain(FAMILIES[family], 'filter', IPTABLES_CHAIN),
    ]),
  ]);
  const missing = known!.errno !== 0;
  const iptables = families.map((family, i) => ({
    family,
    ...judgeIptables(chains[2 * i]!, chains[2 * i + 1]!),
  }));
  const named = missing && !network.interface.startsWith('proa');
  const opened = iptables.filter(({ drops, jumped }) => drops && (!jumped || named));
  if (!missing && opened.length === 0) return;
  const bridges = bridgesUp(runRoot, network);
  loadRuleset(
    (missing ? rulesetFor(bridges) : '') +
      opened.map(({ family, jumped }) => iptablesRuleset(family, bridges, !jumped)).join(''),
  );
  if (missing) restorePorts(socket, runRoot);
}

/** Loads everything anew, as after somebody's `nft flush ruleset` (`network reload`). */
export function reloadFirewall(runRoot: string): void {
  const [first] = bridgesUp(runRoot);
  if (first === undefined) return;
  loadRuleset(rulesetFor(bridgesUp(runRoot)));
  ensureFirewall(runRoot, first);
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  restorePorts(socket, runRoot);
}

/** The bridges whose rules are to be there; `network` may not be noted yet. */
function bridgesUp(runRoot: string, network?: Network): Network[] {
  const others = listNetworks(runRoot).filter(({ driver, id }) => driver === 'bridge' && id !== network?.id);
  return network === undefined ? others : [network, ...others];
}

/** Whether iptables' FORWARD may drop what is ours, and whether it calls our chain. */
function judgeIptables(forward: NetlinkReply, ours: NetlinkReply): { drops: boolean; jumped: boolean } {
  const chain = forward.errno === 0 ? parseChain(forward.parts[0]!) : undefined;
  return {
    drops: chain !== undefined && (chain.drops || chain.use > 0),
    jumped: ours.errno === 0 && parseChain(ours.parts[0]!).use > IPTABLES_CHAIN_RULES,
  };
}

/**
 * Forwards published ports to a container. A stale element of ours under the same key (its container was killed with
 * its clean-up) is replaced.
 * @param network the bridge that the container's addresses are of
 * @throws ProaError PORT_IN_USE when another run root of this host publishes the port
 */
export function publishPorts(runRoot: string, network: Network, target: Target): void {
  const elements = portElements(target);
  if (elements.length === 0) return;
  // For callers on 127.0.0.1; the guard in our table keeps containers away from the host's loopback.
  ensureSysctl(`ipv4/conf/${network.interface}/route_localnet`, '1');
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  try {
    socket.run('publish ports', addElements(TABLE, elements));
  } catch (error) {
    if (!hasCode(error, ...OTHER_VALUE)) throw error;
    replaceStale(socket, runRoot, target);
  }
  forgetUdpFlows(socket, target.ports);
}

/** Stops forwarding ports, as far as they lead to this container; what is not there is fine. */
export function unpublishPorts(target: Target): void {
  const elements = portElements(target);
  if (elements.length === 0) return;
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  const present = valuesOf(socket, elements);
  const own = elements.filter((element, i) => present[i]?.equals(element.value!));
  if (own.length > 0) socket.run('stop publishing ports', deleteElements(TABLE, own), ['ENOENT']);
}

/** A port that one container may call at another where containers do not reach each other. */
export interface OpenedPort {
  from: string;
  to: string;
  protocol: Protocol;
  port: number;
}

/** Opens ports to a linked container. */
export function openPorts(ports: readonly OpenedPort[]): void {
  if (ports.length === 0) return;
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  socket.run('open ports for a link', addElements(TABLE, ports.map(linkElement)));
}

/** Undoes {@link openPorts}; what is not there is fine. */
export function closePorts(ports: readonly OpenedPort[]): void {
  if (ports.length === 0) return;
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  for (const port of ports)
    socket.run('close ports of a link', deleteElements(TABLE, [linkElement(port)]), ['ENOENT']);
}

/** Removes what the network has in the firewall, and our table with the last network. */
export function removeFirewall(network: Network): void {
  using socket = NetlinkSocket.open(NETLINK_NETFILTER);
  if (socket.exchange([getElement(TABLE, bridgeElement(network.interface))])[0]!.errno !== 0) return;
  const listed = JSON.parse(runNft(['-j', 'list', 'set', 'inet', TABLE, BRIDGES])) as NftListing;
  const last = listed.nftables.every(({ set }) => (set?.elem?.length ?? 0) <= 1);
  loadRuleset(removalOf(network, last) + (last ? removalFromIptables(socket) : ''));
}

interface NftListing {
  nftables: {
    set?: { elem?: unknown[] };
    rule?: { handle: number; expr: { jump?: { target: string } }[] };
  }[];
}

function removalFromIptables(socket: NetlinkSocket): string {
  const families = Object.keys(FAMILIES) as Family[];
  return families
    .filter((family) => {
      const [chain] = socket.exchange([getChain(FAMILIES[family], 'filter', IPTABLES_CHAIN)]);
      return chain!.errno === 0;
    })
    .map((family) => {
      const listed = JSON.parse(
        runNft(['-j', '-a', 'list', 'chain', family, 'filter', 'FORWARD']),
      ) as NftListing;
      const jumps = listed.nftables.filter(({ rule }) =>
        rule?.expr.some(({ jump }) => jump?.target === IPTABLES_CHAIN),
      );
      return iptablesRemoval(
        family,
        jumps.map(({ rule }) => rule!.handle),
      );
    })
    .join('');
}

function restorePorts(socket: NetlinkSocket, runRoot: string): void {
  const elements = listReservations(runRoot)
    .filter(({ ip }) => ip !== '')
    .flatMap((reservation) => portElements({ ip: reservation.ip, ports: [reservation] }));
  for (const element of elements) {
    // Another value: it was published meanwhile by its own container, which knows better.
    socket.run('restore published ports', addElements(TABLE, [element]), OTHER_VALUE);
  }
}

function replaceStale(socket: NetlinkSocket, runRoot: string, target: Target): void {
  const own = listNetworks(runRoot).flatMap(({ subnets }) =>
    subnets.map(({ subnet }) => knownSubnet(subnet)),
  );
  for (const port of target.ports) {
    for (const element of portElements({ ip: target.ip, ports: [port] })) {
      const [present] = valuesOf(socket, [element]);
      if (present !== undefined && !own.some((subnet) => contains(subnet, addressIn(present)))) {
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
}

/** The container's address in a map's value; the port follows it in four bytes. */
function addressIn(value: Buffer): IpAddress {
  return ipFromBytes(value.subarray(0, value.length - 4));
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

/** The map elements of published ports: each leads to the container's address of the host address's family. */
function portElements({ ip, ports }: Target): Element[] {
  const addresses = ip.split(',').filter((text) => text !== '');
  return addresses.map(knownIp).flatMap((address) => {
    const family = isV6(address) ? 1 : 0;
    return ports.flatMap((port) => {
      const host = port.hostIp === '' ? undefined : knownIp(port.hostIp);
      if (host !== undefined && isV6(host) !== isV6(address)) return [];
      // Every field of a concatenation takes four bytes or a multiple.
      const value = Buffer.concat([address.bytes, Buffer.alloc(4)]);
      value.writeUInt16BE(port.containerPort, address.bytes.length);
      const service = serviceKey(port.protocol, port.hostPort);
      const any = host === undefined || isUnspecified(host);
      const key = any ? service : Buffer.concat([host.bytes, service]);
      return [{ set: (any ? PORTS_ANY : PORTS)[family]!, key, value }];
    });
  });
}

function linkElement({ from, to, protocol, port }: OpenedPort): Element {
  const [caller, called] = [knownIp(from), knownIp(to)];
  return {
    set: LINKS[isV6(caller) ? 1 : 0]!,
    key: Buffer.concat([caller.bytes, called.bytes, serviceKey(protocol, port)]),
  };
}

function serviceKey(protocol: Protocol, port: number): Buffer {
  const service = Buffer.alloc(8);
  service[0] = IPPROTO[protocol];
  service.writeUInt16BE(port, 4);
  return service;
}
