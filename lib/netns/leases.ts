/**
 * Address leases: RUNROOT/networks/NAME/leases/ADDRESS is a symbolic link whose target is the container's id. Making
 * the link is the test for uniqueness, so taking an address needs no lock. Whatever removes or replaces a lease holds
 * the folder's flock meanwhile (for a few system calls), so nobody ever removes a lease that changed hands just now.
 */
import { ProaError } from '../core/error.ts';
import {
  AT_FDCWD,
  close,
  O,
  open,
  tryOpenAt,
  tryRead,
  trySymlinkAt,
  tryUnlinkAt,
  tryWriteAll,
} from '../core/sys/file.ts';
import { check } from '../core/sys/libc.ts';
import { readLink } from '../core/sys/symlink.ts';
import { ensureFolder, lockFolder, readFolder } from './folder.ts';
import {
  contains,
  type IpAddress,
  ipFromNumber,
  knownIp,
  knownSubnet,
  type Subnet,
  sizeOf,
  toNumber,
} from './ip.ts';
import { type Network, type NetworkSubnet, networkFolder } from './networks.ts';

const EEXIST = -17;
const ENOENT = -2;
/** How many addresses are tried. */
const SEARCH_LIMIT = 1n << 17n;
/** Digits of 2^128. */
const LAST_WIDTH = 40;

/**
 * Takes a free address of one of the network's subnets: the next after the one that was taken last, so that an address
 * rests as long as possible before it is used again. When none is free, one whose container is gone.
 * @param isAlive whether a container still needs what it holds
 * @throws ProaError NO_FREE_ADDRESS
 */
export function takeLease(
  runRoot: string,
  network: Network,
  index: number,
  id: string,
  isAlive: (id: string) => boolean,
): IpAddress {
  const folder = leaseFolder(runRoot, network);
  const entry = network.subnets[index]!;
  const subnet = knownSubnet(entry.subnet);
  const { first, count } = poolOf(entry, subnet);
  const never = neverGiven(entry);
  const last = readLast(runRoot, network, index) % count;
  // Nobody fills an IPv6 subnet; the limit keeps a search in one from being endless.
  const steps = count < SEARCH_LIMIT ? count : SEARCH_LIMIT;
  for (const reclaim of [false, true]) {
    for (let step = 0n; step < steps; step++) {
      const offset = (last + step) % count;
      const ip = ipFromNumber(first + offset, subnet.bits);
      if (never.has(ip.text)) continue;
      if (reclaim ? takeOver(folder, ip.text, id, isAlive) : create(folder, ip.text, id)) {
        writeLast(runRoot, network, index, offset + 1n);
        return ip;
      }
    }
  }
  throw new ProaError(
    'NO_FREE_ADDRESS',
    `take an address of network ${network.name}: all of ${entry.range ?? entry.subnet} are in use`,
    { hint: 'proa ps' },
  );
}

/**
 * Takes a certain address.
 * @throws ProaError INVALID_ADDRESS outside the subnets, ADDRESS_IN_USE naming the holder
 */
export function takeAddress(
  runRoot: string,
  network: Network,
  id: string,
  address: string,
  containers: { isAlive(id: string): boolean; describe?(id: string): string },
): IpAddress {
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `use address ${address}: ${why}`);
  const ip = knownIp(address);
  const entry = network.subnets.find(({ subnet }) => isHost(knownSubnet(subnet), ip));
  if (entry === undefined) {
    const all = network.subnets.map(({ subnet }) => subnet).join(', ') || 'no subnet';
    throw fail('INVALID_ADDRESS', `it is no host's address in ${all}, the subnet of ${network.name}`);
  }
  if (ip.text === entry.gateway) throw fail('ADDRESS_IN_USE', 'it is the gateway');
  const folder = leaseFolder(runRoot, network);
  if (create(folder, ip.text, id)) return ip;
  if (takeOver(folder, ip.text, id, (holder) => containers.isAlive(holder))) return ip;
  const holder = readLink(`${folder}/${ip.text}`);
  const name =
    holder === undefined ? 'another container' : (containers.describe?.(holder) ?? holder.slice(0, 12));
  throw fail('ADDRESS_IN_USE', `${name} has it`);
}

/** Whether an address is one that a host of the subnet may have: not the subnet's own number, nor its broadcast's. */
export function isHost(subnet: Subnet, ip: IpAddress): boolean {
  if (!contains(subnet, ip)) return false;
  const { first, count } = hostsOf(subnet);
  const offset = toNumber(ip.bytes) - first;
  return offset >= 0n && offset < count;
}

/** The addresses that hosts may have; in a subnet of two or one all of them (RFC 3021). */
function hostsOf({ base, prefix, bits }: Subnet): { first: bigint; count: bigint } {
  const size = sizeOf({ base, prefix, bits });
  if (size <= 2n) return { first: base, count: size };
  // IPv6 has no broadcast address; its lowest is the routers' (RFC 4291, 2.6.1).
  return { first: base + 1n, count: size - (bits === 32 ? 2n : 1n) };
}

/** The addresses that are given by turns: those of the range, as far as hosts may have them. */
function poolOf({ range }: NetworkSubnet, subnet: Subnet): { first: bigint; count: bigint } {
  const hosts = hostsOf(subnet);
  if (range === undefined) return hosts;
  const part = knownSubnet(range);
  const first = later(part.base, hosts.first);
  const end = part.base + sizeOf(part);
  const last = hosts.first + hosts.count;
  return { first, count: (later(end, last) === end ? last : end) - first };
}

function later(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}

function neverGiven({ gateway, reserved }: NetworkSubnet): Set<string> {
  return new Set([...(gateway === undefined ? [] : [gateway]), ...Object.values(reserved ?? {})]);
}

/** Gives an address back, if the container holds it. */
export function releaseLease(runRoot: string, network: Network, id: string, address: string): void {
  const folder = leaseFolder(runRoot, network);
  using held = lockFolder(folder);
  if (held === undefined) return;
  const lease = `${folder}/${address}`;
  if (readLink(lease) === id) check(tryUnlinkAt(AT_FDCWD, lease), 'release lease', lease);
}

/** All leases of a network: address → container id. */
export function listLeases(runRoot: string, network: Network): Map<string, string> {
  const folder = leaseFolder(runRoot, network);
  const leases = new Map<string, string>();
  for (const address of readFolder(folder)) {
    const id = readLink(`${folder}/${address}`);
    if (id !== undefined) leases.set(address, id);
  }
  return leases;
}

function create(folder: string, address: string, id: string): boolean {
  let result = trySymlinkAt(id, AT_FDCWD, `${folder}/${address}`);
  if (result === ENOENT) {
    ensureFolder(folder);
    result = trySymlinkAt(id, AT_FDCWD, `${folder}/${address}`);
  }
  if (result === EEXIST) return false;
  check(result, 'take lease', `${folder}/${address}`);
  return true;
}

function takeOver(folder: string, address: string, id: string, isAlive: (id: string) => boolean): boolean {
  using _held = lockFolder(folder);
  const holder = readLink(`${folder}/${address}`);
  if (holder !== undefined) {
    if (holder !== id && isAlive(holder)) return false;
    check(tryUnlinkAt(AT_FDCWD, `${folder}/${address}`), 'reclaim lease', address);
  }
  return create(folder, address, id);
}

function leaseFolder(runRoot: string, network: Network): string {
  return `${networkFolder(runRoot, network.name)}/leases`;
}

/** A hint where to go on; wrong or missing only costs a few more steps, so it is neither locked nor checked. */
function readLast(runRoot: string, network: Network, index: number): bigint {
  const fd = tryOpenAt(AT_FDCWD, lastFile(runRoot, network, index), O.RDONLY);
  if (fd < 0) return 0n;
  const buffer = Buffer.alloc(LAST_WIDTH);
  const n = tryRead(fd, buffer);
  close(fd);
  const text = buffer.toString('latin1', 0, Math.max(n, 0)).trim();
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

function writeLast(runRoot: string, network: Network, index: number, offset: bigint): void {
  const fd = open(lastFile(runRoot, network, index), O.WRONLY | O.CREAT, 0o600);
  // Always of the same length, so that no truncation is needed that a reader could fall into.
  tryWriteAll(fd, Buffer.from(String(offset).padEnd(LAST_WIDTH)));
  close(fd);
}

function lastFile(runRoot: string, network: Network, index: number): string {
  return `${networkFolder(runRoot, network.name)}/last${index === 0 ? '' : `.${index}`}`;
}
