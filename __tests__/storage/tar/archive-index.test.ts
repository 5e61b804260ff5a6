import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArchiveMember, indexArchive } from '../../../lib/storage/tar/archive-index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proa-index-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function index(bytes: Uint8Array): Map<string, ArchiveMember> {
  const file = `${folder}/archive.tar`;
  writeFileSync(file, bytes);
  const fd = openSync(file, 'r');
  try {
    return indexArchive(fd, bytes.length);
  } finally {
    closeSync(fd);
  }
}

function tar(...args: string[]): Buffer {
  const { stdout, exitCode, stderr } = Bun.spawnSync(['tar', '-C', `${folder}/in`, ...args, '-cf', '-', '.']);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout;
}

const LONG = `${'long/'.repeat(40)}name`;

describe.each(['gnu', 'pax', 'ustar'])('%s archives', (format) => {
  test('files lie where they are said to, under clean names, with links to them', () => {
    const long = format === 'ustar' ? 'short' : LONG;
    mkdirSync(`${folder}/in/${long.slice(0, long.lastIndexOf('/') + 1)}`, { recursive: true });
    writeFileSync(`${folder}/in/${long}`, 'long');
    writeFileSync(`${folder}/in/empty`, '');
    writeFileSync(`${folder}/in/uni-é`, 'x'.repeat(1000));
    mkdirSync(`${folder}/in/sub`);
    symlinkSync('../empty', `${folder}/in/sub/link`);
    symlinkSync('/empty', `${folder}/in/sub/absolute`);
    const bytes = tar(`--format=${format}`);
    const members = index(bytes);
    const text = (name: string): string | undefined => {
      const member = members.get(name);
      return member?.kind === 'file'
        ? bytes.toString('utf8', member.offset, member.offset + member.size)
        : undefined;
    };
    expect(text(long)).toBe('long');
    expect(text('empty')).toBe('');
    expect(text(Buffer.from('uni-é').toString('latin1'))).toBe('x'.repeat(1000));
    expect(members.get('sub/link')).toEqual({ kind: 'link', target: 'empty' });
    expect(members.get('sub/absolute')).toEqual({ kind: 'link', target: 'empty' });
    expect(members.has('sub')).toBe(false);
  });
});

test('of two members of one name the later counts', () => {
  mkdirSync(`${folder}/in`);
  writeFileSync(`${folder}/in/a`, 'first');
  const first = tar();
  writeFileSync(`${folder}/in/a`, 'second');
  // The end marks of the first are cut off, as `tar --append` does.
  const end = first.findLastIndex((byte) => byte !== 0);
  const both = Buffer.concat([first.subarray(0, Math.ceil((end + 1) / 512) * 512), tar()]);
  expect(index(both).get('a')).toMatchObject({ size: 6 });
});

test('what is no archive, cut off, or leads out of it is refused', () => {
  mkdirSync(`${folder}/in`);
  writeFileSync(`${folder}/in/a`, 'x'.repeat(5000));
  const good = tar();
  const refused = (bytes: Uint8Array, code: string) =>
    expect(() => index(bytes)).toThrow(expect.objectContaining({ code }));
  refused(Buffer.from('text '.repeat(200)), 'BAD_ARCHIVE');
  refused(good.subarray(0, 3000), 'BAD_ARCHIVE');
  refused(good.subarray(0, 600), 'BAD_ARCHIVE');
  refused(tar('--transform', 's,^./a,../../a,', '-P'), 'HOSTILE_ARCHIVE');
  expect(index(new Uint8Array()).size).toBe(0);
});
