/** `--link`: what a container learns of another one at its start, as Docker's "legacy container links". */
import { ProaError } from '../../core/error.ts';
import type { Protocol } from '../../netns/ports.ts';
import { endpointsOf, type NetworkStatus } from '../../netns/status.ts';
import { type ContainerConfig, readContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { exposedPorts } from '../container/ports.ts';
import { isRunning } from '../container/state.ts';
import { attachmentsOf } from './attachments.ts';

export interface Link {
  /** The network that both are on. */
  network: string;
  /** The other's address there. */
  ip: string;
  /** What it is called in /etc/hosts. */
  names: string[];
  /** NAME=VALUE, on the default network alone. */
  env: string[];
  /** What it exposes. */
  ports: { protocol: Protocol; port: number }[];
}

/** Variables of the other that say nothing of it. */
const NOT_PASSED = ['HOME', 'PATH', 'HOSTNAME', 'TERM', 'container'];

/** @throws ProaError CONTAINER_NOT_FOUND, NOT_RUNNING, NO_COMMON_NETWORK */
export function resolveLinks(store: Store, config: ContainerConfig): Link[] {
  return (config.network.links ?? []).map(({ id, alias }) => {
    const other = readContainer(store, id);
    const step = `link ${config.name} to ${other?.config.name ?? id.slice(0, 12)}`;
    if (other === undefined) throw new ProaError('CONTAINER_NOT_FOUND', `${step}: it was removed`);
    const { name } = other.config;
    if (!isRunning(other.state)) {
      throw new ProaError(
        'NOT_RUNNING',
        `Cannot link to a non running container: /${name} AS /${config.name}/${alias}`,
        { hint: `proa start ${name}` },
      );
    }
    const own = attachmentsOf(config).map((place) => place.name);
    const places = endpointsOf(other.state.network as unknown as NetworkStatus | undefined);
    const place = places.find(({ network, ip, ip6 }) => own.includes(network) && (ip ?? ip6) !== undefined);
    if (place === undefined) {
      throw new ProaError('NO_COMMON_NETWORK', `${step}: they are on no common network`, {
        hint: `proa network connect ${own[0] ?? 'NETWORK'} ${name}`,
      });
    }
    const ip = (place.ip ?? place.ip6)!;
    const ports = exposedPorts(other.config.exposedPorts).map(({ containerPort, protocol }) => ({
      port: containerPort,
      protocol: protocol as Protocol,
    }));
    return {
      network: place.network,
      ip,
      ports,
      names: [...new Set([alias, id.slice(0, 12), name])],
      env: place.network === 'bridge' ? linkEnv(config.name, alias, ip, ports, other.config.env) : [],
    };
  });
}

/** See https://docs.docker.com/engine/network/links/#environment-variables. */
function linkEnv(
  own: string,
  alias: string,
  ip: string,
  ports: Link['ports'],
  env: readonly string[],
): string[] {
  const prefix = alias.replaceAll('-', '_').toUpperCase();
  const sorted = [...ports].sort((a, b) => a.port - b.port);
  const url = ({ protocol, port }: Link['ports'][number]): string => `${protocol}://${ip}:${port}`;
  return [
    `${prefix}_NAME=/${own}/${alias}`,
    ...sorted.slice(0, 1).map((first) => `${prefix}_PORT=${url(first)}`),
    ...sorted.flatMap((each) => {
      const key = `${prefix}_PORT_${each.port}_${each.protocol.toUpperCase()}`;
      return [
        `${key}=${url(each)}`,
        `${key}_ADDR=${ip}`,
        `${key}_PORT=${each.port}`,
        `${key}_PROTO=${each.protocol}`,
      ];
    }),
    ...env.filter((each) => !NOT_PASSED.includes(each.split('=')[0]!)).map((each) => `${prefix}_ENV_${each}`),
  ];
}
