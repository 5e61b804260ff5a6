import { COMMON_FILTERS, objectFilter } from '../../lib/engine/object-filter.ts';
import type { Store } from '../../lib/storage/store.ts';

const store = {} as Store;
const made = '2026-01-02T00:00:00Z';
const object = { driver: 'local', labels: { a: '1', b: '' }, created: made };

const matches = (...filters: string[]): boolean =>
  objectFilter(store, COMMON_FILTERS, filters, Object.keys(COMMON_FILTERS))(object);

test.each<[string[], boolean]>([
  [[], true],
  [['driver=local'], true],
  [['driver=x'], false],
  // Of one key's values any will do,
  [['driver=x', 'driver=local'], true],
  // but labels have to be there all.
  [['label=a', 'label=b'], true],
  [['label=a=1', 'label=c'], false],
  [['label=a=2'], false],
  [['label!=c', 'label!=a=2'], true],
  [['label!=a'], false],
  [['scope=local', 'LABEL = a'], true],
  [['until=2026-01-03T00:00:00Z'], true],
  [[`until=${made}`], false],
])('%j', (filters, expected) => {
  expect(matches(...filters)).toBe(expected);
});

test.each([
  ['label', 'use filter "label": it is not KEY=VALUE'],
  ['until=now', 'use filter "until=now": it is no point in time'],
  ['size=1', 'use filter "size=1": filters here are driver, label, label!, scope, until'],
])('%s is refused', (filter, message) => {
  expect(() => matches(filter)).toThrow(expect.objectContaining({ code: 'INVALID_FILTER', message }));
});
