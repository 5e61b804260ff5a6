import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\n${lines.join('\n')}\n`;
const ITEMS = {
  'p/x': { text: 'x', mode: 0o750, owner: [5, 6] as [number, number] },
  'p/l': { link: 'x' },
  top: 't',
};
const packed = (by: string) => ({ tar: { by, items: ITEMS } });

/** ADD: as COPY, and local archives are unpacked. */
export const ADD: readonly BuildCase[] = [
  { name: 'a file', files: { x: 'x' }, dockerfile: from('ADD x /d/') },
  { name: 'a folder', files: { 'p/x': 'x' }, dockerfile: from('ADD p /d') },
  { name: 'a tar', files: { 'a.tar': packed('cat') }, dockerfile: from('ADD a.tar /d/') },
  {
    name: 'a tar, the destination without a slash',
    files: { 'a.tar': packed('cat') },
    dockerfile: from('ADD a.tar /d'),
  },
  { name: 'a gzipped tar', files: { 'a.tgz': packed('gzip') }, dockerfile: from('ADD a.tgz /d/') },
  { name: 'a bzipped tar', files: { 'a.tar.bz2': packed('bzip2') }, dockerfile: from('ADD a.tar.bz2 /d/') },
  { name: 'a tar by xz', files: { 'a.tar.xz': packed('xz') }, dockerfile: from('ADD a.tar.xz /d/') },
  {
    name: 'known by its content, not its name',
    files: { 'a.txt': packed('gzip') },
    dockerfile: from('ADD a.txt /d/'),
  },
  {
    name: 'the name of a tar does not make one',
    files: { 'a.tar.gz': 'no tar' },
    dockerfile: from('ADD a.tar.gz /d/'),
  },
  { name: 'an empty file with the name of a tar', files: { 'a.tar': '' }, dockerfile: from('ADD a.tar /d/') },
  {
    name: 'a gzipped text is no archive',
    files: { 'a.gz': { tar: { by: 'gzip', items: {} } }, 'b.txt': 'x' },
    dockerfile: from('ADD b.txt /d/'),
  },
  {
    name: 'an archive over files that are there',
    files: { 'a.tar': { tar: { by: 'cat', items: { 'etc/passwd': 'new', 'etc/more': 'm' } } } },
    dockerfile: from('ADD a.tar /'),
  },
  {
    name: 'an archive where a folder is a file there',
    files: { 'a.tar': { tar: { by: 'cat', items: { 'etc/passwd/x': 'new' } } } },
    dockerfile: from('ADD a.tar /'),
  },
  {
    name: 'several archives',
    files: { 'a.tar': packed('cat'), 'b.tgz': { tar: { by: 'gzip', items: { 'q/y': 'y' } } }, c: 'c' },
    dockerfile: from('ADD a.tar b.tgz c /d/'),
  },
  {
    name: 'archives by wildcard',
    files: { 'a.tar': packed('cat'), 'b.tar': { tar: { by: 'cat', items: { 'q/y': 'y' } } } },
    dockerfile: from('ADD *.tar /d/'),
  },
  {
    name: 'an archive with --chown',
    files: { 'a.tar': packed('cat') },
    dockerfile: from('ADD --chown=7:8 a.tar /d/'),
    but: ['/d$'],
    why: 'as BuildKit, a folder that is made for --chown has that owner too',
  },
  {
    name: 'an archive relative to WORKDIR',
    files: { 'a.tar': packed('cat') },
    dockerfile: from('WORKDIR /w', 'ADD a.tar .'),
  },
  {
    name: 'an archive inside of a folder stays as it is',
    files: { 'p/a.tar': packed('cat') },
    dockerfile: from('ADD p /d/'),
  },
  { name: 'COPY does not unpack', files: { 'a.tar': packed('cat') }, dockerfile: from('COPY a.tar /d/') },
  { name: 'ADD --from is not known', files: { x: 'x' }, dockerfile: from('ADD --from=0 x /d/'), fails: true },
  { name: 'missing', dockerfile: from('ADD nothing /d/'), fails: true },
  {
    name: 'an archive into a link to a folder',
    files: { 'a.tar': packed('cat') },
    dockerfile: from('RUN mkdir /real && ln -s /real /l', 'ADD a.tar /l/'),
  },
];

const FILES = {
  a: '1',
  'a.md': '2',
  'b.md': '3',
  'p/a': '4',
  'p/b.md': '5',
  'p/q/a': '6',
  'p/q/c.md': '7',
  'q/a': '8',
  '.git/x': '9',
  'foo bar': '0',
};
const ignoring = (name: string, lines: string, more: Partial<BuildCase> = {}): BuildCase => ({
  name,
  files: { ...FILES, '.dockerignore': lines },
  dockerfile: from('COPY . /d/'),
  ...more,
});

/** .dockerignore: https://docs.docker.com/build/concepts/context/#dockerignore-files. */
export const IGNORED: readonly BuildCase[] = [
  ignoring('a name', 'a\n'),
  ignoring('a name is only at the top', 'b.md\n'),
  ignoring('a path', 'p/q\n'),
  ignoring('a leading slash', '/a\n/p/a\n'),
  ignoring('a trailing slash', 'p/\n'),
  ignoring('dots in a path', './p/../q\n'),
  ignoring('*', '*.md\n'),
  ignoring('*/a', '*/a\n'),
  ignoring('*/*/a', '*/*/a\n'),
  ignoring('?', '?\n'),
  ignoring('**', '**/a\n'),
  ignoring('** in between', 'p/**/c.md\n'),
  ignoring('** at the end', 'p/**\n'),
  ignoring('**/*.md', '**/*.md\n'),
  ignoring('an exception', '*.md\n!a.md\n'),
  ignoring('an exception, taken back', '*.md\n!a*.md\na.md\n'),
  ignoring('an exception that stands before', '!a.md\n*.md\n'),
  ignoring('an exception within an ignored folder', 'p\n!p/q/a\n', {
    but: ['mtime'],
    why: 'folders that are kept for what is in them are sent without their times there',
  }),
  ignoring('all but', '*\n!p\n!a\n'),
  ignoring('all but some within', '**\n!p/q/*.md\n', {
    but: ['mtime'],
    why: 'folders that are kept for what is in them are sent without their times there',
  }),
  ignoring('comments and empty lines', '# a\n\n  \na\n#b.md\n'),
  ignoring('spaces around', '  a  \n\tb.md\t\n'),
  ignoring('a space within', 'foo bar\n'),
  ignoring('CRLF', 'a\r\np/a\r\n'),
  ignoring('a byte order mark', '\ufeffa\n'),
  ignoring('a class', '[ab].md\n'),
  ignoring('an escaped character', 'a\\.md\n'),
  ignoring('a dot alone means nothing', '.\n'),
  ignoring('an exclamation mark alone', '!\n', { fails: true }),
  ignoring('a malformed class', '[a\n', { fails: true }),
  ignoring('the Dockerfile itself', 'Dockerfile\n'),
  ignoring('the file itself', '.dockerignore\n'),
  ignoring('hidden folders', '.git\n'),
  ignoring('copying what is ignored', 'a\n', { dockerfile: from('COPY a /d/'), fails: true }),
  ignoring('a wildcard of which some are ignored', 'a.md\n', { dockerfile: from('COPY *.md /d/') }),
  ignoring('a wildcard of which all are ignored', '*.md\n', {
    dockerfile: from('COPY *.md /d/'),
    fails: true,
  }),
  ignoring('a folder of which all is ignored', 'p/*\n', { dockerfile: from('COPY p /d/') }),
  ignoring('ADD too', 'p\n', { dockerfile: from('ADD . /d/') }),
  ignoring('an empty file', ''),
];
