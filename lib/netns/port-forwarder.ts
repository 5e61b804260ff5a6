/**
 * A user's published ports of a container on bridges: a pasta(1) of its own, beside those, that forwards from the host
 * into the container's namespace. It keeps the callers' addresses and ends with the namespace. Its interface there has an
 * address of its own, and what answers from that goes back the same way, whatever the default route is.
 */
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { inNetworkNamespace } from '../core/sys/process.ts';
import { newAddressMessage } from './addresses.ts';
import type { NetworkHelper } from './helper.ts';
import { knownIp } from './ip.ts';
import { findLink, linkUpMessage } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import { startPasta } from './pasta.ts';
import type { PublishedPort } from './ports.ts';
import { newRouteMessage } from './routes.ts';
import { newSourceRuleMessage } from './rules.ts';

export interface PortTap {
  name: string;
  ip: string;
  prefix: number;
  gateway: string;
}

/** Link-local (RFC 3927): it means nothing outside of the container. */
export const PORT_TAP: PortTap = { name: 'ports0', ip: '169.254.2.2', prefix: 24, gateway: '169.254.2.1' };
/** A routing table that the main one does not look into. */
const TABLE = 100;

/** @throws ProaError as {@link startPasta} */
export async function startPortForwarder(
  netnsPath: string,
  ports: readonly PublishedPort[],
): Promise<NetworkHelper> {
  const { name, ip, prefix, gateway } = PORT_TAP;
  const extra = ['-4', '--ns-ifname', name, '-a', ip, '-n', String(prefix), '-g', gateway];
  const { helper } = await startPasta({ netnsPath, ports, extra, unconfigured: true });
  return helper;
}

/** Gives the forwarder's interface its address and its way back; in the namespace of the bridges. */
export function setUpTap(netnsPath: string, { name, ip, prefix, gateway }: PortTap): void {
  using inside = inNetworkNamespace(netnsPath, () => NetlinkSocket.open(NETLINK_ROUTE));
  const { index } = findLink(inside, name)!;
  const own = knownIp(ip);
  inside.run(
    `set up ${name}`,
    [
      newAddressMessage(index, own, prefix),
      linkUpMessage(index),
      newRouteMessage({ index, gateway: knownIp(gateway), table: TABLE }),
      newSourceRuleMessage(own, TABLE),
    ],
    ['EEXIST'],
  );
}
