/** The bridge interface of a network, and connecting a container's namespace to it. */
import { hasCode } from '../core/error.ts';
import { close, O, open } from '../core/sys/file.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { newAddressMessage } from './addresses.ts';
import { type IpAddress, knownIp, parseSubnet } from './ip.ts';
import {
  deleteLinkMessage,
  findLink,
  getLinkMessage,
  hairpinMessage,
  linkUpMessage,
  newBridgeMessage,
  newVethMessage,
  parseLink,
} from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import type { BridgeNetwork } from './networks.ts';
import { defaultRouteMessage } from './routes.ts';
import { ensureSysctl, readSysctl } from './sysctl.ts';

/**
 * The index of the network's bridge, which is made if need be. Being up is its last step, so an interface that is up
 * is whole, and one that a crash left half made is completed; any number of processes may do the same at once.
 */
export function ensureBridge(socket: NetlinkSocket, network: BridgeNetwork): number {
  ensureSysctl('ipv4/ip_forward', '1');
  const found = findLink(socket, network.bridge);
  if (found?.up) return found.index;
  const gateway = knownIp(network.gateway);
  const step = `create bridge ${network.bridge}`;
  const [, got] = socket.run(
    step,
    [
      newBridgeMessage(network.bridge, { mac: macFor(gateway), mtu: network.mtu }),
      getLinkMessage(network.bridge),
    ],
    ['EEXIST'],
  );
  const { index } = parseLink(got!.parts[0]!);
  // A container could otherwise announce itself as a router and redirect the host's IPv6 traffic.
  const routers = `ipv6/conf/${network.bridge}/accept_ra`;
  if (readSysctl(routers) !== undefined) ensureSysctl(routers, '0');
  const { prefix } = parseSubnet(network.subnet)!;
  socket.run(step, [newAddressMessage(index, gateway, prefix), linkUpMessage(index)], ['EEXIST']);
  return index;
}

/** Deletes the network's bridge; absent is fine. */
export function removeBridge(socket: NetlinkSocket, network: BridgeNetwork): void {
  socket.run(`remove bridge ${network.bridge}`, [deleteLinkMessage(network.bridge)], ['ENODEV']);
}

export interface Attachment {
  network: BridgeNetwork;
  /** Index of the bridge. */
  bridge: number;
  netnsPath: string;
  /** The interface's name in the container: `eth0`. */
  name: string;
  ip: IpAddress;
  mac: string;
  /** True when the container publishes ports, and so may call itself through the host. */
  hairpin: boolean;
}

/**
 * Connects a namespace to the bridge by a veth pair and gives it address and default route.
 * @returns the name of the veth's end on the host
 */
export function attachToBridge(socket: NetlinkSocket, attachment: Attachment): string {
  const { network, netnsPath, name, ip } = attachment;
  const hostName = addVeth(socket, attachment);
  using inside = inNetworkNamespace(netnsPath, () => NetlinkSocket.open(NETLINK_ROUTE));
  const step = `set up ${name} with ${ip.text}`;
  const link = findLink(inside, name)!;
  inside.run(step, [
    // Address first, so that coming up announces it (arp_notify); the route needs both.
    newAddressMessage(link.index, ip, parseSubnet(network.subnet)!.prefix),
    linkUpMessage(link.index),
    defaultRouteMessage(link.index, knownIp(network.gateway)),
  ]);
  return hostName;
}

/** 02:42 and the address, as Docker has it: an address that changes hands keeps its MAC, so no neighbour is stale. */
export function macFor({ bytes }: IpAddress): string {
  return ['02', '42', ...Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

function addVeth(
  socket: NetlinkSocket,
  { network, bridge, netnsPath, name, mac, hairpin }: Attachment,
): string {
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
          `connect to bridge ${network.bridge}`,
          hairpin ? [pair, hairpinMessage(hostName)] : [pair],
        );
        return hostName;
      } catch (error) {
        if (!hasCode(error, 'EEXIST') || findLink(socket, hostName) === undefined) throw error;
      }
    }
  } finally {
    close(namespace);
  }
}
