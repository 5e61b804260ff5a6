/** `inspect` of a network, in Docker's structure. Networks are the modes that a container may be created with. */
import { statSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import type { NetworkStatus } from '../../netns/network.ts';
import { findDefaultNetwork, networkFolder } from '../../netns/networks.ts';
import { type Container, listContainers } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { endpointId } from '../container/inspect-network.ts';
import { observeState } from '../container/state.ts';
import type { Engine } from '../engine.ts';

/** By their names, with Docker's word for what makes them. */
const DRIVERS: Readonly<Record<string, string>> = {
  bridge: 'bridge',
  host: 'host',
  none: 'null',
  pasta: 'pasta',
};

/** @throws ProaError NETWORK_NOT_FOUND */
export function inspectNetworkNamed({ store, identity }: Engine, wanted: string) {
  const bridge = findDefaultNetwork(store.runRoot);
  const isBridgeId = wanted.length >= 12 && bridge?.id.startsWith(wanted);
  const name = isBridgeId ? bridge!.name : wanted;
  // A user has no bridge on the host, and root no need for pasta.
  const absent = identity.rootless ? 'bridge' : 'pasta';
  if (!Object.hasOwn(DRIVERS, name) || name === absent) {
    throw new ProaError('NETWORK_NOT_FOUND', `find network ${wanted}: no such network`, {
      hint: `Networks: ${Object.keys(DRIVERS)
        .filter((known) => known !== absent)
        .join(', ')}`,
    });
  }
  const record = name === 'bridge' ? bridge : undefined;
  return {
    Name: name,
    Id: record?.id ?? networkId(name),
    Created: record === undefined ? '0001-01-01T00:00:00Z' : createdAt(store, name),
    Scope: 'local',
    Driver: DRIVERS[name]!,
    EnableIPv6: false,
    IPAM: {
      Driver: 'default',
      Options: null,
      // The subnet is chosen when the first container needs it.
      Config: record === undefined ? [] : [{ Subnet: record.subnet, Gateway: record.gateway }],
    },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: endpointsOf(store, name),
    Options:
      record === undefined
        ? {}
        : {
            'com.docker.network.bridge.default_bridge': 'true',
            'com.docker.network.bridge.name': record.bridge,
            'com.docker.network.driver.mtu': String(record.mtu),
          },
    Labels: {},
  };
}

/** The id of a network that has no record, always the same. */
function networkId(name: string): string {
  return new Bun.CryptoHasher('sha256').update(`network ${name}`).digest('hex');
}

function createdAt(store: Store, name: string): string {
  return statSync(`${networkFolder(store.runRoot, name)}/network.json`).mtime.toISOString();
}

/** Running containers on the network. */
function usersOf(store: Store, name: string): Container[] {
  return listContainers(store, [])
    .filter(({ config }) => config.network.mode === name)
    .map((container) => ({ ...container, state: observeState(store, container) }))
    .filter(({ state: { status } }) => status === 'running' || status === 'paused');
}

/** By container id. Without a prototype, by which templates know a map. */
function endpointsOf(store: Store, name: string): Record<string, object> {
  const endpoints: Record<string, object> = Object.create(null);
  for (const container of usersOf(store, name)) endpoints[container.config.id] = endpoint(container);
  return endpoints;
}

function endpoint({ config, state }: Container) {
  const status = state.network as unknown as NetworkStatus | undefined;
  return {
    Name: config.name,
    EndpointID: endpointId(config),
    MacAddress: status?.mac ?? '',
    IPv4Address: status?.ip ? `${status.ip}/${status.prefix}` : '',
    IPv6Address: '',
  };
}
