import { constants, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Compression, detectCompression, openDecoder } from '../../../lib/storage/tar/compression.ts';

const plain = Buffer.concat(
  Array.from({ length: 40_000 }, (_, i) => Buffer.from(`line ${i * 7919} of the text\n`)),
);
const half = plain.length >> 1;

function* inPieces(bytes: Uint8Array, step: number): Iterable<Uint8Array> {
  // One buffer for all pieces, as a reader of standard input has it.
  const buffer = Buffer.alloc(step);
  for (let at = 0; at < bytes.length; at += step) {
    const piece = bytes.subarray(at, at + step);
    buffer.set(piece);
    yield buffer.subarray(0, piece.length);
  }
}

async function decode(kind: Compression, bytes: Uint8Array, step = 1 << 20): Promise<Buffer> {
  using decoder = openDecoder(kind);
  const parts: Buffer[] = [];
  for await (const part of decoder.decode(inPieces(bytes, step))) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

const external = (program: string) => (bytes: Buffer) =>
  Buffer.from(Bun.spawnSync([program, '-c'], { stdin: bytes }).stdout);
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const ways: [Compression, (bytes: Buffer) => Buffer][] = [
  ['none', (bytes) => bytes],
  ['gzip', (bytes) => gzipSync(bytes)],
  ['zstd', (bytes) => zstdCompressSync(bytes)],
  ['xz', external('xz')],
  ['bzip2', external('bzip2')],
];

describe('decompression', () => {
  test.each(ways)('%s is recognised and decoded, in large and small pieces', async (kind, compress) => {
    const packed = compress(plain);
    expect(packed.length).toBeGreaterThan(0);
    expect(detectCompression(packed.subarray(0, 6))).toBe(kind);
    for (const step of [1 << 20, 1009]) expect((await decode(kind, packed, step)).equals(plain)).toBe(true);
  });

  test.each(ways)('%s: several members one behind the other are one', async (kind, compress) => {
    const first = compress(plain.subarray(0, half));
    const packed = Buffer.concat([first, compress(plain.subarray(half))]);
    // Once with the border of the members between two pieces.
    for (const step of [1 << 20, first.length, 4093]) {
      expect((await decode(kind, packed, step)).equals(plain)).toBe(true);
    }
  });

  test.each(ways.filter(([kind]) => kind !== 'none'))(
    '%s: cut off anywhere, it is refused',
    async (kind, compress) => {
      const packed = compress(plain);
      const two = Buffer.concat([packed, packed]);
      const lengths = [
        3,
        packed.length - 1,
        packed.length - 9,
        packed.length >> 1,
        packed.length + 5,
        two.length - 1,
      ];
      for (const length of lengths) {
        await expect(decode(kind, two.subarray(0, length))).rejects.toEqual(
          expect.objectContaining({
            code: 'BAD_COMPRESSION',
            message: expect.stringContaining(`decompress ${kind} layer`),
          }),
        );
      }
    },
  );

  test.each(ways.filter(([kind]) => kind !== 'none'))(
    '%s: a changed byte is noticed',
    async (kind, compress) => {
      const packed =
        kind === 'zstd'
          ? zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
          : compress(plain);
      packed[packed.length >> 1] = packed[packed.length >> 1]! ^ 0x10;
      await expect(decode(kind, packed)).rejects.toEqual(
        expect.objectContaining({ code: 'BAD_COMPRESSION' }),
      );
    },
  );

  test('gzip: zeros behind the last member are padding, other bytes are not', async () => {
    const packed = gzipSync(plain);
    for (const step of [1 << 20, 1000]) {
      expect((await decode('gzip', Buffer.concat([packed, Buffer.alloc(3000)]), step)).equals(plain)).toBe(
        true,
      );
      await expect(decode('gzip', Buffer.concat([packed, Buffer.from('rubbish')]), step)).rejects.toEqual(
        expect.objectContaining({ code: 'BAD_COMPRESSION' }),
      );
    }
  });

  test('zstd: skippable frames, also as the first, as zstd:chunked has them', async () => {
    const packed = Buffer.concat([skippable, zstdCompressSync(plain), skippable]);
    expect(detectCompression(packed.subarray(0, 6))).toBe('zstd');
    expect((await decode('zstd', packed)).equals(plain)).toBe(true);
  });

  test.each(['gzip', 'zstd', 'xz', 'bzip2'] as const)(
    '%s: nothing at all is refused or nothing',
    async (kind) => {
      if (kind === 'gzip')
        await expect(decode(kind, Buffer.alloc(0))).rejects.toThrow('unexpected end of file');
      else expect((await decode(kind, Buffer.alloc(0)).catch(() => Buffer.alloc(0))).length).toBe(0);
    },
  );

  test('a gigabyte of zeros passes through one buffer', async () => {
    const packed = gzipSync(Buffer.alloc(64 << 20), { level: 1 });
    expect(gunzipSync(packed).length).toBe(64 << 20);
    using decoder = openDecoder('gzip');
    const buffers = new Set<ArrayBufferLike>();
    let total = 0;
    const source = Array.from({ length: 16 }, () => packed);
    for (const part of decoder.decode(source) as Iterable<Uint8Array>) {
      buffers.add(part.buffer);
      total += part.length;
    }
    expect(total).toBe(1 << 30);
    expect(buffers.size).toBe(1);
  });

  test('short beginnings are plain', () => {
    for (const bytes of [[], [0x1f], [0x1f, 0x8b], [0x28, 0xb5, 0x2f]]) {
      expect(detectCompression(Uint8Array.from(bytes))).toBe('none');
    }
  });
});
