import { destinationOf, isPattern, sourcePath } from '../../lib/build/copy-words.ts';

test.each<[string, boolean, string[], number]>([
  ['a', false, ['a'], 0],
  ['/a//b/./c/', false, ['a', 'b', 'c'], 0],
  ['../../a', false, ['a'], 0],
  ['a/../../b', false, ['b'], 0],
  ['.', false, [], 0],
  ['./x/./y/*.txt', true, ['x', 'y', '*.txt'], 1],
  ['x/./../y', true, ['x', 'y'], 1],
  ['./x/y', true, ['x', 'y'], 0],
  ['a/./b/./c', true, ['a', 'b', 'c'], 1],
])('source %s, parents %s', (word, parents, parts, pivot) => {
  expect(sourcePath(word, parents)).toEqual({ word, parts, pivot });
});

test.each<[string, boolean]>([
  ['a', false],
  ['a*', true],
  ['?', true],
  ['[[]x', true],
  ['\\*', false],
  ['\\\\*', true],
  ['a\\[b', false],
  ['**', true],
])('%s is a pattern: %s', (part, expected) => {
  expect(isPattern(part)).toBe(expected);
});

test.each<[string, string, string, boolean]>([
  ['/', 'a', '/a', false],
  ['/w', '.', '/w', true],
  ['/w', '', '/w', true],
  ['/w', './', '/w', true],
  ['/w', '..', '/', true],
  ['/w', '../x', '/x', false],
  ['/w', 'x/.', '/w/x', true],
  ['/w', '/x/', '/x', true],
  ['/w', '/', '/', true],
  ['/w', '/../../x', '/x', false],
  ['/w/', 'x', '/w/x', false],
])('in %s, to %j', (workdir, word, path, isFolder) => {
  expect(destinationOf(workdir, word)).toEqual({ path, isFolder });
});
