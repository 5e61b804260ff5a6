import { editDistance, nearest } from '../../lib/core/nearest.ts';

test.each([
  ['runn', 'run'],
  ['urn', 'run'],
  ['imgaes', 'images'],
  ['contain', 'container'],
  ['PS', 'ps'],
  ['isnpect', 'inspect'],
])('%s means %s', (typed, meant) => {
  expect(nearest(typed, ['run', 'rm', 'ps', 'images', 'inspect', 'container'])).toBe(meant);
});

test.each(['xyzzy', 'q', 'deploy', ''])('%j means nothing', (typed) => {
  expect(nearest(typed, ['run', 'rm', 'ps', 'images'])).toBeUndefined();
});

test('distance counts a swap as one and stops at the bound', () => {
  expect(editDistance('ab', 'ba')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('a', 'abcdefgh', 3)).toBe(3);
});
