/** `system prune`: containers first, for what they use is unused then. */
import { cacheFilter } from '../build/cache-filter.ts';
import { pruneBuildCache } from '../build/cache-prune.ts';
import { pruneContainers } from '../container/prune.ts';
import type { Engine } from '../engine.ts';
import { pruneImages } from '../image/prune.ts';
import { pruneNetworks } from '../network/remove.ts';
import { pruneVolumes } from '../volume/remove.ts';
import { sweepLeftovers } from './leftovers.ts';

export interface SystemPruneRequest {
  /** Also images with names. */
  all: boolean;
  volumes: boolean;
  /** label, label! and until=RFC3339. */
  filters: readonly string[];
}

export interface PrunedSystem {
  /** Ids. */
  containers: string[];
  /** Names. */
  networks: string[];
  volumes: string[];
  /** As pruneImages has them. */
  images: string[];
  /** Ids of what was in the build cache. */
  cache: string[];
  bytes: number;
  /** Why something could not be removed. */
  failures: unknown[];
}

/**
 * Removes all containers that do not run, then networks, volumes (when asked for) and images that no container uses,
 * the build cache, and what pulls that never ended and commands that were killed left.
 * @throws ProaError INVALID_FILTER
 */
export async function pruneSystem(engine: Engine, request: SystemPruneRequest): Promise<PrunedSystem> {
  const { filters, all } = request;
  const containers = await pruneContainers(engine, filters);
  const networks = await pruneNetworks(engine, filters);
  const volumes = request.volumes
    ? pruneVolumes(engine.store, filters)
    : { removed: [], bytes: 0, failures: [] };
  const images = await pruneImages(engine, { all, filters });
  // Last: what images had too is the cache's alone now. It has no labels.
  const ages = filters.filter((filter) => /^\s*until\s*=/i.test(filter));
  const cache =
    ages.length < filters.length
      ? { entries: [], freed: 0 }
      : pruneBuildCache(engine, { all, ...(ages.length > 0 && { matches: cacheFilter(ages) }) });
  // What is left of something has neither labels nor an age that filters could ask for.
  const left = filters.length > 0 ? 0 : await sweepLeftovers(engine);
  return {
    containers: containers.removed,
    networks: networks.removed,
    volumes: volumes.removed,
    images: images.lines,
    cache: cache.entries.map(({ id }) => id),
    bytes: containers.bytes + networks.bytes + volumes.bytes + images.bytes + cache.freed + left,
    failures: [...containers.failures, ...networks.failures, ...volumes.failures, ...images.failures],
  };
}
