/** `network create`: from options, Docker's and Podman's, to a record. Nothing of it is up before its first use. */
import { ProaError } from '../../core/error.ts';
import { lockBriefly } from '../../core/lock.ts';
import { requireFeatures } from '../../netns/features.ts';
import { INTERFACE_NAME_MAX } from '../../netns/links.ts';
import { type HostView, lookAtHost } from '../../netns/pools.ts';
import {
  listNetworkRecords,
  type NetworkRecord,
  networkExists,
  networksFolder,
  publishNetwork,
  readNetwork,
  validateNetworkName,
} from '../../storage/networks.ts';
import { defaultPlaces, type Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { type DriverOptions, readDriverOptions } from './driver-options.ts';
import { forNetns, isDefaultNetwork } from './live.ts';
import { chooseSubnets, type SubnetRequest } from './subnets.ts';

export interface NetworkRequest extends SubnetRequest {
  name: string;
  driver: string;
  labels: Record<string, string>;
  /** KEY=VALUE of --opt. */
  options: Record<string, string>;
  internal: boolean;
  attachable: boolean;
  /** Names are resolved. */
  dns: boolean;
  dnsServers: string[];
  interfaceName?: string | undefined;
  routes: NonNullable<NetworkRecord['routes']>;
  ipamDriver?: string | undefined;
  ipamOptions: Record<string, string>;
  /** One of that name that is there already is fine. */
  ignore?: boolean | undefined;
}

/**
 * Makes a network.
 * @returns its record
 * @throws ProaError NETWORK_EXISTS, INVALID_NAME, UNKNOWN_DRIVER, INVALID_OPTION, INVALID_SUBNET, SUBNET_IN_USE,
 *   NO_FREE_SUBNET, KERNEL_FEATURE_MISSING
 */
export function createNetwork({ store, identity }: Engine, request: NetworkRequest): NetworkRecord {
  const { name } = request;
  if (isDefaultNetwork(name)) {
    throw new ProaError(
      'NETWORK_EXISTS',
      `create network ${name}: operation is not permitted on predefined ${name} network`,
    );
  }
  validateNetworkName(name);
  const driver = driverOf(request);
  const options = readDriverOptions(driver, request);
  // Two that are made at the same time must see each other's subnets.
  using _ = lockBriefly(networksFolder(store));
  const known = readNetwork(store, name);
  if (known !== undefined && request.ignore) return known;
  if (known !== undefined) throw networkExists(name);
  const others = listNetworkRecords(store, []);
  const host = lookAtHost([]);
  const id = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex');
  const record: NetworkRecord = {
    version: 1,
    name,
    id,
    created: new Date().toISOString(),
    driver,
    labels: request.labels,
    options: request.options,
    ...(request.attachable && { attachable: true }),
    ...(Object.keys(request.ipamOptions).length > 0 && { ipamOptions: request.ipamOptions }),
    interface: interfaceOf(driver, request, options, id, others, host),
    subnets:
      request.ipamDriver === 'none'
        ? []
        : chooseSubnets(driver, { ...request, pool: poolOf(store) }, others, host),
    mtu: options.mtu ?? host.mtu,
    ...(request.internal && { internal: true }),
    ...options.flags,
    // A name server needs an address on the host.
    ...(driver === 'bridge' && request.dns && request.ipamDriver !== 'none' && { dns: true }),
    ...(request.dnsServers.length > 0 && { dnsServers: request.dnsServers }),
    ...(request.routes.length > 0 && { routes: request.routes }),
  };
  if (!identity.rootless) requireFeatures(forNetns(store, record));
  publishNetwork(store, record);
  return record;
}

/** The machine's own store begins with the first. */
function poolOf({ root, runRoot }: Store): string | undefined {
  const usual = defaultPlaces({ rootless: false, uid: 0 });
  return root === usual.root ? undefined : `${root} ${runRoot}`;
}

const DRIVERS = ['bridge', 'macvlan', 'ipvlan'] as const;

function driverOf({ name, driver, ipamDriver }: NetworkRequest): NetworkRecord['driver'] {
  const fail = (why: string, hint: string): ProaError =>
    new ProaError('UNKNOWN_DRIVER', `create network ${name}: ${why}`, { hint });
  if (!['host-local', 'default', 'none', undefined].includes(ipamDriver))
    throw fail(`there is no address driver ${ipamDriver}`, 'Address drivers: host-local (default), none');
  const found = DRIVERS.find((known) => known === driver);
  if (found !== undefined) return found;
  if (driver === 'host' || driver === 'none' || driver === 'null') {
    const word = driver === 'null' ? 'none' : driver;
    throw fail(`only one instance of "${word}" network is allowed`, `proa run --network ${word}`);
  }
  throw fail(`there is no driver ${JSON.stringify(driver)}`, `Drivers: ${DRIVERS.join(', ')}`);
}

/** The bridge's name, which must be free, or the interface that macvlan and ipvlan stand on. */
function interfaceOf(
  driver: NetworkRecord['driver'],
  request: NetworkRequest,
  options: DriverOptions,
  id: string,
  others: readonly NetworkRecord[],
  host: HostView,
): string {
  const { name } = request;
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `create network ${name}: ${why}`);
  const { interfaces: present, uplink } = host;
  if (driver !== 'bridge') {
    const parent = options.parent ?? request.interfaceName ?? uplink;
    if (parent !== undefined && present.includes(parent)) return parent;
    throw fail('INTERFACE_NOT_FOUND', `parent interface ${parent ?? 'of the default route'} was not found`);
  }
  const wanted = options.bridgeName ?? request.interfaceName;
  // The prefix lets it through a firewall's FORWARD, see netns/ruleset.ts.
  if (wanted === undefined) return `proa${id.slice(0, 10)}`;
  if (wanted.length > INTERFACE_NAME_MAX || !/^[^\s/:"]+$/.test(wanted) || wanted === '.' || wanted === '..')
    throw fail('INVALID_OPTION', `${JSON.stringify(wanted)} is no name for an interface`);
  const other = others.find((network) => network.driver === 'bridge' && network.interface === wanted);
  if (other !== undefined)
    throw fail('INTERFACE_IN_USE', `bridge name ${wanted} is that of network ${other.name}`);
  if (present.includes(wanted)) throw fail('INTERFACE_IN_USE', `interface ${wanted} exists already`);
  return wanted;
}
