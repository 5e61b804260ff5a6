/** Taking things out of the build cache: by hand (`builder prune`), and after a build that made it larger than its bound. */
import { existsSync, statfsSync, statSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { buildCachePath, listCacheRecords, removeCacheRecord } from '../../storage/build-cache.ts';
import { layerPath } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { sweepUnreferenced } from '../image/sweep.ts';
import { removeCacheMount } from './cache-mounts.ts';
import { buildCacheUsage, type CacheEntry } from './cache-usage.ts';
import { removeKeptSource } from './kept-sources.ts';

export interface CachePruneRequest {
  /** Which may go; left out: all. */
  readonly matches?: (entry: CacheEntry) => boolean;
  /** Bytes that may stay, what was used last first; left out: nothing stays. */
  readonly keep?: number;
  /** Also what is shared with images: without it only what frees room goes. */
  readonly all?: boolean;
  /** Changes nothing. */
  readonly dryRun?: boolean;
}

export interface PrunedCache {
  readonly entries: readonly CacheEntry[];
  /** Bytes on disk. */
  readonly freed: number;
}

/** @throws ProaError EROFS, … */
export function pruneBuildCache(engine: Engine, request: CachePruneRequest = {}): PrunedCache {
  const { matches = () => true, keep = 0, all = false } = request;
  const candidates = buildCacheUsage(engine).filter(
    (entry) => !entry.inUse && (all || !entry.shared) && matches(entry),
  );
  let kept = 0;
  const going: CacheEntry[] = [];
  for (const entry of candidates.reverse()) {
    if (kept + entry.size <= keep) kept += entry.size;
    else going.push(entry);
  }
  going.reverse();
  if (request.dryRun) return { entries: going, freed: sizeOf(going) };
  const pruned = remove(engine, going);
  if (all && keep === 0 && request.matches === undefined)
    for (const { key, type } of listCacheRecords(engine.store))
      if (type !== 'regular') removeCacheRecord(engine.store, key);
  return pruned;
}

function remove(engine: Engine, going: readonly CacheEntry[]): PrunedCache {
  const { store } = engine;
  const gone = going.filter((entry) => {
    if (entry.type === 'exec.cachemount') return removeCacheMount(store, entry.id);
    if (entry.type === 'source.local') return removeKeptSource(store, entry.id);
    removeCacheRecord(store, entry.id);
    return true;
  });
  const layers = new Set(gone.flatMap(({ diffId }) => diffId ?? []));
  // Other ways to find the same step go with it.
  for (const { key, diffId, type } of listCacheRecords(store))
    if (type === 'alias' && diffId !== undefined && layers.has(diffId)) removeCacheRecord(store, key);
  const swept = new Set<Digest>(sweepUnreferenced(engine, layers).layers);
  const freed = gone.filter(({ diffId }) => diffId === undefined || swept.has(diffId));
  return { entries: gone, freed: sizeOf(freed) };
}

/** Bytes of what is in the entries, each layer once. */
function sizeOf(entries: readonly CacheEntry[]): number {
  const layers = new Map(entries.map((entry) => [entry.diffId ?? entry.id, entry.size]));
  return [...layers.values()].reduce((sum, size) => sum + size, 0);
}

/** The least that the cache may have, in bytes, and the share of the disk that it may have where that is more. */
const LEAST = 2 * 1024 ** 3;
const SHARE = 0.1;
/** Milliseconds between two looks, as a look reads all records. */
const PAUSE = 600_000;

/** After a build: what was not used for longest goes, when all of it is more than the bound. */
export function boundBuildCache(engine: Engine): void {
  const { store } = engine;
  const mark = `${buildCachePath(store)}/bounded`;
  const last = statSync(mark, { throwIfNoEntry: false })?.mtimeMs;
  if (last !== undefined && Date.now() - last < PAUSE) return;
  writeFile(mark, '');
  forgetLost(engine);
  const { blocks, bsize } = statfsSync(store.root);
  pruneBuildCache(engine, {
    keep: Math.max(LEAST, blocks * bsize * SHARE),
    matches: ({ shared }) => !shared,
  });
}

/** Records whose layers went by other ways serve nobody. */
function forgetLost({ store }: Engine): void {
  for (const { key, diffId } of listCacheRecords(store))
    if (diffId !== undefined && !existsSync(layerPath(store, diffId))) removeCacheRecord(store, key);
}
