import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { AT_FDCWD, close, O, tryOpenAt, trySetXattr } from '../../../lib/core/sys/file.ts';
import type { Entry } from '../../../lib/storage/tar/entry.ts';
import { TarReader } from '../../../lib/storage/tar/reader.ts';
import { TreeWalk, type WalkOptions } from '../../../lib/storage/tar/walk.ts';
import { encodeHeader, writeTar } from '../../../lib/storage/tar/write.ts';

const ENTRY: Entry = {
  type: 'file',
  path: 'f',
  linkPath: '',
  mode: 0o4755,
  uid: 7,
  gid: 8,
  size: 0,
  stored: 0,
  mtime: { sec: 1_000_000_000, nsec: 0 },
  atime: undefined,
  major: 0,
  minor: 0,
  xattrs: undefined,
  sparse: undefined,
};

function read(...chunks: Uint8Array[]): { entry: Entry; data: string }[] {
  const found: { entry: Entry; data: string }[] = [];
  const reader = new TarReader({
    raw: () => {},
    entry: (entry) => found.push({ entry, data: '' }),
    data: (bytes) => {
      found.at(-1)!.data += bytes.toString('latin1');
    },
    entryEnd: () => {},
  });
  for (const chunk of chunks) reader.write(chunk);
  reader.end();
  return found;
}

describe('a header', () => {
  test.each<[string, Partial<Entry>]>([
    ['of a file', {}],
    ['of a folder', { type: 'folder', path: 'd/', mode: 0o1777 }],
    ['of a device', { type: 'char', major: 300, minor: 70_000 }],
    ['with names of 100 bytes', { type: 'symlink', path: 'p'.repeat(100), linkPath: 'l'.repeat(100) }],
    ['with longer names', { type: 'symlink', path: 'p/'.repeat(150), linkPath: 'l'.repeat(3000) }],
    ['with a name that is no UTF-8', { path: 'caf\xe9' }],
    ['with owners beyond octal', { uid: 3_000_000, gid: 2_147_483_646 }],
    ['of before 1970', { mtime: { sec: -5, nsec: 0 } }],
    ['with extended attributes', { xattrs: new Map([['user.a', Buffer.from('x=\n\0y')]]) }],
    ['with a record whose length has its own digit', { path: `${'p'.repeat(93)}/${'q'.repeat(93)}` }],
  ])('%s means the same when it is read', (_, part) => {
    const entry = { ...ENTRY, ...part };
    const [found] = read(encodeHeader(entry), Buffer.alloc(1024));
    expect(found!.entry).toEqual(entry);
  });

  test('of a file beyond 8 GiB', () => {
    const size = 2 ** 33 + 5;
    const header = encodeHeader({ ...ENTRY, size, stored: size });
    expect(header.length).toBe(1536);
    expect(header.toString('latin1')).toContain(`size=${size}\n`);
  });
});

describe('a tree', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/tree-`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const pack = (name: string, options?: WalkOptions): Buffer => {
    const fd = tryOpenAt(AT_FDCWD, folder, O.PATH);
    try {
      const chunks = Array.from(writeTar(new TreeWalk(options).members(fd, name)), (chunk) =>
        Buffer.from(chunk),
      );
      expect(chunks.every((chunk) => chunk.length <= 512 * 1024)).toBe(true);
      return Buffer.concat(chunks);
    } finally {
      close(fd);
    }
  };

  test('is written as GNU tar reads it, sorted, with hard links, and contents across chunks', () => {
    mkdirSync(`${folder}/b/empty`, { recursive: true });
    writeFileSync(`${folder}/b/big`, Buffer.alloc(1_300_001, 'x'));
    writeFileSync(`${folder}/a`, 'first');
    linkSync(`${folder}/a`, `${folder}/z`);
    symlinkSync('a', `${folder}/l`);
    execFileSync('mkfifo', [`${folder}/p`]);
    const listed = execFileSync('tar', ['-tv', '--numeric-owner'], { input: pack('top'), encoding: 'utf8' });
    expect(
      listed
        .trim()
        .split('\n')
        .map((line) => `${line[0]}${line.slice(line.indexOf('top') - 1)}`),
    ).toEqual([
      'd top/',
      '- top/a',
      'd top/b/',
      '- top/b/big',
      'd top/b/empty/',
      'l top/l -> a',
      'p top/p',
      'h top/z link to top/a',
    ]);
    const contents = new Map(read(pack('')).map(({ entry, data }) => [entry.path, data]));
    expect(contents.get('b/big')).toBe('x'.repeat(1_300_001));
    expect([...contents.keys()]).toEqual(['a', 'b/', 'b/big', 'b/empty/', 'l', 'p', 'z']);
    expect(read(pack('/')).map(({ entry }) => entry.path)).toContain('/b/big');
  });

  test('has only the extended attributes that are wanted', () => {
    writeFileSync(`${folder}/f`, '');
    if (trySetXattr(`${folder}/f`, 'user.kept', Buffer.from('1')) < 0) return; // a file system without them
    trySetXattr(`${folder}/f`, 'user.other', Buffer.from('2'));
    const xattrs = (name: string) => name === 'user.kept';
    expect(read(pack('', { xattrs }))[0]!.entry.xattrs).toEqual(new Map([['user.kept', Buffer.from('1')]]));
    expect(read(pack(''))[0]!.entry.xattrs).toBeUndefined();
  });
});
