/** What the build cache holds, for `builder du`, `buildx du` and `system df`. */
import type { Digest } from '../../oci/model/digest.ts';
import { type ListedCacheRecord, listCacheRecords } from '../../storage/build-cache.ts';
import { layersOf, listContainers } from '../../storage/containers.ts';
import { listImages } from '../../storage/images.ts';
import { layerSpace } from '../../storage/layers.ts';
import { listVolumes } from '../../storage/volumes.ts';
import type { Engine } from '../engine.ts';
import { type ListedCacheMount, listCacheMounts } from './cache-mounts.ts';
import { type KeptSource, listKeptSources } from './kept-sources.ts';

/** One thing that the cache keeps. */
export interface CacheEntry {
  /** 64 hex digits: of a step its key, of a cache mount its name on disk. */
  readonly id: string;
  /**
   * `regular`: what a step came to. `exec.cachemount`: files of `RUN --mount=type=cache`. `source.local`: what is known of a
   * context's files, and downloads of ADD. As BuildKit names them.
   */
  readonly type: 'regular' | 'source.local' | 'exec.cachemount';
  readonly description: string;
  /** Bytes on disk. */
  readonly size: number;
  /** RFC 3339. */
  readonly created: string;
  /** Milliseconds since 1970. */
  readonly lastUsed: number;
  /** Images, containers or volumes have the same layer: without the record it stays, and nothing is freed. */
  readonly shared: boolean;
  /** A build works with it right now. */
  readonly inUse: boolean;
  readonly diffId?: Digest;
}

/** Everything in the cache, what was used last at the end. Several steps may have come to the same layer. */
export function buildCacheUsage(engine: Engine): CacheEntry[] {
  const { store } = engine;
  const others = new Set<string>([
    ...listImages(store, []).flatMap(({ diffIds }) => diffIds),
    ...listContainers(store, []).flatMap(({ config }) => layersOf(config)),
    ...listVolumes(store, []).flatMap(({ image }) => image?.diffIds ?? []),
  ]);
  // Other ways to find a step, and notes of when an image was made, go with the rest.
  const steps = listCacheRecords(store).filter(({ type }) => type === 'regular');
  const entries = [
    ...steps.map((record) => stepEntry(engine, record, others)),
    ...listCacheMounts(store).map(mountEntry),
    ...listKeptSources(store).map(sourceEntry),
  ];
  return entries.sort((a, b) => a.lastUsed - b.lastUsed);
}

function stepEntry(
  { store }: Engine,
  { key, description, created, lastUsed, diffId }: ListedCacheRecord,
  others: ReadonlySet<string>,
): CacheEntry {
  return {
    id: key,
    type: 'regular',
    description,
    size: diffId === undefined ? 0 : layerSpace(store, diffId),
    created,
    lastUsed,
    shared: diffId !== undefined && others.has(diffId),
    inUse: false,
    ...(diffId && { diffId }),
  };
}

function mountEntry({ name, description, size, created, lastUsed, inUse }: ListedCacheMount): CacheEntry {
  return { id: name, type: 'exec.cachemount', description, size, created, lastUsed, shared: false, inUse };
}

function sourceEntry({ id, description, size, created, lastUsed }: KeptSource): CacheEntry {
  return { id, type: 'source.local', description, size, created, lastUsed, shared: false, inUse: false };
}
