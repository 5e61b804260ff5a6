/** `--filter` of `builder prune` and `buildx du` (docs.docker.com/reference/cli/docker/buildx/prune). */
import { ProaError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import type { CacheEntry } from './cache-usage.ts';

type Test = (entry: CacheEntry, value: string) => boolean;

const FLAGS: Readonly<Record<string, (entry: CacheEntry) => boolean>> = {
  inuse: ({ inUse }) => inUse,
  shared: ({ shared }) => shared,
  private: ({ shared }) => !shared,
  mutable: isMutable,
  immutable: (entry) => !isMutable(entry),
};

const TEXTS: Readonly<Record<string, (entry: CacheEntry) => string>> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  description: ({ description }) => description,
};

/** Whether its files may change: those of a cache mount. */
export function isMutable({ type }: CacheEntry): boolean {
  return type === 'exec.cachemount';
}

/**
 * What all filters together admit. Several of one key admit what any of them does; until=RFC3339 what was not used since.
 * @throws ProaError INVALID_FILTER
 */
export function cacheFilter(filters: readonly string[]): (entry: CacheEntry) => boolean {
  const tests = Map.groupBy(filters.map(parseFilter), ({ key }) => key);
  return (entry) => [...tests.values()].every((each) => each.some(({ matches }) => matches(entry)));
}

function parseFilter(filter: string): { key: string; matches(entry: CacheEntry): boolean } {
  const [, key = '', operator = '', value = ''] = /^([a-z-]+)(!=|~=|=)?([\s\S]*)$/.exec(filter.trim()) ?? [];
  const flag = FLAGS[key];
  if (flag !== undefined) {
    const wanted = operator === '' || value === 'true' || value === '1';
    return { key, matches: (entry) => flag(entry) === (operator === '!=' ? !wanted : wanted) };
  }
  const text = TEXTS[key];
  if (text !== undefined && operator !== '') {
    const test = textTest(filter, operator, value, key === 'id');
    return { key, matches: (entry) => test(entry, text(entry)) };
  }
  if ((key === 'until' || key === 'unused-for') && operator === '=') {
    const limit = Date.parse(value);
    return { key, matches: ({ lastUsed }) => lastUsed < limit };
  }
  const known = [...Object.keys(FLAGS), ...Object.keys(TEXTS), 'until'];
  const meant = nearest(key, known);
  throw new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: unknown, or without a value`, {
    hint: `There are ${known.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
  });
}

function textTest(filter: string, operator: string, value: string, isPrefix: boolean): Test {
  if (operator === '=') return (_, text) => text === value || (isPrefix && text.startsWith(value));
  if (operator === '!=') return (_, text) => text !== value;
  try {
    const pattern = new RegExp(value, 'u');
    return (_, text) => pattern.test(text);
  } catch (cause) {
    throw new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: no regular expression`, {
      cause,
    });
  }
}
