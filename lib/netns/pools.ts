/** Which subnet a new network gets: one that overlaps neither the host's routes nor other networks. */
import { ProaError } from '../core/error.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import {
  contains,
  type IpAddress,
  ipFromBytes,
  knownSubnet,
  overlap,
  parseIp,
  type Subnet,
  subnetOf,
} from './ip.ts';
import { listLinks } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import { hostNameservers } from './resolv-conf.ts';
import { defaultRouteOf, listRoutes } from './routes.ts';

export type Pool = () => Iterable<Subnet>;

/**
 * For the default network, first free first. Left out are Docker's pool (172.17-31.0.0/16, 192.168.0.0/16), Podman's
 * (10.88.0.0/16 and up), and what Kubernetes, LXD and home routers like: their networks may come up later than ours. What
 * follows is for hosts whose routes cover all of 10.0.0.0/8.
 */
export const DEFAULT_POOL: Pool = function* () {
  for (let second = 87; second >= 64; second--) yield knownSubnet(`10.${second}.0.0/16`);
  yield* narrowSubnets();
};

const USER_SUBNETS = 24 * 256;

/**
 * For the networks that people make: of 254 hosts each, as Podman's.
 * @param of whose networks they are: another store, which knows nothing of those that are not up, begins elsewhere
 */
export function userPool(of = ''): Pool {
  const start = of === '' ? 0 : Number(Bun.hash.crc32(of)) % USER_SUBNETS;
  return function* () {
    for (let i = 0; i < USER_SUBNETS; i++) {
      const at = (start + i) % USER_SUBNETS;
      yield knownSubnet(`10.${63 - Math.floor(at / 256)}.${at % 256}.0/24`);
    }
    yield* narrowSubnets();
  };
}

/** Unique local addresses (RFC 4193): 40 random bits, so two hosts' networks hardly ever meet. */
export const V6_POOL: Pool = function* () {
  for (let attempt = 0; attempt < 100; attempt++) {
    const bytes = new Uint8Array(16);
    crypto.getRandomValues(bytes.subarray(1, 8));
    bytes[0] = 0xfd;
    yield subnetOf(bytes, 64);
  }
};

function* narrowSubnets(): Generator<Subnet> {
  for (let third = 252; third >= 200; third -= 4) yield knownSubnet(`172.16.${third}.0/22`);
  for (let third = 248; third >= 200; third -= 8) yield knownSubnet(`192.168.${third}.0/21`);
}

/**
 * A subnet for a new network that nothing on this host uses.
 * @throws ProaError NO_FREE_SUBNET
 */
export function chooseSubnet(pool: Pool, taken: readonly Subnet[], avoid: readonly IpAddress[]): Subnet {
  for (const candidate of pool()) {
    const free = !taken.some((other) => overlap(candidate, other));
    if (free && !avoid.some((address) => contains(candidate, address))) return candidate;
  }
  throw new ProaError('NO_FREE_SUBNET', 'choose a subnet: the routes of this host cover every private one', {
    hint: 'ip route',
  });
}

/** A route of this host, for error messages: `10.0.0.0/8 by eth0`. */
export interface HostRoute extends Subnet {
  readonly interface: string;
}

export interface HostView {
  taken: readonly Subnet[];
  routes: readonly HostRoute[];
  /** Name servers may lie behind the default route alone; a subnet of ours over them would cut them off. */
  servers: readonly IpAddress[];
  /** The uplink's, in bytes. */
  mtu: number;
  /** The names of all interfaces. */
  interfaces: readonly string[];
  /** The interface that leads to the world. */
  uplink: string | undefined;
}

const DEFAULT_MTU = 1500;

/** What a new network has to respect here. @param reserved subnets of networks that may not be up now */
export function lookAtHost(reserved: readonly string[]): HostView {
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const all = listRoutes(socket);
  const links = new Map(listLinks(socket).map((link) => [link.index, link]));
  const routes = all
    // What is of every interface (link-local, multicast) is nobody's subnet.
    .filter(
      ({ prefix, destination }) => prefix > 0 && !(destination.length === 16 && destination[0]! >= 0xfe),
    )
    .map((route) => ({
      ...subnetOf(route.destination, route.prefix),
      interface: links.get(route.interface)?.name ?? '',
    }));
  const uplink = links.get(defaultRouteOf(all)?.interface ?? 0);
  return {
    routes,
    taken: [...routes, ...reserved.map(knownSubnet)],
    servers: hostNameservers()
      .map((server) => parseIp(server))
      .filter((ip) => ip !== undefined)
      .map(({ bytes }) => ipFromBytes(bytes)),
    mtu: uplink?.mtu ?? DEFAULT_MTU,
    interfaces: [...links.values()].map(({ name }) => name),
    uplink: uplink?.name,
  };
}
