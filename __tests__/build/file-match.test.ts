import { fileMatcher, matchFile } from '../../lib/build/file-match.ts';

test.each<[string, string, boolean]>([
  ['abc', 'abc', true],
  ['', '', true],
  ['', 'a', false],
  ['*', 'abc', true],
  ['*', '', true],
  ['*', 'a/b', false],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a**b', 'axyb', true],
  ['a**b', 'a/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['*x', 'xxx', true],
  ['*ab', 'aab', true],
  ['*ab*ab', 'abab', true],
  ['*ab*ab', 'ab', false],
  ['a?b', 'a.b', true],
  ['a?b', 'a/b', false],
  ['a?b', 'ab', false],
  ['a?b', 'aüb', true],
  ['a?b', 'a😀b', true],
  ['a???b', 'a😀b', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a[^a]b', 'a/b', true],
  ['a[!a]b', 'a!b', true],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'x', true],
  ['a[[]b', 'a[b', true],
  ['[a-]]', 'a', false],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['a\\\\b', 'a\\b', true],
  ['*.txt', '.txt', true],
  ['*', '.hidden', true],
  ['a.c', 'abc', false],
  ['(a|b)+$^', '(a|b)+$^', true],
])('%j and %j: %p', (pattern, name, expected) => {
  if (pattern === '[a-]]') expect(() => matchFile(pattern, name)).toThrow(/invalid pattern/);
  else expect(matchFile(pattern, name)).toBe(expected);
});

test.each(['[', '[^', '[^bc', 'a[', 'a\\', '[]a]', '[-]', '[x-]', '[-x]', '[a-b-c]', '[a', '*[', 'x*\\'])(
  '%j is an error, whatever the name',
  (pattern) => {
    expect(() => fileMatcher(pattern)).toThrow(expect.objectContaining({ code: 'INVALID_PATTERN' }));
  },
);

test('a matcher can be asked again', () => {
  const matches = fileMatcher('*.go');
  expect(['a.go', 'b.ts', 'c.go'].filter(matches)).toEqual(['a.go', 'c.go']);
});
