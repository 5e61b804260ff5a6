import { IgnoreRules } from '../../lib/build/ignore.ts';
import { patternsOfLines } from '../../lib/build/ignore-pattern.ts';

const ignored = (lines: string, path: string) => new IgnoreRules(lines.split('\n')).isIgnored(path);

test.each<[string, string, boolean]>([
  // names
  ['file', 'file', true],
  ['file', 'other', false],
  ['file', 'dir/file', false],
  ['dir', 'dir/file', true],
  ['dir', 'dir/sub/file', true],
  ['dir/', 'dir/file', true],
  ['/dir', 'dir/file', true],
  ['./dir', 'dir', true],
  ['dir/../other', 'other', true],
  ['a.c', 'abc', false],
  ['a b', 'a b', true],
  ['  file\t', 'file', true],
  ['file\r', 'file', true],
  ['\uFEFFfile', 'file', true],
  ['.', 'file', false],
  // comments
  ['#file', '#file', false],
  [' #file', '#file', true],
  ['\\#file', '#file', true],
  ['', 'file', false],
  ['\n\n', 'file', false],
  // one star
  ['*', 'file', true],
  ['*', 'dir/file', true],
  ['*.txt', 'a.txt', true],
  ['*.txt', 'dir/a.txt', false],
  ['*/a.txt', 'dir/a.txt', true],
  ['*/a.txt', 'a.txt', false],
  ['*/*/temp*', 'a/b/temporary', true],
  ['*/*/temp*', 'a/temporary', false],
  ['temp?', 'tempa', true],
  ['temp?', 'temp', false],
  ['temp?', 'temp😀', true],
  ['temp?', 'temp/', false],
  // two stars
  ['**', 'a/b/c', true],
  ['**/', 'a', true],
  ['**/*.go', 'a.go', true],
  ['**/*.go', 'x/y/a.go', true],
  ['**/file', 'file', true],
  ['**/file', 'a/b/file', true],
  ['**/file', 'a/b/xfile', false],
  ['**/file', 'file/below', true],
  ['**file', 'a/xfile', true],
  ['dir/**', 'dir/file', true],
  ['dir/**', 'dir', false],
  ['dir**', 'directory/x', true],
  ['dir**', 'xdir', false],
  ['dir/**/file', 'dir/file', true],
  ['dir/**/file', 'dir/a/b/file', true],
  ['dir/**/file', 'dir/a/b/xfile', false],
  ['a/**b', 'a/x/b', true],
  ['a/**b', 'a/xb', false],
  ['**/dir/**', 'a/dir/b', true],
  ['**/dir/**', 'a/dir', false],
  ['**/.git', 'sub/.git/config', true],
  ['**/*.md', 'docs/readme.mdx', false],
  // brackets and escapes
  ['[a-c]x', 'bx', true],
  ['[^a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'axb', false],
  ['\\d*', 'dir', true],
  ['\\d*', '7', false],
  ['(a|b)', '(a|b)', true],
  ['*(1).txt', 'x(1).txt', true],
  ['*+$', 'x+$', true],
  // exceptions and order
  ['*\n!file', 'file', false],
  ['*\n!file', 'other', true],
  ['!file\n*', 'file', true],
  ['!file', 'file', false],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-secret.md', true],
  ['*.md\n!README*.md\nREADME-secret.md', 'README-x.md', false],
  ['*.md\nREADME-secret.md\n!README*.md', 'README-secret.md', false],
  ['dir\n!dir/keep', 'dir/keep', false],
  ['dir\n!dir/keep', 'dir/keep/below', false],
  ['dir\n!dir/keep', 'dir/other', true],
  ['dir\n!dir/keep', 'dir', true],
  ['dir\n!dir/keep\ndir/keep/not', 'dir/keep/not/x', true],
  ['**\n!**/*.ts', 'a/b.ts', false],
  ['**\n!**/*.ts', 'a/b.js', true],
  ['! file \n', 'file', false],
  ['*\n! file ', 'file', false],
  ['*\n!/file', 'file', false],
  // an exception that matched the folder when it was not ignored says nothing on its files
  ['a/x\n!a', 'a/x', true],
  ['a\n!a', 'a/x', false],
])('%j leaves out %s: %p', (lines, path, expected) => expect(ignored(lines, path)).toBe(expected));

test('the context itself is never left out', () => {
  expect(ignored('**', '')).toBe(false);
  expect(ignored('*', '.')).toBe(false);
});

test('files of many folders, in any order', () => {
  const rules = new IgnoreRules(['a', '!a/b', 'c/*', '!c/*.txt']);
  const paths = ['a', 'a/b', 'a/b/x', 'a/c', 'c', 'c/d', 'c/d.txt', 'c/d/e.txt', 'e'];
  const expected = [true, false, false, true, false, true, false, true, false];
  for (const order of [paths, [...paths].reverse()]) {
    expect(order.map((path) => rules.isIgnored(path))).toEqual(
      order.map((path) => expected[paths.indexOf(path)]!),
    );
  }
});

test.each<[string, string, boolean]>([
  ['dir', 'dir', false],
  ['dir', 'other', true],
  ['dir\n!dir/keep', 'dir', true],
  ['dir\n!dir/keep', 'dir/other', false],
  ['dir\n!other/keep', 'dir', false],
  ['dir\n!dir/*/keep', 'dir/sub', true],
  ['dir\n!dir/a*/keep', 'dir/sub', false],
  ['dir\n!dir/*/keep', 'dir/sub/below', false],
  ['dir\n!**/keep', 'dir/sub/below', true],
  ['dir\n!dir/**/keep', 'dir/sub/below', true],
  ['dir\n!other/**/keep', 'dir/sub/below', false],
  ['!dir/keep\ndir', 'dir', false],
  ['*\n!src\n!package.json', 'node_modules', false],
  ['*\n!src', 'src', true],
  ['*\n!src/app', 'src', true],
  ['a\n!a/b\na/b/c', 'a/b/c', false],
  ['a\n!a/b\na/b/c\n!a/b/c/d', 'a/b/c', true],
  ['a\n!a/[b]/c', 'a/b', true],
])('%j: %s may hold what is kept: %p', (lines, folder, expected) =>
  expect(new IgnoreRules(lines.split('\n')).mayContainKept(folder)).toBe(expected),
);

test('a folder that holds something kept is never passed by', () => {
  const names = ['a', 'b', 'ab'];
  const paths = names.flatMap((x) => [
    x,
    ...names.flatMap((y) => [`${x}/${y}`, ...names.map((z) => `${x}/${y}/${z}`)]),
  ]);
  const parts = ['a', '*', '**', 'b*', '**/b', 'a/b', 'a/*/b', '?b', '[a]', 'a/**', '**/a/**', 'a/[^/]'];
  let random = 7;
  const next = (limit: number) => {
    random = (random * 1103515245 + 12345) % 2147483648;
    return (random >> 8) % limit;
  };
  for (let round = 0; round < 400; round++) {
    const lines = Array.from(
      { length: 1 + next(4) },
      () => (next(2) ? '!' : '') + parts[next(parts.length)]!,
    );
    const rules = new IgnoreRules(lines);
    for (const path of paths.filter((each) => !rules.isIgnored(each))) {
      const folders = path.split('/').map((_, i, all) => all.slice(0, i).join('/'));
      for (const folder of folders.slice(1)) {
        expect([lines, path, folder, rules.mayContainKept(folder)]).toEqual([lines, path, folder, true]);
      }
    }
  }
});

test('lines become patterns', () => {
  expect(patternsOfLines(['# c', ' ', 'a//b/', '! x', '/', '!/y/z', 'a/./b', '..'])).toEqual([
    'a/b',
    '!x',
    '/',
    '!y/z',
    'a/b',
    '..',
  ]);
});

test.each(['[', '!', 'a\\', '[z-a]'])('%j is an error', (line) => {
  expect(() => new IgnoreRules([line])).toThrow(expect.objectContaining({ code: 'INVALID_PATTERN' }));
});
