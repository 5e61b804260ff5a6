import type { BuildCase } from './case.ts';

const from = (...lines: string[]): string => `FROM @{base}\n${lines.join('\n')}\n`;
const NAMES = {
  'hom.txt': '1',
  'home.txt': '2',
  'hox.txt': '3',
  'x/home.txt': '4',
  'x/y/z.txt': '5',
  'a-b': '6',
  '.hidden': '7',
};

/** Wildcards, as Go's filepath.Match has them. */
export const WILDCARDS: readonly BuildCase[] = [
  { name: '*', files: NAMES, dockerfile: from('COPY hom* /d/') },
  { name: '* alone', files: NAMES, dockerfile: from('COPY * /d/') },
  { name: '* does not cross a slash', files: NAMES, dockerfile: from('COPY *.txt /d/') },
  { name: '*/*', files: NAMES, dockerfile: from('COPY */*.txt /d/') },
  { name: '?', files: NAMES, dockerfile: from('COPY hom?.txt /d/') },
  { name: '? is one character', files: NAMES, dockerfile: from('COPY ho?.txt /d/') },
  { name: 'a class', files: NAMES, dockerfile: from('COPY ho[mx].txt /d/') },
  { name: 'a range', files: NAMES, dockerfile: from('COPY ho[a-n].txt /d/') },
  { name: 'a negated class', files: NAMES, dockerfile: from('COPY ho[^m].txt /d/') },
  { name: 'a star that is meant', files: { 'a*': '1', ab: '2' }, dockerfile: from('COPY a[*] /d/') },
  { name: 'a folder by wildcard: its content', files: NAMES, dockerfile: from('COPY x* /d/') },
  {
    name: 'a wildcard that one file matches, to a new name',
    files: NAMES,
    dockerfile: from('COPY hox* /one'),
  },
  {
    name: 'a wildcard that one file matches, into a folder',
    files: NAMES,
    dockerfile: from('COPY hox* /one/'),
  },
  {
    name: 'a wildcard that several match needs a slash',
    files: NAMES,
    dockerfile: from('COPY hom* /d'),
    fails: true,
  },
  {
    name: 'a wildcard that nothing matches',
    files: NAMES,
    dockerfile: from('COPY nothing* /d/'),
    fails: true,
  },
  { name: 'one wildcard of two matches', files: NAMES, dockerfile: from('COPY hom* nothing* /d/') },
  { name: 'a wildcard and a name', files: NAMES, dockerfile: from('COPY hom* a-b /d/') },
  { name: 'a malformed class', files: NAMES, dockerfile: from('COPY [a- /d/'), fails: true },
  { name: 'hidden files by *', files: NAMES, dockerfile: from('COPY .h* /d/') },
];

/** What of a file is copied. */
export const ATTRIBUTES: readonly BuildCase[] = [
  {
    name: 'modes',
    files: { 'p/': { mode: 0o700 }, 'p/x': { mode: 0o755 }, 'p/ro': { mode: 0o400 }, 'p/w': { mode: 0o666 } },
    dockerfile: from('COPY p /d'),
  },
  {
    name: "a folder's own mode, when its content is copied",
    files: { 'p/': { mode: 0o711 }, 'p/x': 'x' },
    dockerfile: from('COPY p /d'),
  },
  {
    name: 'modes of a folder that is there already stay or not',
    files: { 'p/etc/': { mode: 0o700 }, 'p/etc/x': 'x' },
    dockerfile: from('COPY p /'),
  },
  {
    name: 'setuid, setgid and sticky',
    files: { su: { mode: 0o4755 }, sg: { mode: 0o2755 }, 't/': { mode: 0o1777 }, 't/x': 'x' },
    dockerfile: from('COPY su sg /d/', 'COPY t /t'),
    but: ['/d/s'],
    why: 'chown after the writing takes the bits away there; BuildKit keeps them',
  },
  {
    name: "owners are root's",
    files: { x: { owner: [1000, 50] }, 'p/': { owner: [7, 8] }, 'p/y': { owner: [9, 10] } },
    dockerfile: from('COPY x p /d/'),
  },
  { name: 'owners do not depend on USER', files: { x: 'x' }, dockerfile: from('USER app', 'COPY x /d/e/') },
  { name: '--chown with ids', files: { x: 'x', 'p/y': 'y' }, dockerfile: from('COPY --chown=5:6 x p /d/') },
  { name: '--chown with one id', files: { x: 'x' }, dockerfile: from('COPY --chown=5 x /d/e/') },
  { name: '--chown with names', files: { x: 'x' }, dockerfile: from('COPY --chown=app:staff x /d/') },
  { name: '--chown mixed', files: { x: 'x' }, dockerfile: from('COPY --chown=app:7 x /d/') },
  {
    name: '--chown with an unknown name',
    files: { x: 'x' },
    dockerfile: from('COPY --chown=nobody:nothing x /d/'),
    fails: true,
  },
  {
    name: '--chown with a variable',
    files: { x: 'x' },
    dockerfile: from('ARG U=app', 'COPY --chown=$U:staff x /d/'),
  },
  {
    name: '--chown of a folder that is there',
    files: { 'p/x': 'x' },
    dockerfile: from('COPY --chown=5:6 p /etc'),
  },
  {
    name: 'links are copied as links',
    files: { x: 'x', 'p/l': { link: '../x' }, 'p/gone': { link: '/nowhere' } },
    dockerfile: from('COPY p /d'),
  },
  {
    name: 'a link to a folder inside of a folder',
    files: { 'p/real/x': 'x', 'p/l': { link: 'real' } },
    dockerfile: from('COPY p /d'),
  },
  {
    name: 'a link that is named is followed',
    files: { x: 'x', l: { link: 'x' } },
    dockerfile: from('COPY l /d'),
  },
  {
    name: 'a link to a folder that is named is followed',
    files: { 'real/x': 'x', l: { link: 'real' } },
    dockerfile: from('COPY l /d'),
  },
  {
    name: 'a path through a link',
    files: { 'real/x': 'x', l: { link: 'real' } },
    dockerfile: from('COPY l/x /d'),
  },
  {
    name: 'a link that leads out of the context',
    files: { l: { link: '../../../../etc/shadow' } },
    dockerfile: from('COPY l /d'),
    fails: true,
  },
  {
    name: 'an absolute link stays in the context',
    files: { 'etc/x': 'mine', l: { link: '/etc/x' } },
    dockerfile: from('COPY l /d'),
  },
  { name: 'a fifo', files: { 'p/f': { fifo: true } }, dockerfile: from('COPY p /d') },
  { name: 'a sparse file', files: { big: { size: 3_000_000 } }, dockerfile: from('COPY big /d/') },
  { name: 'an empty file', files: { e: '' }, dockerfile: from('COPY e /d/') },
  {
    name: 'capabilities of a file',
    files: {
      c: {
        text: 'x',
        mode: 0o755,
        xattrs: { 'security.capability': '0100000200040000000000000000000000000000' },
      },
    },
    dockerfile: from('COPY c /d/'),
    but: ['/d/c'],
    why: 'chown after the writing takes them away there; BuildKit keeps them',
  },
  {
    name: 'a name of 200 characters, deep',
    files: { [`${'n'.repeat(200)}/${'m'.repeat(200)}/x`]: 'x' },
    dockerfile: from('COPY . /d/'),
  },
  { name: 'a file of 3 MB', files: { big: 'abc'.repeat(1_000_000) }, dockerfile: from('COPY big /') },
  {
    name: 'a hundred files',
    files: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p/${i % 7}/${i}`, `${i}`])),
    dockerfile: from('COPY p /d'),
  },
];

export const COPY_FROM: readonly BuildCase[] = [
  {
    name: 'a stage by name',
    dockerfile: `FROM @{base} AS one\nRUN mkdir /o && echo x > /o/x\n${from('COPY --from=one /o /d')}`,
  },
  {
    name: 'a stage by number',
    dockerfile: `FROM @{base}\nRUN mkdir /o && echo x > /o/x\n${from('COPY --from=0 /o/x /d/')}`,
  },
  {
    name: 'a stage by name in other letters',
    dockerfile: `FROM @{base} AS One\nRUN echo x > /x\n${from('COPY --from=oNE /x /d/')}`,
  },
  {
    name: 'relative to the root of the stage, not its WORKDIR',
    dockerfile: `FROM @{base} AS one\nWORKDIR /w\nRUN echo x > x\n${from('COPY --from=one w/x /d/')}`,
  },
  {
    name: 'owners and modes of a stage stay',
    dockerfile: `FROM @{base} AS one\nRUN mkdir /o && echo x > /o/x && chown -R 5:6 /o && chmod 750 /o && chmod 4755 /o/x\n${from('COPY --from=one /o /d', 'COPY --from=one /o/x /x')}`,
    but: ['/d', '/x'],
    why: "the classic builder gives all to root; BuildKit keeps a stage's owners",
  },
  {
    name: '--chown of what a stage has',
    dockerfile: `FROM @{base} AS one\nRUN mkdir /o && echo x > /o/x && chown -R 5:6 /o\n${from('COPY --from=one --chown=1:2 /o /d')}`,
  },
  {
    name: 'links of a stage',
    dockerfile: `FROM @{base} AS one\nRUN mkdir /o && echo x > /o/x && ln -s x /o/l && ln -s /etc/passwd /o/abs\n${from('COPY --from=one /o /d')}`,
  },
  {
    name: 'an absolute link of a stage is resolved in it',
    dockerfile: `FROM @{base} AS one\nRUN echo mine > /mine && ln -s /mine /l\n${from('COPY --from=one /l /d')}`,
  },
  {
    name: 'wildcards in a stage',
    dockerfile: `FROM @{base} AS one\nRUN mkdir /o && touch /o/a1 /o/a2 /o/b1\n${from('COPY --from=one /o/a* /d/')}`,
  },
  {
    name: 'an image',
    others: { other: 'FROM @{base}\nRUN echo other > /other\n' },
    dockerfile: from('COPY --from=@{other} /other /d/'),
  },
  { name: 'the same image as the base', dockerfile: from('COPY --from=@{base} /etc/passwd /d/') },
  {
    name: 'several stages',
    dockerfile: `FROM @{base} AS a\nRUN echo a > /a\nFROM @{base} AS b\nRUN echo b > /b\n${from('COPY --from=a /a /', 'COPY --from=b /b /')}`,
  },
  {
    name: 'a stage that is made of another',
    dockerfile:
      'FROM @{base} AS a\nRUN echo a > /a\nFROM a AS b\nRUN echo b > /b\nFROM b\nRUN cat /a /b > /c\n',
  },
  {
    name: 'all of a stage',
    dockerfile: 'FROM @{base} AS a\nRUN rm -r /tmp && echo a > /a\nFROM scratch\nCOPY --from=a / /\n',
    but: ['Env', '/dev', '/etc/host', '/etc/resolv.conf', '/proc', '/sys'],
    why: 'the classic builder sees the files of its container in the stage; BuildKit gives images of scratch a PATH',
  },
  {
    name: 'missing in a stage',
    dockerfile: `FROM @{base} AS one\n${from('COPY --from=one /nothing /d')}`,
    fails: true,
  },
  {
    name: 'an unknown stage, which is no image either',
    dockerfile: from('COPY --from=localhost:9/nothing /x /d'),
    fails: true,
  },
  {
    name: 'the stage itself',
    dockerfile: 'FROM @{base} AS one\nCOPY --from=one /etc/passwd /d/\n',
    fails: true,
  },
  {
    name: '.dockerignore does not touch stages',
    files: { '.dockerignore': '*\n' },
    dockerfile: `FROM @{base} AS one\nRUN echo x > /x\n${from('COPY --from=one /x /d/')}`,
  },
];
