/**
 * ROOT/networks/NAME/network.json: the networks that people made. What a network looks like while it is up is in RUNROOT
 * (the network room's); it comes up at its first use after a boot.
 *
 * The folder's lock is shared by whoever connects a container, and exclusive for who changes or removes the network.
 */
import { existsSync, readdirSync } from 'node:fs';
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { hasCode, ProaError } from '../core/error.ts';
import { type Lock, type LockMode, lock } from '../core/lock.ts';
import { discard, Staging } from '../core/staging.ts';
import { writeEvents } from './events.ts';
import type { BadRecord } from './images.ts';
import type { Store } from './store.ts';

export interface NetworkRecord {
  version: 1;
  name: string;
  /** 64 hexadecimal digits. */
  id: string;
  /** RFC 3339. */
  created: string;
  driver: 'bridge' | 'macvlan' | 'ipvlan';
  labels: Record<string, string>;
  /** KEY=VALUE of --opt as given; what they mean is below. */
  options: Record<string, string>;
  attachable?: boolean;
  ipamOptions?: Record<string, string>;

  // What the network room makes of it: see Network in netns/networks.ts.
  interface: string;
  subnets: { subnet: string; gateway?: string; range?: string; reserved?: Record<string, string> }[];
  mtu: number;
  internal?: boolean;
  isolation?: 'open';
  icc?: boolean;
  masquerade?: boolean;
  hostBinding?: string;
  vlan?: number;
  linkMode?: string;
  dns?: boolean;
  dnsServers?: string[];
  noDefaultRoute?: boolean;
  routes?: { destination: string; gateway: string; metric?: number }[];
}

/** Docker's rule for names of networks. */
const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
/** What a network cannot be called, as these words mean something else. */
const RESERVED = [
  'bridge',
  'podman',
  'host',
  'none',
  'default',
  'private',
  'pasta',
  'slirp4netns',
  'container',
  'ns',
];

/** @throws ProaError INVALID_NAME */
export function validateNetworkName(name: string): void {
  const fail = (why: string): ProaError =>
    new ProaError('INVALID_NAME', `use network name ${JSON.stringify(name)}: ${why}`);
  if (RESERVED.includes(name)) throw fail(`operation is not permitted on predefined ${name} network`);
  // The name server takes all files in its folder for networks but this one.
  if (!VALID.test(name) || name.length > 200 || name === 'aardvark.pid')
    throw fail('only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed');
}

export function networkPath(store: Store, name: string): string {
  return `${store.root}/networks/${name}`;
}

/** Undefined when there is none of that name. */
export function readNetwork(store: Store, name: string): NetworkRecord | undefined {
  return VALID.test(name) ? readRecord<NetworkRecord>(recordFile(store, name)) : undefined;
}

/** All networks that people made; unreadable ones go to `bad`, or throw when there is no `bad`. */
export function listNetworkRecords(store: Store, bad?: BadRecord[]): NetworkRecord[] {
  const networks: NetworkRecord[] = [];
  for (const name of networkNames(store)) {
    try {
      const record = readNetwork(store, name);
      if (record !== undefined) networks.push(record);
    } catch (error) {
      if (bad === undefined || !(error instanceof ProaError)) throw error;
      bad.push({ file: recordFile(store, name), error });
    }
  }
  return networks;
}

/** A store of an older Proa has no folder for them. */
export function networkNames(store: Store): string[] {
  const folder = `${store.root}/networks`;
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** @throws ProaError NETWORK_EXISTS */
export function publishNetwork(store: Store, record: NetworkRecord): void {
  using staging = Staging.open(store.tmp, `network-${crypto.randomUUID()}`);
  writeRecord(`${staging.path}/network.json`, record, { sync: true });
  try {
    staging.publish(networkPath(store, record.name), { sync: true })[Symbol.dispose]();
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
    throw networkExists(record.name);
  }
  tell(store, record, 'create');
}

export function networkExists(name: string): ProaError {
  return new ProaError('NETWORK_EXISTS', `create network ${name}: network with name ${name} already exists`);
}

/** The caller holds the lock. */
export function writeNetwork(store: Store, record: NetworkRecord): void {
  writeRecord(recordFile(store, record.name), record, { sync: true });
}

/** @throws ProaError ENOENT when the network is gone */
export function lockNetwork(store: Store, name: string, mode: LockMode): Promise<Lock> {
  return lock(networkPath(store, name), mode);
}

/** The folder that holds all records; who creates one holds its lock, so that no two get overlapping subnets. */
export function networksFolder(store: Store): string {
  return `${store.root}/networks`;
}

/** The caller holds the lock and knows that no container is connected. */
export function discardNetwork(store: Store, record: NetworkRecord): void {
  discard(networkPath(store, record.name), store.tmp);
  tell(store, record, 'destroy');
}

function recordFile(store: Store, name: string): string {
  return `${networkPath(store, name)}/network.json`;
}

function tell(store: Store, { id, name, driver }: NetworkRecord, action: 'create' | 'destroy'): void {
  writeEvents(store, { type: 'network', action, id, attributes: { name, type: driver } });
}
