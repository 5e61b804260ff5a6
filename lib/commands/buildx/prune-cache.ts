/** What `builder prune` and `buildx prune` share: their options, and what they let go. */
import { confirm } from '../../cli/prompt.ts';
import { requireBuilder } from '../../engine/build/builders.ts';
import { cacheFilter } from '../../engine/build/cache-filter.ts';
import { type PrunedCache, pruneBuildCache } from '../../engine/build/cache-prune.ts';
import { freeSpace } from '../../engine/build/cache-room.ts';
import { buildCacheUsage } from '../../engine/build/cache-usage.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine } from '../context.ts';

export const pruneOptions = {
  all: { short: 'a', type: 'bool', summary: 'Also what images have too' },
  builder: {
    type: 'string',
    metavar: 'NAME',
    summary: 'The builder to work on; all of them are this engine',
  },
  filter: {
    type: 'list',
    metavar: 'KEY=VALUE',
    summary: 'Only what matches: until, id, type, description, shared, private, mutable, immutable',
  },
  force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  'keep-storage': {
    type: 'bytes',
    metavar: 'SIZE',
    summary: 'So much may stay, what was used last first',
    aliases: ['reserved-space'],
  },
  'max-used-space': { type: 'bytes', metavar: 'SIZE', summary: 'So much may the cache take' },
  'min-free-space': { type: 'bytes', metavar: 'SIZE', summary: 'So much of the disk is to be free' },
} as const;

export interface PruneOptions {
  all: boolean;
  builder?: string | undefined;
  filter: readonly string[];
  force: boolean;
  'keep-storage'?: number | undefined;
  'max-used-space'?: number | undefined;
  'min-free-space'?: number | undefined;
}

/** undefined: the person said no. @throws ProaError INVALID_FILTER, NO_BUILDER */
export async function pruneCache(options: PruneOptions): Promise<PrunedCache | undefined> {
  const engine = openEngine();
  requireBuilder(engine.store, options.builder);
  const { all, filter, force } = options;
  const matches = filter.length === 0 ? undefined : cacheFilter(absoluteTimes(filter));
  const question = `This will remove all ${all ? '' : 'dangling '}build cache.`;
  if (!force && !(await confirm(question))) return undefined;
  const used = buildCacheUsage(engine).reduce((bytes, { size }) => bytes + size, 0);
  const keep = keptBytes(options, used, () => freeSpace(engine));
  return pruneBuildCache(engine, { all, ...(matches && { matches }), ...(keep !== undefined && { keep }) });
}

/** How much may stay; undefined: nothing. */
function keptBytes(options: PruneOptions, used: number, free: () => number): number | undefined {
  const { 'keep-storage': reserved, 'max-used-space': most, 'min-free-space': least } = options;
  if (most === undefined && least === undefined) return reserved;
  // What is over the limits goes, but what is reserved stays in any case.
  const limits = [
    used,
    ...(most === undefined ? [] : [most]),
    ...(least === undefined ? [] : [used - (least - free())]),
  ];
  return Math.max(reserved ?? 0, Math.min(...limits), 0);
}
