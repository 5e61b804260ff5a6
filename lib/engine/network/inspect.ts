/** `network inspect`, in Docker's structure. Networks are records, the default one, and modes that are called networks. */
import { statSync } from 'node:fs';
import { DEFAULT_NETWORK, findDefaultNetwork, networkFolder } from '../../netns/networks.ts';
import type { Endpoint } from '../../netns/status.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import { type Container, listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import { listNetworkRecords, type NetworkRecord } from '../../storage/networks.ts';
import type { Store } from '../../storage/store.ts';
import { endpointId } from '../container/inspect-network.ts';
import { observeState } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { networkNamesOf } from './attachments.ts';
import { isDefaultNetwork, networkNotFound } from './live.ts';
import { findNetworkRecord } from './resolve.ts';

/** A network as lists and `inspect` show it. */
export interface ShownNetwork {
  name: string;
  id: string;
  driver: string;
  created: string;
  builtin: boolean;
  /** Left out for what is not up, and for modes. */
  subnets: NetworkRecord['subnets'];
  interface: string;
  ipv6: boolean;
  internal: boolean;
  attachable: boolean;
  dns: boolean;
  dnsServers: string[];
  labels: Record<string, string>;
  options: Record<string, string>;
  routes: NonNullable<NetworkRecord['routes']>;
}

/** Those that are always there, with Docker's word for what makes them. */
const MODES: Readonly<Record<string, string>> = { host: 'host', none: 'null', pasta: 'pasta' };
const NEVER = '0001-01-01T00:00:00Z';

/** All networks, by name. */
export function listShownNetworks({ store, identity }: Engine, bad?: BadRecord[]): ShownNetwork[] {
  const modes = identity.rootless ? ['host', 'none', 'pasta'] : ['host', 'none'];
  const records = listNetworkRecords(store, bad).map(ofRecord);
  const all = [...(identity.rootless ? [] : [defaultShown(store)]), ...modes.map(ofMode), ...records];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * One network by its name, or the beginning of its id.
 * @throws ProaError NETWORK_NOT_FOUND, AMBIGUOUS
 */
export function findShownNetwork(engine: Engine, wanted: string): ShownNetwork {
  const { store } = engine;
  const record = isDefaultNetwork(wanted) ? undefined : findNetworkRecord(store, wanted);
  if (record !== undefined) return ofRecord(record);
  const name = isDefaultNetwork(wanted) ? DEFAULT_NETWORK : wanted;
  const found = listShownNetworks(engine, []).find(
    (network) =>
      network.builtin && (network.name === name || (name.length >= 12 && network.id.startsWith(name))),
  );
  if (found !== undefined) return found;
  throw networkNotFound(wanted);
}

/** @throws ProaError NETWORK_NOT_FOUND, AMBIGUOUS */
export function inspectNetworkNamed(engine: Engine, wanted: string) {
  const network = findShownNetwork(engine, wanted);
  return Object.assign(new PodmanFields(network), {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: 'local',
    Driver: network.driver,
    EnableIPv6: network.ipv6,
    IPAM: {
      Driver: 'default',
      Options: network.builtin ? null : {},
      Config: network.subnets.map(({ subnet, gateway, range, reserved }) => ({
        Subnet: subnet,
        ...(range !== undefined && { IPRange: range }),
        ...(gateway !== undefined && { Gateway: gateway }),
        ...(reserved && { AuxiliaryAddresses: reserved }),
      })),
    },
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: endpointsIn(engine.store, network.name),
    Options: network.options,
    Labels: network.labels,
  });
}

/** Podman's fields. They are inherited, so that JSON has Docker's and no others. */
class PodmanFields {
  readonly #network: ShownNetwork;

  constructor(network: ShownNetwork) {
    this.#network = network;
  }
  get ID(): string {
    return this.#network.id;
  }
  get NetworkInterface(): string {
    return this.#network.interface;
  }
  get Subnets(): object[] {
    return this.#network.subnets.map(({ subnet, gateway }) => ({ Subnet: subnet, Gateway: gateway ?? '' }));
  }
  get IPv6Enabled(): boolean {
    return this.#network.ipv6;
  }
  get DNSEnabled(): boolean {
    return this.#network.dns;
  }
  get NetworkDNSServers(): string[] {
    return this.#network.dnsServers;
  }
  get Routes(): object[] {
    return this.#network.routes.map(({ destination, gateway, metric }) => ({
      Destination: destination,
      Gateway: gateway,
      ...(metric !== undefined && { Metric: metric }),
    }));
  }
}

/** Running containers that are on a network, each with its place there. */
export function usersOf(store: Store, name: string): { container: Container; endpoint?: Endpoint }[] {
  return listContainers(store, [])
    .filter(({ config }) => networkNamesOf(config).includes(name))
    .map((container) => ({ ...container, state: observeState(store, container) }))
    .filter(({ state: { status } }) => status === 'running' || status === 'paused')
    .map((container) => {
      const status = container.state.network as unknown as NetworkStatus | undefined;
      const endpoint = endpointsOf(status).find(({ network }) => network === name);
      return { container, ...(endpoint && { endpoint }) };
    });
}

/** By container id. Without a prototype, by which templates know a map. */
function endpointsIn(store: Store, name: string): Record<string, object> {
  const endpoints: Record<string, object> = Object.create(null);
  for (const { container, endpoint } of usersOf(store, name)) {
    const { config } = container;
    endpoints[config.id] = {
      Name: config.name,
      EndpointID: endpointId(config, name),
      MacAddress: endpoint?.mac ?? '',
      IPv4Address: endpoint?.ip ? `${endpoint.ip}/${endpoint.prefix}` : '',
      IPv6Address: endpoint?.ip6 ? `${endpoint.ip6}/${endpoint.prefix6}` : '',
    };
  }
  return endpoints;
}

function ofRecord(record: NetworkRecord): ShownNetwork {
  const { name, id, driver, created, labels, options, subnets } = record;
  return {
    ...{ name, id, driver, created, builtin: false, labels, options, subnets },
    interface: record.interface,
    ipv6: subnets.some(({ subnet }) => subnet.includes(':')),
    internal: record.internal ?? false,
    attachable: record.attachable ?? false,
    dns: record.dns ?? false,
    dnsServers: record.dnsServers ?? [],
    routes: record.routes ?? [],
  };
}

function ofMode(name: string): ShownNetwork {
  return {
    ...{ name, id: networkId(name), driver: MODES[name] ?? name, created: NEVER, builtin: true },
    ...{ labels: {}, options: {}, subnets: [], interface: '', routes: [], dnsServers: [] },
    ...{ ipv6: false, internal: false, attachable: false, dns: false },
  };
}

/** The subnet is chosen when the first container needs it. */
function defaultShown(store: Store): ShownNetwork {
  const up = findDefaultNetwork(store.runRoot);
  const shown = { ...ofMode(DEFAULT_NETWORK), driver: 'bridge' };
  if (up === undefined) return shown;
  return {
    ...shown,
    id: up.id,
    created: statSync(`${networkFolder(store.runRoot, up.name)}/network.json`).mtime.toISOString(),
    subnets: up.subnets,
    interface: up.interface,
    options: {
      'com.docker.network.bridge.default_bridge': 'true',
      'com.docker.network.bridge.name': up.interface,
      'com.docker.network.driver.mtu': String(up.mtu),
    },
  };
}

/** The id of a network that has no record, always the same. */
function networkId(name: string): string {
  return new Bun.CryptoHasher('sha256').update(`network ${name}`).digest('hex');
}
