import { isGitUrl, parseGitUrl, redacted } from '../../lib/build/git-url.ts';

test.each<[string, boolean]>([
  ['git://host/x', true],
  ['git@github.com:me/x.git', true],
  ['me@host:x', true],
  ['ssh://host/x', true],
  ['https://host/x.git', true],
  ['https://host/x.git#main', true],
  ['https://host/x.git?ref=main', true],
  ['github.com/me/x', true],
  ['https://github.com/me/x.git', true],
  ['https://github.com/me/x/archive/main.tar.gz', false],
  ['https://github.com/me/x', false],
  ['https://host/x.tar.gz', false],
  ['https://host/x?y=.git', false],
  ['./folder', false],
  ['/srv/x.git', false],
  ['a:b', false],
])('%s is a repository: %s', (text, expected) => {
  expect(isGitUrl(text)).toBe(expected);
});

test.each([
  ['git@h:x.git', { remote: 'git@h:x.git', folder: '' }],
  ['github.com/me/x', { remote: 'https://github.com/me/x', folder: '' }],
  ['https://h/x.git#v1', { remote: 'https://h/x.git', ref: 'v1', folder: '' }],
  ['https://h/x.git#v1:a/b/', { remote: 'https://h/x.git', ref: 'v1', folder: 'a/b' }],
  ['https://h/x.git#:a', { remote: 'https://h/x.git', folder: 'a' }],
  [
    'https://h/x.git?branch=b&subdir=/s&keep-git-dir=1',
    { remote: 'https://h/x.git', ref: 'b', folder: 's', keepGitDir: true },
  ],
  ['git+https://h/x.git#r', { remote: 'https://h/x.git', ref: 'r', folder: '' }],
])('%s', (text, expected) => {
  expect(parseGitUrl(text)).toEqual(expected);
});

test('what would be an option of git is refused, and so are words that nobody knows', () => {
  expect(() => parseGitUrl('https://h/x.git#--upload-pack=touch')).toThrow('is no branch, tag or commit');
  expect(() => parseGitUrl('https://me:pw@h/x.git?rev=1')).toThrow(
    'use git repository https://h/x.git?rev=1: it has no option rev',
  );
});

test('passwords are not repeated', () => {
  expect(redacted('https://me:pw@h/x.git#m')).toBe('https://h/x.git#m');
  expect(redacted('git@h:x.git')).toBe('git@h:x.git');
});
