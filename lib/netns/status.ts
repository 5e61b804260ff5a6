/** What a container's network is, as its record keeps it. Types and looks at them alone: every `ps` loads this. */
import type { OpenedPort } from './firewall.ts';
import type { NetworkHelper } from './helper.ts';
import type { PublishedPort } from './ports.ts';

/** `pasta` is a user's own network, by slirp4netns where pasta is not installed and no options are given. */
export type NetworkMode = 'none' | 'host' | 'bridge' | 'pasta' | 'slirp4netns';

/** What a container has in one network; JSON. */
export interface Endpoint {
  /** The network's name and id. */
  network: string;
  networkId: string;
  /** The interface in the container. */
  interface: string;
  /** Its other end on the host, of a bridge. */
  hostInterface?: string;
  ip?: string;
  prefix?: number;
  gateway?: string;
  ip6?: string;
  prefix6?: number;
  gateway6?: string;
  mac?: string;
  /** Addresses of further subnets, each with its length. */
  secondary?: string[];
  aliases?: string[];
}

/**
 * What a container's network is; JSON. What its first network gave it stands here itself, and is absent for `none` and
 * `host`.
 */
export interface NetworkStatus extends Partial<Endpoint> {
  mode: NetworkMode;
  /** Its further networks. */
  further?: Endpoint[];
  ports: PublishedPort[];
  /** Name servers of the networks themselves, to be asked before the host's. */
  nameservers: string[];
  /** They answer for all names: nobody else is to be asked. */
  resolvesAll?: boolean;
  /** The address by which the container reaches its host; absent when there is none. */
  hostAddress?: string;
  helper?: NetworkHelper;
  /** What links opened to it. */
  opened?: OpenedPort[];
}

/** What a container has in each of its networks, the first one first. */
export function endpointsOf(status: NetworkStatus | undefined): Endpoint[] {
  if (status?.network === undefined) return [];
  const {
    mode,
    further = [],
    ports,
    nameservers,
    resolvesAll,
    hostAddress,
    helper,
    opened,
    ...first
  } = status;
  return [first as Endpoint, ...further];
}

/** The addresses by which a container is known in its networks. */
export function ownAddresses(status: NetworkStatus): string[] {
  return [status, ...(status.further ?? [])]
    .flatMap(({ ip, ip6 }) => [ip, ip6])
    .filter((address) => address !== undefined);
}

/** All addresses that an endpoint holds. */
export function addressesOf({ ip, ip6, secondary = [] }: Partial<Endpoint>): string[] {
  const further = secondary.map((address) => address.replace(/\/\d+$/, ''));
  return [ip, ip6, ...further].filter((address) => address !== undefined);
}
