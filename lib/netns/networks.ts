/**
 * What this room knows of a network. RUNROOT/networks/NAME/network.json is a network that is up: what it was brought up
 * with, so that whatever tears down or restores needs nothing else. A reboot drops it together with the interface.
 *
 * The default network has no other record: the next use after a boot makes it anew, with the same subnet while that is
 * free. The networks that people make are kept in ROOT, which is the storage's room.
 */
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { AT_FDCWD, close, O, open, tryLinkAt, tryUnlinkAt, writeAll } from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { ensureFolder, readFolder } from './folder.ts';
import { formatSubnet, ipFromNumber } from './ip.ts';
import { chooseSubnet, DEFAULT_POOL, lookAtHost } from './pools.ts';

export interface NetworkSubnet {
  /** `10.87.0.0/16`, `fd00::/64` */
  subnet: string;
  /** The way out of it: the bridge's own address; of macvlan and ipvlan another machine's. */
  gateway?: string;
  /** Addresses that nobody asked for are taken from here alone: a subnet. */
  range?: string;
  /** Addresses that are never given: those of other machines, by names of the person's. */
  reserved?: Record<string, string>;
}

export interface NetworkRoute {
  destination: string;
  gateway: string;
  metric?: number;
}

export interface Network {
  version: 1;
  /** What a person calls it: `bridge`. */
  name: string;
  /** 64 hexadecimal digits. */
  id: string;
  driver: 'bridge' | 'macvlan' | 'ipvlan';
  /** The bridge's name; of macvlan and ipvlan the host's interface that they stand on. */
  interface: string;
  /** A container gets an address of each. */
  subnets: NetworkSubnet[];
  /** Bytes; the uplink's, so that no packet needs to be cut on its way out. */
  mtu: number;
  /** No way out, and no default route. */
  internal?: boolean;
  /** Bridges do not reach each other, but `open` ones each other. */
  isolation?: 'open';
  /** Whether its containers reach each other, but where a link opens a port (Docker's enable_icc). */
  icc?: boolean;
  /** False: packets go out with the container's own address. */
  masquerade?: boolean;
  /** The host's address that ports are published on when none is given. */
  hostBinding?: string;
  /** 802.1Q id of the bridge's ports; the bridge filters by it then. */
  vlan?: number;
  /** Of macvlan: bridge, private, vepa, passthru; of ipvlan: l2, l3, l3s. */
  linkMode?: string;
  /** Names are resolved, by aardvark-dns on the gateway's address. */
  dns?: boolean;
  /** Whom it asks for other names; none: the host's servers. */
  dnsServers?: string[];
  /** No default route by this network. */
  noDefaultRoute?: boolean;
  routes?: NetworkRoute[];
}

export const DEFAULT_NETWORK = 'bridge';
const DEFAULT_RUN_ROOT = '/run/proa';

/** RUNROOT/networks/NAME: the network's record while it is up, and its leases. */
export function networkFolder(runRoot: string, name: string): string {
  return `${runRoot}/networks/${name}`;
}

/** The network of this name as it was brought up; undefined when it is not up. */
export function findNetwork(runRoot: string, name: string): Network | undefined {
  return readRecord<Network>(`${networkFolder(runRoot, name)}/network.json`);
}

/** The default network as it is; undefined when nothing made it since the boot. */
export function findDefaultNetwork(runRoot: string): Network | undefined {
  return findNetwork(runRoot, DEFAULT_NETWORK);
}

/** All networks that are up. */
export function listNetworks(runRoot: string): Network[] {
  return readFolder(`${runRoot}/networks`)
    .map((name) => findNetwork(runRoot, name))
    .filter((network) => network !== undefined);
}

/**
 * The default network, made when this is its first use. Of processes that make it at the same time, one record wins
 * and all use that.
 * @param reserved subnets of networks that may come up later
 * @throws ProaError NO_FREE_SUBNET
 */
export function defaultNetwork(runRoot: string, reserved: () => readonly string[] = () => []): Network {
  return findDefaultNetwork(runRoot) ?? recordNetwork(runRoot, newDefaultNetwork(runRoot, reserved()));
}

/**
 * Notes that a network is up.
 * @returns what is noted: the first record wins (link(2) does not replace)
 */
export function recordNetwork(runRoot: string, network: Network): Network {
  const folder = networkFolder(runRoot, network.name);
  const file = `${folder}/network.json`;
  ensureFolder(`${folder}/leases`);
  const temporary = `${file}.${process.pid}`;
  const fd = open(temporary, O.WRONLY | O.CREAT | O.TRUNC, 0o600);
  try {
    writeAll(fd, Buffer.from(`${JSON.stringify(network)}\n`), temporary);
    const EEXIST = -17;
    const linked = tryLinkAt(AT_FDCWD, temporary, AT_FDCWD, file);
    if (linked !== EEXIST) check(linked, 'record network', file);
  } finally {
    close(fd);
    tryUnlinkAt(AT_FDCWD, temporary);
  }
  return findNetwork(runRoot, network.name) ?? network;
}

/** Notes that a network that is up was changed. */
export function replaceNetwork(runRoot: string, network: Network): void {
  if (findNetwork(runRoot, network.name) === undefined) return;
  writeRecord(`${networkFolder(runRoot, network.name)}/network.json`, network);
}

function newDefaultNetwork(runRoot: string, reserved: readonly string[]): Network {
  const { taken, servers, mtu } = lookAtHost(reserved);
  const subnet = chooseSubnet(DEFAULT_POOL, taken, servers);
  return {
    version: 1,
    name: DEFAULT_NETWORK,
    id: new Bun.CryptoHasher('sha256').update(`${DEFAULT_NETWORK} ${runRoot}`).digest('hex'),
    driver: 'bridge',
    interface: bridgeName(runRoot),
    subnets: [{ subnet: formatSubnet(subnet), gateway: ipFromNumber(subnet.base + 1n).text }],
    mtu,
  };
}

/** Another run root (`--runroot`) has its own leases, so it needs its own bridge. */
function bridgeName(runRoot: string): string {
  if (runRoot === DEFAULT_RUN_ROOT) return 'proa0';
  return `proa${new Bun.CryptoHasher('sha256').update(runRoot).digest('hex').slice(0, 8)}`;
}
