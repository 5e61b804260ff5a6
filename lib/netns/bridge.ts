/** The bridge interface of a network, and connecting a container's namespace to it. */
import { existsSync } from 'node:fs';
import { hasCode, ProaError } from '../core/error.ts';
import { close, O, open } from '../core/sys/file.ts';
import { newAddressMessage } from './addresses.ts';
import { type IpAddress, knownIp, knownSubnet } from './ip.ts';
import {
  deleteLinkMessage,
  findLink,
  getLinkByIndexMessage,
  getLinkMessage,
  hairpinMessage,
  type Link,
  linkUpMessage,
  newBridgeMessage,
  newVethMessage,
  parseLink,
  portVlanMessage,
} from './links.ts';
import { type NetlinkSocket, netlinkError } from './netlink.ts';
import type { Network } from './networks.ts';
import { defaultRouteOf, listRoutes } from './routes.ts';
import { ensureSysctl, readSysctl, writeSysctl } from './sysctl.ts';

const EEXIST = 17;
const EOPNOTSUPP = 95;

/**
 * The index of the network's bridge, which is made if need be. Being up is its last step, so an interface that is up
 * is whole, and one that a crash left half made is completed; any number of processes may do the same at once.
 * @throws ProaError KERNEL_FEATURE_MISSING, INTERFACE_IN_USE
 */
export function ensureBridge(socket: NetlinkSocket, network: Network): number {
  ensureSysctl('ipv4/ip_forward', '1');
  if (network.subnets.some(({ subnet }) => subnet.includes(':'))) forwardV6(socket);
  const found = findLink(socket, network.interface);
  if (found?.up) return ownBridge(found, network);
  const link = createBridge(socket, network);
  const gateways = gatewaysOf(network);
  const settings = `ipv6/conf/${network.interface}`;
  if (readSysctl(`${settings}/accept_ra`) !== undefined) {
    // A container could otherwise announce itself as a router and redirect the host's IPv6 traffic.
    ensureSysctl(`${settings}/accept_ra`, '0');
    // Its addresses are nobody else's; the host would wait a second before it asks for containers by the link-local one.
    ensureSysctl(`${settings}/accept_dad`, '0');
  }
  const addresses = gateways.map(({ ip, prefix }) => newAddressMessage(link.index, ip, prefix));
  const step = `create bridge ${network.interface}`;
  socket.run(step, [...addresses, linkUpMessage(link.index)], ['EEXIST']);
  return link.index;
}

/** Deletes the network's bridge; absent is fine. */
export function removeBridge(socket: NetlinkSocket, network: Network): void {
  socket.run(`remove bridge ${network.interface}`, [deleteLinkMessage(network.interface)], ['ENODEV']);
}

function createBridge(socket: NetlinkSocket, network: Network): Link {
  const name = network.interface;
  const [gateway] = gatewaysOf(network);
  const filtered = network.icc === false;
  if (filtered && !existsSync('/proc/sys/net/bridge')) throw missingFeature(network, 'icc', 'br_netfilter');
  const [made, got] = socket.exchange([
    newBridgeMessage(name, {
      mac: gateway === undefined ? hashedMac(network.id) : macFor(gateway.ip),
      mtu: network.mtu,
      vlanFiltering: network.vlan !== undefined,
      filtered,
    }),
    getLinkMessage(name),
  ]);
  if (made!.errno === EOPNOTSUPP && network.vlan !== undefined)
    throw missingFeature(network, 'vlan', 'CONFIG_BRIDGE_VLAN_FILTERING');
  if (made!.errno !== 0 && made!.errno !== EEXIST) throw netlinkError(`create bridge ${name}`, made!);
  const link = parseLink(got!.parts[0]!);
  ownBridge(link, network);
  return link;
}

function missingFeature({ name }: Network, option: string, feature: string): ProaError {
  return new ProaError(
    'KERNEL_FEATURE_MISSING',
    `bring up network ${name}: its option ${option} needs ${feature}, which this kernel does not have`,
    { hint: feature.startsWith('CONFIG') ? undefined : `sudo modprobe ${feature}` },
  );
}

/** An interface of another kind with this name is somebody else's. */
function ownBridge({ kind, index }: Link, { name, interface: wanted }: Network): number {
  if (kind === 'bridge') return index;
  throw new ProaError('INTERFACE_IN_USE', `bring up network ${name}: interface ${wanted} is no bridge`, {
    hint: `ip -d link show ${wanted}`,
  });
}

function gatewaysOf({ subnets }: Network): { ip: IpAddress; prefix: number }[] {
  return subnets
    .filter(({ gateway }) => gateway !== undefined)
    .map(({ gateway, subnet }) => ({ ip: knownIp(gateway!), prefix: knownSubnet(subnet).prefix }));
}

/**
 * Routes IPv6 for containers. A host that forwards does not listen to routers any more, unless it is told to
 * (accept_ra 2, Documentation/networking/ip-sysctl.rst), and would lose its own default route.
 */
function forwardV6(socket: NetlinkSocket): void {
  if (readSysctl('ipv6/conf/all/forwarding') !== '0') return;
  const uplink = defaultRouteOf(listRoutes(socket).filter(({ destination }) => destination.length === 16));
  const [reply] = uplink === undefined ? [] : socket.exchange([getLinkByIndexMessage(uplink.interface)]);
  if (reply?.errno === 0) {
    const setting = `ipv6/conf/${parseLink(reply.parts[0]!).name}/accept_ra`;
    if (readSysctl(setting) === '1') writeSysctl(setting, '2');
  }
  writeSysctl('ipv6/conf/all/forwarding', '1');
}

export interface Attachment {
  network: Network;
  /** Index of the bridge. */
  bridge: number;
  netnsPath: string;
  /** The interface's name in the container: `eth0`. */
  name: string;
  mac: string;
  /** True when the container publishes ports, and so may call itself through the host. */
  hairpin: boolean;
}

/**
 * Connects a namespace to the bridge by a veth pair; its end in there is down.
 * @returns the name of the veth's end on the host
 */
export function attachToBridge(socket: NetlinkSocket, attachment: Attachment): string {
  const { network, bridge, netnsPath, name, mac, hairpin } = attachment;
  const namespace = open(netnsPath, O.RDONLY);
  try {
    for (;;) {
      // Not from the container's id: its last namespace may still be dying, with that name.
      const hostName = `veth${Math.floor(Math.random() * 0x1_0000_0000)
        .toString(16)
        .padStart(8, '0')}`;
      const pair = newVethMessage({
        name: hostName,
        master: bridge,
        mtu: network.mtu,
        peer: { name, namespace, mac },
      });
      try {
        socket.run(
          `connect to bridge ${network.interface}`,
          hairpin ? [pair, hairpinMessage(hostName)] : [pair],
        );
        if (network.vlan !== undefined) putIntoVlan(socket, hostName, network.vlan);
        return hostName;
      } catch (error) {
        if (!hasCode(error, 'EEXIST') || findLink(socket, hostName) === undefined) throw error;
      }
    }
  } finally {
    close(namespace);
  }
}

function putIntoVlan(socket: NetlinkSocket, name: string, vlan: number): void {
  const link = findLink(socket, name);
  if (link !== undefined) socket.run(`put ${name} into VLAN ${vlan}`, [portVlanMessage(link.index, vlan)]);
}

/** 02:42 and the address, as Docker has it: an address that changes hands keeps its MAC, so no neighbour is stale. */
export function macFor({ bytes }: IpAddress): string {
  if (bytes.length === 16) return hashedMac(bytes);
  return ['02', '42', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

function hashedMac(of: string | Uint8Array): string {
  const digest = new Bun.CryptoHasher('sha256').update(of).digest('hex');
  return ['02', '42', ...digest.slice(0, 8).match(/../g)!].join(':');
}
