/** The subnets of a new network: those that were asked for, checked, or free ones. */
import { ProaError } from '../../core/error.ts';
import {
  contains,
  formatSubnet,
  type IpAddress,
  ipFromNumber,
  overlap,
  parseIp,
  parseSubnet,
  type Subnet,
} from '../../netns/ip.ts';
import { isHost } from '../../netns/leases.ts';
import type { NetworkSubnet } from '../../netns/networks.ts';
import { chooseSubnet, type HostView, userPool, V6_POOL } from '../../netns/pools.ts';
import type { NetworkRecord } from '../../storage/networks.ts';

export interface SubnetRequest {
  /** As given: `10.1.0.0/24`. */
  subnets: string[];
  gateways: string[];
  /** Subnets within them. */
  ranges: string[];
  /** NAME=ADDRESS of other machines. */
  reserved: Record<string, string>;
  ipv6: boolean;
  ipv4: boolean;
  /** Whose free subnets are looked at first, see userPool. */
  pool?: string | undefined;
}

interface Wanted {
  subnet: Subnet;
  gateway?: IpAddress;
  range?: Subnet;
  reserved: Record<string, string>;
}

/** @throws ProaError INVALID_SUBNET, SUBNET_IN_USE saying by what, NO_FREE_SUBNET */
export function chooseSubnets(
  driver: NetworkRecord['driver'],
  request: SubnetRequest & { name: string },
  others: readonly NetworkRecord[],
  host: HostView,
): NetworkSubnet[] {
  const fail = (why: string, code = 'INVALID_SUBNET'): ProaError =>
    new ProaError(code, `create network ${request.name}: ${why}`);
  const networks = others.flatMap(({ name, subnets }) =>
    subnets.map(({ subnet }) => ({ name, ...parseSubnet(subnet)! })),
  );
  const wanted = request.subnets.map((text): Wanted => {
    const subnet = parseSubnet(text);
    if (subnet === undefined) throw fail(`${text} is no subnet (as in 10.1.2.0/24 or fd00:1::/64)`);
    return { subnet, reserved: {} };
  });
  checkClashes(driver, wanted, networks, host, fail);
  const taken = [...host.taken, ...networks, ...wanted.map(({ subnet }) => subnet)];
  const has = (bits: number): boolean => wanted.some(({ subnet }) => subnet.bits === bits);
  // The subnet of another machine's network is not ours to choose.
  const choose = driver === 'bridge' || wanted.length === 0;
  if (choose && request.ipv4 && !has(32) && !(wanted.length > 0 && !request.ipv6))
    wanted.unshift({ subnet: chooseSubnet(userPool(request.pool), taken, host.servers), reserved: {} });
  if (choose && request.ipv6 && !has(128))
    wanted.push({ subnet: chooseSubnet(V6_POOL, taken, host.servers), reserved: {} });
  placeGateways(wanted, request.gateways, fail);
  placeRanges(wanted, request.ranges, fail);
  placeReserved(wanted, request.reserved, fail);
  return wanted.map(({ subnet, gateway, range, reserved }) => {
    const first = ipFromNumber(subnet.base + (subnet.prefix >= subnet.bits - 1 ? 0n : 1n), subnet.bits);
    return {
      subnet: formatSubnet(subnet),
      gateway: (gateway ?? first).text,
      ...(range && { range: formatSubnet(range) }),
      ...(Object.keys(reserved).length > 0 && { reserved }),
    };
  });
}

type Fail = (why: string, code?: string) => ProaError;

function checkClashes(
  driver: NetworkRecord['driver'],
  wanted: readonly Wanted[],
  networks: readonly (Subnet & { name: string })[],
  host: HostView,
  fail: Fail,
): void {
  wanted.forEach(({ subnet }, i) => {
    const text = formatSubnet(subnet);
    const own = wanted.slice(0, i).find((other) => overlap(other.subnet, subnet));
    if (own !== undefined) throw fail(`its subnets ${formatSubnet(own.subnet)} and ${text} overlap`);
    const network = networks.find((other) => overlap(other, subnet));
    if (network !== undefined) {
      throw fail(`${text} overlaps ${formatSubnet(network)} of network ${network.name}`, 'SUBNET_IN_USE');
    }
    // macvlan and ipvlan are in the network of the interface they stand on.
    const route = driver === 'bridge' ? host.routes.find((other) => overlap(other, subnet)) : undefined;
    if (route !== undefined) {
      const by = route.interface === '' ? 'a route of this host' : `the route by ${route.interface}`;
      throw fail(`${text} overlaps ${formatSubnet(route)}, ${by}`, 'SUBNET_IN_USE');
    }
  });
}

function placeGateways(wanted: readonly Wanted[], gateways: readonly string[], fail: Fail): void {
  for (const text of gateways) {
    const ip = parseIp(text);
    if (ip === undefined) throw fail(`gateway ${text} is no address`);
    const place = wanted.find(({ subnet }) => contains(subnet, ip));
    if (place === undefined) throw fail(`gateway ${text} is in none of its subnets`);
    if (!isHost(place.subnet, ip))
      throw fail(`gateway ${text} is no host's address in ${formatSubnet(place.subnet)}`);
    if (place.gateway !== undefined)
      throw fail(`gateway ${text}: ${formatSubnet(place.subnet)} has one already`);
    place.gateway = ip;
  }
}

function placeRanges(wanted: readonly Wanted[], ranges: readonly string[], fail: Fail): void {
  for (const text of ranges) {
    const range = parseSubnet(text);
    if (range === undefined) throw fail(`range ${text} is no subnet`);
    const first = ipFromNumber(range.base, range.bits);
    const place = wanted.find(({ subnet }) => contains(subnet, first) && range.prefix >= subnet.prefix);
    if (place === undefined) throw fail(`range ${text} is in none of its subnets`);
    if (place.range !== undefined) throw fail(`range ${text}: ${formatSubnet(place.subnet)} has one already`);
    place.range = range;
  }
}

function placeReserved(wanted: readonly Wanted[], reserved: Record<string, string>, fail: Fail): void {
  for (const [name, text] of Object.entries(reserved)) {
    const ip = parseIp(text);
    const place = ip === undefined ? undefined : wanted.find(({ subnet }) => contains(subnet, ip));
    if (place === undefined) throw fail(`address ${name}=${text} is in none of its subnets`);
    place.reserved[name] = ip!.text;
  }
}
