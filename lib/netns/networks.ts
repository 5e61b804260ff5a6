/**
 * The record of a bridge network, and how the default one comes to be. The default network is kept in RUNROOT, as its
 * interface is: a reboot drops both, and the next use makes both again, with the same subnet while it is free.
 */
import { readRecord } from '../core/atomic-file.ts';
import { ProaError } from '../core/error.ts';
import { AT_FDCWD, close, O, open, tryLinkAt, tryUnlinkAt, writeAll } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { NETLINK_ROUTE } from '../core/sys/netlink.ts';
import { ensureFolder } from './folder.ts';
import {
  contains,
  formatSubnet,
  ipFromNumber,
  overlap,
  parseIp,
  parseSubnet,
  type Subnet,
  toNumber,
} from './ip.ts';
import { listLinks } from './links.ts';
import { NetlinkSocket } from './netlink.ts';
import { hostNameservers } from './resolv-conf.ts';
import { defaultRouteOf, listRoutes } from './routes.ts';

export interface BridgeNetwork {
  version: 1;
  /** What a person calls it: `bridge`. */
  name: string;
  /** 64 hexadecimal digits. */
  id: string;
  /** The interface's name. */
  bridge: string;
  /** `10.87.0.0/16` */
  subnet: string;
  /** The bridge's own address, the subnet's first. */
  gateway: string;
  /** Bytes; the uplink's, so that no packet needs to be cut on its way out. */
  mtu: number;
}

export const DEFAULT_NETWORK = 'bridge';
const DEFAULT_RUN_ROOT = '/run/proa';
const DEFAULT_MTU = 1500;

/**
 * Where the default network's subnet is looked for, first free first. Left out are Docker's pool (172.17-31.0.0/16,
 * 192.168.0.0/16), Podman's (10.88.0.0/16 and up), and what Kubernetes, LXD and home routers like: their networks may
 * come up later than ours. What follows is for hosts whose routes cover all of 10.0.0.0/8.
 */
function* candidates(): Generator<Subnet> {
  for (let second = 87; second >= 64; second--) yield parseSubnet(`10.${second}.0.0/16`)!;
  for (let third = 252; third >= 200; third -= 4) yield parseSubnet(`172.16.${third}.0/22`)!;
  for (let third = 248; third >= 200; third -= 8) yield parseSubnet(`192.168.${third}.0/21`)!;
}

/** RUNROOT/networks/NAME: the network's leases, and the default network's record. */
export function networkFolder(runRoot: string, name: string): string {
  return `${runRoot}/networks/${name}`;
}

/** The default network as it is; undefined when nothing made it since the boot. */
export function findDefaultNetwork(runRoot: string): BridgeNetwork | undefined {
  return readRecord<BridgeNetwork>(recordFile(runRoot));
}

/**
 * The default network, made when this is its first use. Of processes that make it at the same time, one record wins
 * (link(2) does not replace) and all use that.
 * @throws ProaError NO_FREE_SUBNET
 */
export function defaultNetwork(runRoot: string): BridgeNetwork {
  const found = findDefaultNetwork(runRoot);
  if (found !== undefined) return found;
  const folder = networkFolder(runRoot, DEFAULT_NETWORK);
  ensureFolder(`${folder}/leases`);
  const temporary = `${folder}/network.json.${process.pid}`;
  const fd = open(temporary, O.WRONLY | O.CREAT | O.TRUNC, 0o600);
  try {
    writeAll(fd, Buffer.from(`${JSON.stringify(newDefaultNetwork(runRoot))}\n`), temporary);
    const EEXIST = -17;
    const linked = tryLinkAt(AT_FDCWD, temporary, AT_FDCWD, recordFile(runRoot));
    if (linked !== EEXIST) check(linked, 'record network', recordFile(runRoot));
  } finally {
    close(fd);
    tryUnlinkAt(AT_FDCWD, temporary);
  }
  return findDefaultNetwork(runRoot)!;
}

/**
 * A subnet for a new network that nothing on this host uses.
 * @throws ProaError NO_FREE_SUBNET
 */
export function chooseSubnet(taken: readonly Subnet[], avoid: readonly number[]): Subnet {
  for (const candidate of candidates()) {
    const free = !taken.some((other) => overlap(candidate, other));
    if (free && !avoid.some((address) => contains(candidate, address))) return candidate;
  }
  throw new ProaError('NO_FREE_SUBNET', 'choose a subnet: the routes of this host cover every private one', {
    hint: 'ip route',
  });
}

function newDefaultNetwork(runRoot: string): BridgeNetwork {
  using socket = NetlinkSocket.open(NETLINK_ROUTE);
  const routes = listRoutes(socket);
  const taken = routes
    .filter((route) => route.prefix > 0)
    .map((route) => ({ base: toNumber(route.destination), prefix: route.prefix }));
  // Name servers may lie behind the default route alone; a subnet of ours over them would cut them off.
  const servers = hostNameservers()
    .map((server) => parseIp(server)?.bytes)
    .filter((bytes) => bytes?.length === 4)
    .map((bytes) => toNumber(bytes!));
  const subnet = chooseSubnet(taken, servers);
  const uplink = defaultRouteOf(routes)?.interface;
  const mtu = listLinks(socket).find((link) => link.index === uplink)?.mtu ?? DEFAULT_MTU;
  return {
    version: 1,
    name: DEFAULT_NETWORK,
    id: new Bun.CryptoHasher('sha256').update(`${DEFAULT_NETWORK} ${runRoot}`).digest('hex'),
    bridge: bridgeName(runRoot),
    subnet: formatSubnet(subnet),
    gateway: ipFromNumber(subnet.base + 1).text,
    mtu,
  };
}

/** Another run root (`--runroot`) has its own leases, so it needs its own bridge. */
function bridgeName(runRoot: string): string {
  if (runRoot === DEFAULT_RUN_ROOT) return 'proa0';
  return `proa${new Bun.CryptoHasher('sha256').update(runRoot).digest('hex').slice(0, 8)}`;
}

function recordFile(runRoot: string): string {
  return `${networkFolder(runRoot, DEFAULT_NETWORK)}/network.json`;
}
