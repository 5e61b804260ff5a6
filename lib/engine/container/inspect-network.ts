/** A container's network in the words of Docker's API: NetworkSettings. */
import type { NetworkStatus } from '../../netns/network.ts';
import type { Container, ContainerConfig } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { currentPorts } from './ports.ts';

type Binding = { HostIp: string; HostPort: string };

/** Addresses and ports as they are now; empty when the container does not run. */
export function inspectNetwork(store: Store, container: Container) {
  const { config, state } = container;
  const up = state.status === 'running' || state.status === 'paused';
  // A network of another container is told of there.
  const joined = /^(container|ns):/.test(config.network.mode);
  const status = up ? (state.network as unknown as NetworkStatus | undefined) : undefined;
  const addresses = {
    EndpointID: status === undefined ? '' : endpointId(config),
    Gateway: status?.gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: status?.ip ?? '',
    IPPrefixLen: status?.prefix ?? 0,
    IPv6Gateway: '',
    MacAddress: status?.mac ?? '',
  };
  return {
    Bridge: '',
    SandboxID: up && !joined ? config.id : '',
    SandboxKey: up ? sandboxKey(store, container) : '',
    Ports: portMap(container),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...addresses,
    Networks: joined
      ? {}
      : {
          [config.network.mode]: {
            IPAMConfig: config.network.ip === undefined ? null : { IPv4Address: config.network.ip },
            Links: null,
            Aliases: null,
            DriverOpts: null,
            NetworkID: status?.networkId ?? '',
            ...addresses,
            DNSNames: null,
          },
        },
  };
}

/** What ties a container to its network: one thing here, so it is named after both. */
export function endpointId({ id, network }: Pick<ContainerConfig, 'id' | 'network'>): string {
  return new Bun.CryptoHasher('sha256').update(`endpoint ${network.mode} ${id}`).digest('hex');
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
      return `${store.runRoot}/netns/${config.id}`;
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
