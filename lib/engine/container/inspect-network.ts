/** A container's network in the words of Docker's API: NetworkSettings. */

import { DEFAULT_NETWORK } from '../../netns/networks.ts';
import type { Endpoint } from '../../netns/status.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import type { Container, ContainerConfig, NetworkAttachment } from '../../storage/containers.ts';
import { namespacePath, type Store } from '../../storage/store.ts';
import { attachmentsOf, wiringOf } from '../network/attachments.ts';
import { currentPorts } from './ports.ts';

type Binding = { HostIp: string; HostPort: string };

/** Addresses and ports as they are now; empty when the container does not run. */
export function inspectNetwork(store: Store, container: Container) {
  const { config, state } = container;
  const up = state.status === 'running' || state.status === 'paused';
  // A network of another container is told of there.
  const wiring = wiringOf(config.network);
  const status = up ? (state.network as unknown as NetworkStatus | undefined) : undefined;
  const { mode } = config.network;
  // As Docker: what stands here itself is of the default network alone.
  const own = mode === DEFAULT_NETWORK || wiring !== 'bridge';
  const networks =
    wiring === 'bridge'
      ? Object.fromEntries(
          attachmentsOf(config).map((place) => [place.name, networkOf(config, place, status)]),
        )
      : { [mode]: plainNetwork(config, status) };
  return {
    Bridge: '',
    SandboxID: up && wiring !== 'joined' ? config.id : '',
    SandboxKey: up ? sandboxKey(store, container) : '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...addressesIn(config, mode, own ? status : undefined),
    Networks: wiring === 'joined' ? {} : networks,
  };
}

/** Its place in one network. */
function networkOf(config: ContainerConfig, place: NetworkAttachment, status: NetworkStatus | undefined) {
  const endpoint = endpointsOf(status).find(({ network }) => network === place.name);
  const { ip, ip6, aliases } = place;
  const short = config.id.slice(0, 12);
  const isOwn = place.name !== DEFAULT_NETWORK;
  return {
    IPAMConfig:
      ip === undefined && ip6 === undefined
        ? null
        : { ...(ip && { IPv4Address: ip }), ...(ip6 && { IPv6Address: ip6 }) },
    Links: null,
    Aliases: isOwn ? [...(aliases ?? []), short] : null,
    DriverOpts: null,
    NetworkID: endpoint?.networkId ?? '',
    ...addressesIn(config, place.name, endpoint),
    DNSNames: isOwn ? [...new Set([config.name, ...(aliases ?? []), short])] : null,
  };
}

function plainNetwork(config: ContainerConfig, status: NetworkStatus | undefined) {
  return {
    ...{ IPAMConfig: null, Links: null, Aliases: null, DriverOpts: null, NetworkID: '' },
    ...addressesIn(config, config.network.mode, status),
    DNSNames: null,
  };
}

function addressesIn(config: ContainerConfig, network: string, endpoint: Partial<Endpoint> | undefined) {
  return {
    EndpointID: endpoint === undefined ? '' : endpointId(config, network),
    Gateway: endpoint?.gateway ?? '',
    GlobalIPv6Address: endpoint?.ip6 ?? '',
    GlobalIPv6PrefixLen: endpoint?.prefix6 ?? 0,
    IPAddress: endpoint?.ip ?? '',
    IPPrefixLen: endpoint?.prefix ?? 0,
    IPv6Gateway: endpoint?.gateway6 ?? '',
    MacAddress: endpoint?.mac ?? '',
  };
}

/** What ties a container to a network: one thing here, so it is named after both. */
export function endpointId({ id }: Pick<ContainerConfig, 'id'>, network: string): string {
  return new Bun.CryptoHasher('sha256').update(`endpoint ${network} ${id}`).digest('hex');
}

/** The file of the container's network namespace: pinned where we made it, otherwise the process's own. */
function sandboxKey(store: Store, { config, state }: Container): string {
  if (/^(container|ns):/.test(config.network.mode)) return '';
  switch (config.network.mode) {
    case 'host':
      return '';
    case 'none':
      return `/proc/${state.process?.pid}/ns/net`;
    default:
      return namespacePath(store, config.id);
  }
}

/** `{"80/tcp": [{HostIp, HostPort}]}`; null for a port that is exposed and not published. */
export function portMap(container: Container): Record<string, Binding[] | null> {
  const map: Record<string, Binding[] | null> = {};
  for (const { containerPort, protocol, published } of currentPorts(container)) {
    const key = `${containerPort}/${protocol}`;
    if (published === undefined) map[key] ??= null;
    else map[key] = [...(map[key] ?? []), { HostIp: published.hostIp, HostPort: String(published.hostPort) }];
  }
  return map;
}
