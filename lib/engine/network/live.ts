/** From the record of a network to a network that is up. */
import { ProaError } from '../../core/error.ts';
import { formatSubnet, knownSubnet, overlap } from '../../netns/ip.ts';
import { removeNetwork } from '../../netns/network.ts';
import {
  DEFAULT_NETWORK,
  defaultNetwork,
  findNetwork,
  type Network,
  recordNetwork,
} from '../../netns/networks.ts';
import { PASTA_DNS } from '../../netns/pasta.ts';
import { lookAtHost } from '../../netns/pools.ts';
import { listNetworkRecords, type NetworkRecord, readNetwork } from '../../storage/networks.ts';
import { isOfUser, type Store } from '../../storage/store.ts';

/** Words for the default network: Docker's and Podman's. */
export function isDefaultNetwork(name: string): boolean {
  return name === DEFAULT_NETWORK || name === 'podman';
}

/**
 * A network as the network room needs it, noted as being up. Interface and rules are made when a container connects.
 * @throws ProaError NETWORK_NOT_FOUND, NO_FREE_SUBNET
 */
export function liveNetwork(store: Store, name: string): Network {
  const { runRoot } = store;
  if (isDefaultNetwork(name)) return defaultNetwork(runRoot, () => reservedSubnets(store));
  const record = readNetwork(store, name);
  if (record === undefined) throw networkNotFound(name);
  const up = findNetwork(runRoot, name);
  // Of a network that was removed by somebody who was killed before the end of it.
  if (up !== undefined && up.id !== record.id) removeNetwork(runRoot, name);
  else if (up !== undefined) return up;
  requireFreeSubnets(record);
  return recordNetwork(runRoot, forNetns(store, record));
}

/** What was free when the network was made may be somebody's by now. @throws ProaError SUBNET_IN_USE */
function requireFreeSubnets({ name, driver, interface: own, subnets }: NetworkRecord): void {
  if (driver !== 'bridge') return;
  const { routes } = lookAtHost([]);
  for (const { subnet } of subnets) {
    const wanted = knownSubnet(subnet);
    const route = routes.find((other) => other.interface !== own && overlap(other, wanted));
    if (route === undefined) continue;
    const by = route.interface === '' ? 'a route of this host' : `the route by ${route.interface}`;
    throw new ProaError(
      'SUBNET_IN_USE',
      `bring up network ${name}: ${subnet} overlaps ${formatSubnet(route)}, ${by}`,
      { hint: `proa network rm ${name}, and make it with another --subnet` },
    );
  }
}

/** What the network room needs of a record. In a user's namespace the host's name servers are behind pasta. */
export function forNetns(store: Store, record: NetworkRecord): Network {
  const { created, labels, options, attachable, ipamOptions, ...network } = record;
  if (isOfUser(store) && network.dns) return { ...network, dnsServers: network.dnsServers ?? [PASTA_DNS] };
  return network;
}

/** Subnets of all networks that people made, whether or not they are up. */
export function reservedSubnets(store: Store): string[] {
  return listNetworkRecords(store, []).flatMap(({ subnets }) => subnets.map(({ subnet }) => subnet));
}

export function networkNotFound(name: string): ProaError {
  return new ProaError('NETWORK_NOT_FOUND', `network ${name} not found`, {
    hint: 'proa network ls lists all networks: bridge, host, none and those of your own',
  });
}
