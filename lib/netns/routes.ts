/** Routes by rtnetlink(7). */
import type { IpAddress } from './ip.ts';
import type { NetlinkSocket } from './netlink.ts';
import { attributes, NetlinkMessage, NLM_F } from './netlink-message.ts';

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RTN_UNICAST = 1;

export interface Route {
  /** Four bytes; all zero with prefix 0 for the default route. */
  destination: Uint8Array;
  prefix: number;
  /** Index of the interface it leaves by; 0 when it has none (blackhole, several next hops). */
  interface: number;
  metric: number;
  /** Four bytes; undefined when the destination is on the wire itself. */
  gateway: Uint8Array | undefined;
}

/** A default route by `gateway` through the interface. */
export function defaultRouteMessage(index: number, gateway: IpAddress): NetlinkMessage {
  const header = Buffer.alloc(12);
  header[0] = gateway.bytes.length === 4 ? AF_INET : AF_INET6;
  header[4] = RT_TABLE_MAIN;
  header[5] = RTPROT_STATIC;
  header[6] = RT_SCOPE_UNIVERSE;
  header[7] = RTN_UNICAST;
  return new NetlinkMessage(RTM_NEWROUTE, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, header)
    .bytes(RTA_GATEWAY, gateway.bytes)
    .u32(RTA_OIF, index);
}

/** The IPv4 unicast routes of all tables but the kernel's own table of local addresses. */
export function listRoutes(socket: NetlinkSocket): Route[] {
  const header = Buffer.alloc(12);
  header[0] = AF_INET;
  const [reply] = socket.run('list routes', [new NetlinkMessage(RTM_GETROUTE, NLM_F.DUMP, header)]);
  return reply!.parts
    .filter((part) => part[0] === AF_INET && part[7] === RTN_UNICAST)
    .map((part) => {
      const found = attributes(part, 12);
      return {
        destination: found.get(RTA_DST) ?? new Uint8Array(4),
        prefix: part[1]!,
        interface: found.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
        metric: found.get(RTA_PRIORITY)?.readUInt32LE(0) ?? 0,
        gateway: found.get(RTA_GATEWAY),
      };
    });
}

/** The route that traffic to the world takes: the default route with the lowest metric. */
export function defaultRouteOf(routes: readonly Route[]): Route | undefined {
  const defaults = routes.filter((route) => route.prefix === 0 && route.interface !== 0);
  return defaults.sort((a, b) => a.metric - b.metric)[0];
}
