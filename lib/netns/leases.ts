/**
 * Address leases: RUNROOT/networks/NAME/leases/ADDRESS is a symbolic link whose target is the container's id. Making
 * the link is the test for uniqueness, so taking an address needs no lock. Whatever removes or replaces a lease holds
 * the folder's flock meanwhile (for a few system calls), so nobody ever removes a lease that changed hands just now.
 */
import { readdirSync } from 'node:fs';
import { hasCode, ProaError } from '../core/error.ts';
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
import { LOCK_EX, tryFlock } from '../core/sys/flock.ts';
import { check } from '../core/sys/libc.ts';
import { readLink } from '../core/sys/symlink.ts';
import { ensureFolder } from './folder.ts';
import { type IpAddress, ipFromNumber, knownIp, parseSubnet, sizeOf, toNumber } from './ip.ts';
import { type BridgeNetwork, networkFolder } from './networks.ts';

const EEXIST = -17;
const ENOENT = -2;

/**
 * Takes a free address: the next after the one that was taken last, so that an address rests as long as possible
 * before it is used again. When none is free, one whose container is gone.
 * @param isAlive whether a container still needs what it holds
 * @throws ProaError NO_FREE_ADDRESS
 */
export function takeLease(
  runRoot: string,
  network: BridgeNetwork,
  id: string,
  isAlive: (id: string) => boolean,
): IpAddress {
  const folder = leaseFolder(runRoot, network);
  const subnet = parseSubnet(network.subnet)!;
  const gateway = toNumber(knownIp(network.gateway).bytes);
  // All but the subnet's own number and its broadcast address.
  const count = sizeOf(subnet) - 2;
  const last = readLast(runRoot, network);
  for (const reclaim of [false, true]) {
    for (let step = 1; step <= count; step++) {
      const offset = ((last + step - 1) % count) + 1;
      if (subnet.base + offset === gateway) continue;
      const ip = ipFromNumber(subnet.base + offset);
      if (reclaim ? takeOver(folder, ip.text, id, isAlive) : create(folder, ip.text, id)) {
        writeLast(runRoot, network, offset);
        return ip;
      }
    }
  }
  throw new ProaError(
    'NO_FREE_ADDRESS',
    `take an address of network ${network.name}: all of ${network.subnet} are in use`,
    {
      hint: 'proa ps',
    },
  );
}

/**
 * Takes a certain address.
 * @throws ProaError INVALID_ADDRESS outside the subnet, ADDRESS_IN_USE naming the holder
 */
export function takeAddress(
  runRoot: string,
  network: BridgeNetwork,
  id: string,
  address: string,
  containers: { isAlive(id: string): boolean; describe?(id: string): string },
): IpAddress {
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `use address ${address}: ${why}`);
  const ip = knownIp(address);
  const subnet = parseSubnet(network.subnet)!;
  const number = ip.bytes.length === 4 ? toNumber(ip.bytes) : 0;
  const offset = number - subnet.base;
  if (offset < 1 || offset > sizeOf(subnet) - 2)
    throw fail(
      'INVALID_ADDRESS',
      `it is no host's address in ${network.subnet}, the subnet of ${network.name}`,
    );
  if (ip.text === network.gateway) throw fail('ADDRESS_IN_USE', 'it is the gateway');
  const folder = leaseFolder(runRoot, network);
  if (create(folder, ip.text, id)) return ip;
  if (takeOver(folder, ip.text, id, (holder) => containers.isAlive(holder))) return ip;
  const holder = readLink(`${folder}/${ip.text}`);
  const name =
    holder === undefined ? 'another container' : (containers.describe?.(holder) ?? holder.slice(0, 12));
  throw fail('ADDRESS_IN_USE', `${name} has it`);
}

/** Gives an address back, if the container holds it. */
export function releaseLease(runRoot: string, network: BridgeNetwork, id: string, address: string): void {
  const folder = leaseFolder(runRoot, network);
  using held = lockFolder(folder);
  if (held === undefined) return;
  const lease = `${folder}/${address}`;
  if (readLink(lease) === id) check(tryUnlinkAt(AT_FDCWD, lease), 'release lease', lease);
}

/** All leases of a network: address → container id. */
export function listLeases(runRoot: string, network: BridgeNetwork): Map<string, string> {
  const folder = leaseFolder(runRoot, network);
  const leases = new Map<string, string>();
  for (const address of readFolder(folder)) {
    const id = readLink(`${folder}/${address}`);
    if (id !== undefined) leases.set(address, id);
  }
  return leases;
}

/** The lock under which links are removed; undefined when the folder is gone, and everything in it. */
export function lockFolder(folder: string): Disposable | undefined {
  const fd = tryOpenAt(AT_FDCWD, folder, O.RDONLY | O.DIRECTORY);
  if (fd === ENOENT) return undefined;
  check(fd, 'open', folder);
  const locked = tryFlock(fd, LOCK_EX);
  if (locked < 0) {
    close(fd);
    check(locked, 'lock', folder);
  }
  return { [Symbol.dispose]: () => close(fd) };
}

/** The names in a folder; none when it is not there. */
export function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
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

function leaseFolder(runRoot: string, network: BridgeNetwork): string {
  return `${networkFolder(runRoot, network.name)}/leases`;
}

/** A hint where to go on; wrong or missing only costs a few more steps, so it is neither locked nor checked. */
function readLast(runRoot: string, network: BridgeNetwork): number {
  const fd = tryOpenAt(AT_FDCWD, `${networkFolder(runRoot, network.name)}/last`, O.RDONLY);
  if (fd < 0) return 0;
  const buffer = Buffer.alloc(16);
  const n = tryRead(fd, buffer);
  close(fd);
  return (n > 0 && Number.parseInt(buffer.toString('latin1', 0, n), 10)) || 0;
}

function writeLast(runRoot: string, network: BridgeNetwork, offset: number): void {
  const fd = open(`${networkFolder(runRoot, network.name)}/last`, O.WRONLY | O.CREAT, 0o600);
  // Always of the same length, so that no truncation is needed that a reader could fall into.
  tryWriteAll(fd, Buffer.from(String(offset).padEnd(12)));
  close(fd);
}
