import {
  buildIdMap,
  contiguousIds,
  cutAtRanges,
  isFullMap,
  parseIdMap,
  toInside,
  toOutside,
} from '../../lib/rootless/id-map.ts';

describe('id maps', () => {
  const text = '         0       1000          1\n         1     100000      65536\n';
  const map = parseIdMap(text);

  test('are read as the kernel shows them', () => {
    expect(map).toEqual([
      { inside: 0, outside: 1000, size: 1 },
      { inside: 1, outside: 100000, size: 65536 },
    ]);
    expect(isFullMap(map)).toBe(false);
    expect(isFullMap(parseIdMap('         0          0 4294967295\n'))).toBe(true);
  });

  test('translate both ways, at their edges', () => {
    expect([0, 1, 65536, 65537].map((id) => toOutside(map, id))).toEqual([1000, 100000, 165535, undefined]);
    expect([1000, 100000, 165535, 165536, 0].map((id) => toInside(map, id))).toEqual([
      0,
      1,
      65536,
      undefined,
      undefined,
    ]);
  });

  test('are built from subordinate ranges, one after the other', () => {
    const built = buildIdMap(1000, [
      { start: 100000, count: 10 },
      { start: 500000, count: 20 },
    ]);
    expect(built).toEqual([
      { inside: 0, outside: 1000, size: 1 },
      { inside: 1, outside: 100000, size: 10 },
      { inside: 11, outside: 500000, size: 20 },
    ]);
    expect(contiguousIds(built)).toBe(31);
    expect(contiguousIds([{ inside: 5, outside: 0, size: 9 }])).toBe(0);
    expect(contiguousIds(buildIdMap(7, []))).toBe(1);
  });
});

test('a map for a namespace below is cut where this one’s ranges end', () => {
  const own = buildIdMap(1000, [
    { start: 100_000, count: 10 },
    { start: 200_000, count: 10 },
  ]);
  expect(cutAtRanges([{ inside: 5, outside: 0, size: 15 }], own)).toEqual([
    { inside: 5, outside: 0, size: 1 },
    { inside: 6, outside: 1, size: 10 },
    { inside: 16, outside: 11, size: 4 },
  ]);
});
