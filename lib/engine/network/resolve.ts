/** From names, as a person gave them, to networks and containers that are there. */
import { ProaError } from '../../core/error.ts';
import { DEFAULT_NETWORK, findDefaultNetwork } from '../../netns/networks.ts';
import { type ContainerNetworkConfig, readContainer, resolveContainer } from '../../storage/containers.ts';
import { listNetworkRecords, type NetworkRecord, readNetwork } from '../../storage/networks.ts';
import type { Store } from '../../storage/store.ts';
import { wiringOf } from './attachments.ts';
import { isDefaultNetwork, networkNotFound } from './live.ts';

/**
 * The record of a network by its name, its id, or the beginning of that.
 * @throws ProaError AMBIGUOUS
 */
export function findNetworkRecord(store: Store, wanted: string): NetworkRecord | undefined {
  const named = readNetwork(store, wanted);
  if (named !== undefined || !/^[0-9a-f]{1,64}$/.test(wanted)) return named;
  const found = listNetworkRecords(store, []).filter(({ id }) => id.startsWith(wanted));
  if (found.length < 2) return found[0];
  const names = found.map(({ id, name }) => `${id.slice(0, 12)} (${name})`).join(', ');
  throw new ProaError('AMBIGUOUS', `find network ${wanted}: several ids begin with it: ${names}`);
}

/**
 * The network's own name: of the default network `bridge`, whatever it was called.
 * @throws ProaError NETWORK_NOT_FOUND, AMBIGUOUS
 */
export function networkName(store: Store, wanted: string): string {
  if (isDefaultNetwork(wanted)) return DEFAULT_NETWORK;
  const record = findNetworkRecord(store, wanted);
  if (record !== undefined) return record.name;
  if (wanted.length >= 12 && findDefaultNetwork(store.runRoot)?.id.startsWith(wanted)) return DEFAULT_NETWORK;
  throw networkNotFound(wanted);
}

type Asked = Pick<ContainerNetworkConfig, 'mode' | 'networks' | 'links'>;

/** What a container is asked to be connected to, with names and ids as they are recorded. @throws as {@link networkName} */
export function resolveNetworks(store: Store, { mode, networks, links }: Asked): Asked {
  if (wiringOf({ mode }) !== 'bridge' && links !== undefined && mode !== 'pasta')
    throw new ProaError('CONFLICTING_OPTIONS', 'conflicting options: links and the network mode');
  const resolved = networks?.map((network) => ({ ...network, name: networkName(store, network.name) }));
  return {
    mode: wiringOf({ mode }) === 'bridge' ? (resolved?.[0]?.name ?? networkName(store, mode)) : mode,
    ...(resolved && { networks: resolved }),
    ...(links && { links: links.map(({ id: name, alias }) => linkTo(store, name, alias)) }),
  };
}

function linkTo(store: Store, name: string, alias: string): { id: string; alias: string } {
  const id = resolveContainer(store, name);
  const mode = readContainer(store, id)?.config.network.mode;
  if (mode === 'host')
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      'conflicting options: host type networking can’t be used with links. This would result in undefined behavior',
    );
  return { id, alias };
}
