/** `network rm` and `network prune`. A network that a running container is on stays. */
import { spaceOf } from '../../core/disk-space.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import { discardNetwork, lockNetwork, networkPath, readNetwork } from '../../storage/networks.ts';
import { hasLivingProcess } from '../container/state.ts';
import { removeContainer } from '../container/stop.ts';
import type { Engine } from '../engine.ts';
import { networkNamesOf } from './attachments.ts';
import { networkFilter, networkUse } from './filters.ts';
import { onHostNetwork } from './host-network.ts';
import { findShownNetwork, listShownNetworks, usersOf } from './inspect.ts';
import { networkNotFound } from './live.ts';

export interface RemoveOptions {
  /** Containers that are on it are removed first, with so many seconds to end. */
  containersAfter?: number | undefined;
}

/**
 * Removes a network: its record, its interface and rules.
 * @throws ProaError NETWORK_NOT_FOUND; NETWORK_IN_USE naming the containers; NETWORK_PREDEFINED
 */
export async function removeNetworkNamed(
  engine: Engine,
  wanted: string,
  { containersAfter }: RemoveOptions = {},
): Promise<void> {
  const { name, builtin } = findShownNetwork(engine, wanted);
  if (builtin) {
    throw new ProaError(
      'NETWORK_PREDEFINED',
      `remove network ${name}: it is a pre-defined network and cannot be removed`,
    );
  }
  if (containersAfter !== undefined) await removeUsers(engine, name, containersAfter);
  const removed = await removeUnused(engine, name);
  if (!removed) throw networkNotFound(wanted);
}

/** @returns false when it is not there */
async function removeUnused(engine: Engine, name: string): Promise<boolean> {
  const { store } = engine;
  try {
    // Whoever connects a container holds it shared meanwhile.
    using _ = await lockNetwork(store, name, 'exclusive');
    const record = readNetwork(store, name);
    if (record === undefined) return false;
    const users = usersOf(store, name).map(({ container }) => container.config.name);
    if (users.length > 0) {
      throw new ProaError(
        'NETWORK_IN_USE',
        `remove network ${name}: it has active endpoints: ${users.sort().join(', ')}`,
        { hint: `proa network disconnect ${name} ${users[0]}, or proa rm -f ${users.join(' ')}` },
      );
    }
    await onHostNetwork(engine, 'remove', { name });
    discardNetwork(store, record);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function removeUsers(engine: Engine, name: string, seconds: number): Promise<void> {
  for (const { config, state } of listContainers(engine.store, [])) {
    if (!networkNamesOf(config).includes(name)) continue;
    await removeContainer(engine, config.id, {
      force: true,
      ...(hasLivingProcess(state) && { timeout: seconds }),
    });
  }
}

export interface PrunedNetworks {
  /** Names. */
  removed: string[];
  /** Bytes on disk of their records. */
  bytes: number;
  failures: unknown[];
}

const PRUNE_KEYS = ['label', 'label!', 'until'];

/**
 * Removes the networks that people made and that no container has, whether or not it runs.
 * @param filters label, label! and until=RFC3339
 * @throws ProaError INVALID_FILTER
 */
export async function pruneNetworks(engine: Engine, filters: readonly string[]): Promise<PrunedNetworks> {
  const { store } = engine;
  const matches = networkFilter(store, filters, PRUNE_KEYS);
  const bad: BadRecord[] = [];
  listContainers(store, bad);
  // What an unreadable record uses is not known, so nothing is known to be unused.
  if (bad.length > 0) return { removed: [], bytes: 0, failures: bad.map(({ error }) => error) };
  const isUsed = networkUse(store);
  const unused = listShownNetworks(engine, []).filter(
    (network) => !network.builtin && !isUsed(network.name) && matches(network),
  );
  const pruned: PrunedNetworks = { removed: [], bytes: 0, failures: [] };
  for (const { name } of unused) {
    try {
      const space = spaceOf(networkPath(store, name));
      if (!(await removeUnused(engine, name))) continue;
      pruned.removed.push(name);
      pruned.bytes += space;
    } catch (error) {
      // A container came in between.
      if (!hasCode(error, 'NETWORK_IN_USE')) throw error;
    }
  }
  return pruned;
}
