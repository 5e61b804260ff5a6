/** Routes by rtnetlink(7). */
import type { IpAddress, Subnet } from './ip.ts';
import { ipFromNumber } from './ip.ts';
import type { NetlinkSocket } from './netlink.ts';
import { attributes, NetlinkMessage, NLM_F } from './netlink-message.ts';

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_TABLE = 15;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;

export interface Route {
  /** Four or sixteen bytes; all zero with prefix 0 for the default route. */
  destination: Uint8Array;
  prefix: number;
  /** Index of the interface it leaves by; 0 when it has none (blackhole, several next hops). */
  interface: number;
  metric: number;
  /** Undefined when the destination is on the wire itself. */
  gateway: Uint8Array | undefined;
}

export interface NewRoute {
  /** Index of the interface. */
  index: number;
  /** Left out: everything. */
  destination?: Subnet;
  /** Left out: on the wire itself. */
  gateway?: IpAddress;
  metric?: number | undefined;
  /** 254 (main) when left out. */
  table?: number;
  /** Needed without destination and gateway. */
  v6?: boolean;
}

/** A route through the interface. Fails with EEXIST. */
export function newRouteMessage({
  index,
  destination,
  gateway,
  metric,
  table,
  v6,
}: NewRoute): NetlinkMessage {
  const isV6 = v6 ?? (gateway?.bytes.length === 16 || destination?.bits === 128);
  const header = Buffer.alloc(12);
  header[0] = isV6 ? AF_INET6 : AF_INET;
  header[1] = destination?.prefix ?? 0;
  header[4] = table === undefined ? RT_TABLE_MAIN : 0;
  header[5] = RTPROT_STATIC;
  header[6] = gateway === undefined && !isV6 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  header[7] = RTN_UNICAST;
  const message = new NetlinkMessage(RTM_NEWROUTE, NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL, header);
  if (destination !== undefined) {
    message.bytes(RTA_DST, ipFromNumber(destination.base, destination.bits).bytes);
  }
  if (gateway !== undefined) message.bytes(RTA_GATEWAY, gateway.bytes);
  message.u32(RTA_OIF, index);
  if (metric !== undefined && metric > 0) message.u32(RTA_PRIORITY, metric);
  if (table !== undefined) message.u32(RTA_TABLE, table);
  return message;
}

/** The unicast routes, of both families, of all tables but the kernel's own table of local addresses. */
export function listRoutes(socket: NetlinkSocket): Route[] {
  return [AF_INET, AF_INET6].flatMap((family) => {
    const header = Buffer.alloc(12);
    header[0] = family;
    const [reply] = socket.run('list routes', [new NetlinkMessage(RTM_GETROUTE, NLM_F.DUMP, header)]);
    return reply!.parts
      .filter((part) => part[0] === family && part[7] === RTN_UNICAST && part[4] !== RT_TABLE_LOCAL)
      .map((part) => {
        const found = attributes(part, 12);
        return {
          destination: found.get(RTA_DST) ?? new Uint8Array(family === AF_INET ? 4 : 16),
          prefix: part[1]!,
          interface: found.get(RTA_OIF)?.readUInt32LE(0) ?? 0,
          metric: found.get(RTA_PRIORITY)?.readUInt32LE(0) ?? 0,
          gateway: found.get(RTA_GATEWAY),
        };
      });
  });
}

/** The route that traffic to the world takes: the IPv4 default route with the lowest metric, else IPv6's. */
export function defaultRouteOf(routes: readonly Route[]): Route | undefined {
  const defaults = routes.filter((route) => route.prefix === 0 && route.interface !== 0);
  const order = (route: Route): number => (route.destination.length === 4 ? 0 : 1);
  return defaults.sort((a, b) => order(a) - order(b) || a.metric - b.metric)[0];
}
