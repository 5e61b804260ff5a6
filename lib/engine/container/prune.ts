/** `container prune`: away with all containers that do not run. */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Engine } from '../engine.ts';
import { listMatching } from './list.ts';
import { containerSpace } from './size.ts';
import { hasLivingProcess } from './state.ts';
import { removeContainer } from './stop.ts';

export interface Pruned {
  /** Full ids of the removed ones. */
  removed: string[];
  /** Bytes on disk of all that belonged to them, their logs too. */
  bytes: number;
  /** Why others could not be removed. */
  failures: unknown[];
}

const KEYS = ['label', 'label!', 'until'];

/**
 * @param filters label, label! and until=RFC3339 (filters.ts)
 * @throws ProaError INVALID_FILTER
 */
export async function pruneContainers(engine: Engine, filters: readonly string[]): Promise<Pruned> {
  for (const filter of filters) {
    if (KEYS.includes(filter.split('=', 1)[0]!.toLowerCase())) continue;
    throw new ProaError('INVALID_FILTER', `prune containers: there is no filter ${JSON.stringify(filter)}`, {
      hint: `Filters: ${KEYS.join(', ')}; for example --filter until=24h`,
    });
  }
  const { containers, bad } = await listMatching(engine.store, { all: true, filters });
  const pruned: Pruned = { removed: [], bytes: 0, failures: bad.map(({ error }) => error) };
  for (const { config, state } of containers) {
    if (hasLivingProcess(state)) continue;
    const space = containerSpace(engine.store, config);
    try {
      await removeContainer(engine, config.id);
      pruned.removed.push(config.id);
      pruned.bytes += space;
    } catch (error) {
      // It was started since we looked, so it is none to prune.
      if (!hasCode(error, 'RUNNING')) pruned.failures.push(error);
    }
  }
  return pruned;
}
