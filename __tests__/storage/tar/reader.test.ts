import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../../../lib/core/sys/directory.ts';
import {
  archive,
  base256,
  endMark,
  file,
  folder,
  header,
  link,
  member,
  padded,
  paxHeader,
} from './support/archive.ts';
import { collect } from './support/collect.ts';

const refused = (message: string, code = 'BAD_ARCHIVE') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) });

describe('reading an archive', () => {
  const sample = archive(
    folder('dir'),
    file('dir/empty', ''),
    file('dir/one', 'x'),
    file('dir/block', 'y'.repeat(512)),
    { ...file('short', 'z'.repeat(700)), pax: { path: `dir/${'long'.repeat(60)}`, mtime: '12.5' } },
    link('again', 'dir/one'),
  );

  test.each([1, 7, 511, 512, 513, 1000, 100_000])(
    'does not depend on the chunks it comes in: %d bytes',
    (step) => {
      const { entries, bytes } = collect(sample, step);
      expect(entries.map(({ type, path, data }) => [type, path, data.length])).toEqual([
        ['folder', 'dir/', 0],
        ['file', 'dir/empty', 0],
        ['file', 'dir/one', 1],
        ['file', 'dir/block', 512],
        ['file', `dir/${'long'.repeat(60)}`, 700],
        ['link', 'again', 0],
      ]);
      expect(entries[4]!.mtime).toEqual({ sec: 12, nsec: 500_000_000 });
      expect(bytes.equals(sample)).toBe(true);
    },
  );

  test('extended records replace what the header says; GNU long names win over them, as in Go', () => {
    const long = (type: string, content: string) =>
      member({ name: '././@LongLink', type, content, format: 'gnu' });
    const { entries } = collect(
      archive(
        paxHeader({ path: 'pax', linkpath: 'target', uid: '70000', gid: '80000', size: '3', atime: '-1.5' }),
        header({ name: 'header', type: '0', size: 9, uid: 1 }),
        padded(Buffer.from('abc')),
        paxHeader({ path: 'pax' }),
        long('L', 'long name\0'),
        long('K', 'long target\0'),
        { name: 'short', type: '2', linkName: 'short' },
        file('plain'),
      ),
    );
    expect(entries[0]).toMatchObject({
      path: 'pax',
      linkPath: 'target',
      uid: 70_000,
      gid: 80_000,
      data: 'abc',
    });
    expect(entries[0]!.atime).toEqual({ sec: -2, nsec: 500_000_000 });
    expect(entries[1]).toMatchObject({ path: 'long name', linkPath: 'long target' });
    expect(entries[2]).toMatchObject({ path: 'plain', uid: 0, atime: undefined });
  });

  test('global records hold until they are taken back; own ones come first', () => {
    const { entries } = collect(
      archive(
        paxHeader({ uid: '5', mtime: '100' }, 'g'),
        file('a'),
        { ...file('b'), pax: { uid: '6' } },
        { ...file('c'), pax: { uid: '' } },
        paxHeader({ uid: '' }, 'g'),
        file('d'),
      ),
    );
    expect(entries.map(({ uid, mtime }) => [uid, mtime.sec])).toEqual([
      [5, 100],
      [6, 100],
      [0, 100],
      [0, 100],
    ]);
  });

  test('what has no data has none, whatever its size says', () => {
    const { entries } = collect(
      archive({ ...folder('d'), size: 4096 }, { ...link('l', 'd'), size: 512 }, file('f', 'ok')),
    );
    expect(entries.map(({ path, data }) => [path, data])).toEqual([
      ['d/', ''],
      ['l', ''],
      ['f', 'ok'],
    ]);
  });

  test('a v7 file whose name ends in a slash is a folder', () => {
    const { entries } = collect(
      archive({ name: 'old/', type: '\0', format: 'v7' }, { name: 'f', type: '\0', format: 'v7' }),
    );
    expect(entries.map(({ type }) => type)).toEqual(['folder', 'file']);
  });

  test.each([
    ['nothing at all', Buffer.alloc(0)],
    ['no end mark', member(file('f'))],
    ['one zero block', Buffer.concat([member(file('f')), Buffer.alloc(512)])],
    ["its last file's bytes, as umoci does", member(file('f', 'x'.repeat(600))).subarray(0, 1112)],
    ['a part of the last padding', member(file('f', 'x'.repeat(600))).subarray(0, 1120)],
    [
      'rubbish behind the end mark',
      Buffer.concat([archive(file('f')), Buffer.from('rubbish'), Buffer.alloc(9000)]),
    ],
  ])('an archive may end with %s', (_, bytes) => {
    const seen = collect(bytes, 100);
    expect(seen.bytes.equals(bytes)).toBe(true);
    expect(seen.entries.length).toBe(bytes.length === 0 ? 0 : 1);
  });

  test('cut off anywhere else, it is refused', () => {
    const bytes = archive({ ...file('f', 'x'.repeat(600)), pax: { path: 'g' } });
    for (const length of [1, 511, 512, 513, 1023, 1024, 1100, 1536, 1537, 2100, 2135]) {
      expect(() => collect(bytes.subarray(0, length))).toThrow(refused('cut off'));
    }
  });

  test.each<[string, Uint8Array[], string, string?]>([
    ['a lone zero block', [member(file('a')), Buffer.alloc(512), member(file('b'))], 'lone zero block'],
    ['a negative size', [header({ name: 'f', edit: (b) => base256(b, -512n, 124, 12) })], '-512 bytes'],
    ['an absurd size', [header({ name: 'f', edit: (b) => base256(b, 1n << 80n, 124, 12) })], 'absurd size'],
    ['an absurd size in a record', [paxHeader({ size: '9'.repeat(30) }), header({ name: 'f' })], 'bad size'],
    ['an unknown type', [header({ name: 'f', type: 'Q' })], 'unknown type Q'],
    ['a continued volume', [header({ name: 'f', type: 'M' })], 'unknown type M'],
    [
      'an extended header of 2 MiB',
      [header({ name: 'x', type: 'x', size: 2 << 20 })],
      'extended header of 2097152',
    ],
    ['a long name of 1 GiB', [header({ name: 'x', type: 'L', size: 1 << 30 })], 'extended header of'],
    ['an extended header without an entry', [paxHeader({ path: 'x' }), endMark.subarray(0, 0)], 'cut off'],
    [
      'global headers without end',
      Array.from({ length: 3 }, (_, i) => paxHeader({ [`k${i}`]: 'v'.repeat(500_000) }, 'g')),
      'global extended headers',
    ],
    [
      'a user id of 2^31',
      [header({ name: 'f', edit: (b) => base256(b, 1n << 31n, 108, 8) })],
      'beyond 2^31',
      'HOSTILE_ARCHIVE',
    ],
    [
      'a negative group id',
      [header({ name: 'f', edit: (b) => base256(b, -1n, 116, 8) })],
      'beyond 2^31',
      'HOSTILE_ARCHIVE',
    ],
    [
      'a user id of 2^32-1',
      [paxHeader({ uid: '4294967295' }), header({ name: 'f' })],
      'beyond 2^31',
      'HOSTILE_ARCHIVE',
    ],
    ['a NUL in a name', [paxHeader({ path: 'a\0b' }), header({ name: 'f' })], 'NUL byte', 'HOSTILE_ARCHIVE'],
  ])('%s is refused', (_, parts, message, ...code) => {
    expect(() => collect(Buffer.concat(parts))).toThrow(refused(message, ...code));
  });

  test('a message shows control characters escaped', () => {
    expect(() => collect(header({ name: 'a\x1b[2J', type: 'Q' }))).toThrow(refused('a\\x1b[2J'));
  });
});

describe('sparse files', () => {
  const dir = mkdtempSync(join(tmpdir(), 'proa-sparse-'));
  const size = 64 << 20;
  const positions = Array.from({ length: 40 }, (_, i) => i * 1_500_000 - (i % 7) * 4096);
  mkdirSync(join(dir, 'in'));
  const fd = openSync(join(dir, 'in/sparse'), 'w');
  for (const position of positions) writeSync(fd, `at ${position}`, position);
  ftruncateSync(fd, size);
  closeSync(fd);
  writeFileSync(join(dir, 'in/after'), 'after');
  const wanted = readFileSync(join(dir, 'in/sparse'));
  afterAll(() => removeTree(dir));

  test.each([
    ['old GNU', ['--format=gnu']],
    ['PAX 0.0', ['--format=pax', '--sparse-version=0.0']],
    ['PAX 0.1', ['--format=pax', '--sparse-version=0.1']],
    ['PAX 1.0', ['--format=pax', '--sparse-version=1.0']],
  ])('%s, as GNU tar writes it', (_, options) => {
    const made = Bun.spawnSync([
      'tar',
      '-C',
      dir,
      '--sparse',
      ...options,
      '-cf',
      '-',
      'in/sparse',
      'in/after',
    ]);
    for (const step of [made.stdout.length, 500]) {
      const { entries, bytes } = collect(made.stdout, step);
      const sparse = entries[0]!;
      expect(sparse).toMatchObject({ path: 'in/sparse', type: 'file', size });
      expect(sparse.stored).toBeLessThan(1 << 20);
      const content = Buffer.alloc(size);
      let from = 0;
      for (let i = 0; i < sparse.sparse!.length; i += 2) {
        content.write(sparse.data.slice(from, from + sparse.sparse![i + 1]!), sparse.sparse![i]!, 'latin1');
        from += sparse.sparse![i + 1]!;
      }
      expect(from).toBe(sparse.data.length);
      expect(content.equals(wanted)).toBe(true);
      expect(entries[1]).toMatchObject({ path: 'in/after', data: 'after' });
      expect(bytes.equals(made.stdout)).toBe(true);
    }
  });

  const sparse = (map: string, extra: Record<string, string> = {}, content = 'abcd') =>
    archive({
      name: 's',
      content,
      pax: {
        'GNU.sparse.major': '0',
        'GNU.sparse.minor': '1',
        'GNU.sparse.size': '100',
        'GNU.sparse.map': map,
        ...extra,
      },
    });

  test('a map of nothing is a file of holes', () => {
    expect(collect(sparse('', {}, '')).entries[0]).toMatchObject({ size: 100, stored: 0, sparse: [] });
    expect(collect(sparse('10,2,20,2')).entries[0]).toMatchObject({
      size: 100,
      stored: 4,
      sparse: [10, 2, 20, 2],
    });
  });

  test.each([
    ['fragments that overlap', '10,2,11,2'],
    ['fragments that run backwards', '20,2,10,2'],
    ['a fragment behind the end', '0,2,99,2'],
    ['fewer bytes than are stored', '0,2'],
    ['more bytes than are stored', '0,50'],
    ['half a fragment', '0,4,5'],
    ['no number', '0,x'],
    ['a number below zero', '-4,4'],
  ])('a map with %s is refused', (_, map) => {
    expect(() => collect(sparse(map))).toThrow(expect.objectContaining({ code: 'BAD_ARCHIVE' }));
  });

  test.each([
    ['that never ends', `900\n${'1\n'.repeat(254)}`, 'longer than its file'],
    ['without numbers', 'x'.repeat(512), 'malformed number'],
    ['of a billion fragments', '1000000000\n', 'more than 262144'],
  ])('a leading map %s is refused', (_, map, message) => {
    const content = padded(Buffer.from(map));
    const pax = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '100' };
    expect(() => collect(archive({ name: 's', content, pax }))).toThrow(refused(message));
  });
});
