import { cacheFilter } from '../../../lib/engine/build/cache-filter.ts';
import type { CacheEntry } from '../../../lib/engine/build/cache-usage.ts';

const entry = (id: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
  id: id.repeat(64),
  type: 'regular',
  description: `[1/2] RUN ${id}`,
  size: 1,
  created: '2026-01-01T00:00:00Z',
  lastUsed: Date.parse('2026-01-02T00:00:00Z'),
  shared: false,
  inUse: false,
  ...more,
});
const ENTRIES = [
  entry('a', { shared: true }),
  entry('b', { type: 'exec.cachemount', description: 'cached mount /c' }),
  entry('c', { inUse: true, lastUsed: Date.parse('2026-01-05T00:00:00Z') }),
];

test.each<[string[], string]>([
  [[], 'abc'],
  [['shared'], 'a'],
  [['shared=false'], 'bc'],
  [['private'], 'bc'],
  [['mutable'], 'b'],
  [['immutable=true'], 'ac'],
  [['inuse=true'], 'c'],
  [['inuse!=true'], 'ab'],
  [['id=aaaa'], 'a'],
  [['id=a', 'id=b'], 'ab'],
  [['id~=^[bc]'], 'bc'],
  [['type=exec.cachemount'], 'b'],
  [['type!=regular'], 'b'],
  [['description~=RUN'], 'ac'],
  [['description~=RUN', 'private'], 'c'],
  [['until=2026-01-03T00:00:00Z'], 'ab'],
  [['unused-for=2026-01-01T00:00:00Z'], ''],
])('%j', (filters, ids) => {
  expect(
    ENTRIES.filter(cacheFilter(filters))
      .map(({ id }) => id[0])
      .join(''),
  ).toBe(ids);
});

test.each([
  ['typ=x', /unknown, or without a value/],
  ['type', /unknown, or without a value/],
  ['id~=(', /no regular expression/],
])('%s is refused', (filter, why) => expect(() => cacheFilter([filter])).toThrow(why));
