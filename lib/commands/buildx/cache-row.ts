/** One thing in the build cache, as `buildx du` and `buildx prune` show it. */
import { formatAge, formatBytes } from '../../cli/values.ts';
import { isMutable } from '../../engine/build/cache-filter.ts';
import type { CacheEntry } from '../../engine/build/cache-usage.ts';

export const CACHE_TABLE = 'table {{.ID}}\t{{.Reclaimable}}\t{{.Size}}\t{{.LastUsedSince}}';
export const CACHE_HEADERS = {
  LastUsedSince: 'LAST ACCESSED',
  CreatedSince: 'CREATED',
  CacheType: 'CACHE TYPE',
};

/** So much of an id names it: docker's have 25 characters too. */
const ID_LENGTH = 25;

/**
 * The fields that templates may name.
 * @param marks whether ids of what may change, and sizes of what images have too, get a `*`
 */
export function cacheRow(
  entry: CacheEntry,
  marks: boolean,
  now = Date.now(),
): Record<string, string | boolean> {
  const { id, type, description, size, created, lastUsed, shared, inUse } = entry;
  return {
    ID: `${shortCacheId(id)}${marks && isMutable(entry) ? '*' : ''}`,
    CacheType: type,
    Description: description,
    Size: `${formatBytes(size, 4)}${marks && shared ? '*' : ''}`,
    CreatedAt: created,
    CreatedSince: formatAge(created, now),
    LastUsedAt: new Date(lastUsed).toISOString(),
    LastUsedSince: formatAge(lastUsed, now),
    Reclaimable: String(!inUse),
    InUse: String(inUse),
    Shared: String(shared),
    Mutable: String(isMutable(entry)),
  };
}

export function shortCacheId(id: string): string {
  return id.slice(0, ID_LENGTH);
}

/** All that is known of one, a line a fact. */
export function cacheFacts(entry: CacheEntry): string {
  const row = cacheRow(entry, false);
  const facts = [
    ['ID:', row.ID],
    ['Created at:', String(row.CreatedAt).replace('T', ' ').replace('Z', ' +0000 UTC')],
    ['Mutable:', row.Mutable],
    ['Reclaimable:', row.Reclaimable],
    ['Shared:', row.Shared],
    ['Size:', row.Size],
    ['Description:', row.Description],
    ['Last used:', row.LastUsedSince],
    ['Type:', row.CacheType],
  ];
  return `${facts.map(([name, value]) => `${String(name).padEnd(16)}${value}`).join('\n')}\n`;
}
