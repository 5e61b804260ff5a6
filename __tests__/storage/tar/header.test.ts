import { isZeroBlock, parseHeader, toPath } from '../../../lib/storage/tar/header.ts';
import { base256, header, type MemberOptions, seal } from './support/archive.ts';

const parse = (options: Partial<MemberOptions>) => parseHeader(header({ name: 'name', ...options }));

describe('tar header', () => {
  test('ustar fields', () => {
    expect(
      parse({ name: 'x', prefix: 'long/prefix', mode: 0o4755, uid: 7, gid: 8, content: 'abc', mtime: 99 }),
    ).toEqual({
      format: 'ustar',
      type: '0',
      path: 'long/prefix/x',
      linkPath: '',
      mode: 0o4755,
      uid: 7,
      gid: 8,
      size: 3,
      mtime: 99,
      major: 0,
      minor: 0,
    });
  });

  test.each([
    [
      'v7 has no prefix and no devices',
      { format: 'v7' as const, type: '3' },
      { format: 'v7', path: 'name', major: 0 },
    ],
    [
      'GNU keeps times where ustar has its prefix',
      { format: 'gnu' as const, prefix: '12345670000' },
      { format: 'gnu', path: 'name' },
    ],
    ['a device', { type: '4', major: 8, minor: 17 }, { type: '4', major: 8, minor: 17 }],
    ['device numbers count for devices only', { type: '0', major: 8, minor: 17 }, { major: 0, minor: 0 }],
    ['a name that fills its field has no NUL', { name: 'n'.repeat(100) }, { path: 'n'.repeat(100) }],
    ['a link name that fills its field', { linkName: 'l'.repeat(100) }, { linkPath: 'l'.repeat(100) }],
    [
      'star has a shorter prefix',
      { prefix: 'p'.repeat(155), edit: (b: Buffer) => void b.write('tar\0', 508, 'latin1') },
      { format: 'star', path: `${'p'.repeat(131)}/name` },
    ],
  ])('%s', (_, options, expected) => {
    expect(parse(options)).toMatchObject(expected);
  });

  test.each([
    ['octal with spaces in front', '   644 \0', 0o644],
    ['octal that fills the field', '00000644', 0o644],
    ['octal ended by a space', '0000644 ', 0o644],
    ['an empty field', '\0\0\0\0\0\0\0\0', 0],
    ['only spaces', '        ', 0],
  ])('number: %s', (_, text, expected) => {
    expect(parse({ edit: (block) => void block.write(text, 100, 'latin1') }).mode).toBe(expected);
  });

  test.each(['0000648\0', '-000001\0', '0x00001\0', '64\x0044\0\0\0'])('number: %j is refused', (text) => {
    expect(() => parse({ edit: (block) => void block.write(text, 108, 'latin1') })).toThrow(
      expect.objectContaining({ code: 'BAD_ARCHIVE', message: expect.stringContaining('bad uid') }),
    );
  });

  test.each([0n, 1n, 8589934592n, 9007199254740991n, -1n, -86400n])('base-256: %d', (value) => {
    expect(parse({ edit: (block) => base256(block, value, 136, 12) }).mtime).toBe(Number(value));
  });

  test('base-256: what no number here can hold is refused', () => {
    expect(() => parse({ edit: (block) => base256(block, 1n << 60n, 124, 12) })).toThrow(
      expect.objectContaining({ code: 'BAD_ARCHIVE', message: expect.stringContaining('absurd size') }),
    );
  });

  test('names are bytes', () => {
    const { path } = parse({ name: Buffer.from([0x61, 0xff, 0xc3, 0xa4]) });
    expect(path).toBe('a\xff\xc3\xa4');
    expect(toPath(path)).toEqual(Buffer.from([0x61, 0xff, 0xc3, 0xa4]));
    expect(toPath('plain')).toBe('plain');
  });

  test('checksums of old tars that summed signed bytes hold', () => {
    const block = header({ name: Buffer.from([0xe4, 0xf6, 0xfc]) });
    const signed = block.reduce(
      (sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte > 127 ? byte - 256 : byte),
      0,
    );
    block.write(`${signed.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(parseHeader(block).path).toBe('\xe4\xf6\xfc');
  });

  test('any changed bit breaks the checksum', () => {
    const block = header({ name: 'name' });
    for (const at of [0, 99, 100, 135, 156, 257, 345, 511]) {
      const changed = Buffer.from(block);
      changed[at] = changed[at]! ^ 1;
      expect(() => parseHeader(changed)).toThrow(expect.objectContaining({ code: 'BAD_ARCHIVE' }));
    }
    expect(parseHeader(seal(block)).path).toBe('name');
  });

  test('zero blocks', () => {
    const block = Buffer.alloc(512);
    expect(isZeroBlock(block)).toBe(true);
    block[511] = 1;
    expect(isZeroBlock(block)).toBe(false);
  });
});
