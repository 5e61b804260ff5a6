import { execFileSync } from 'node:child_process';
import { crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { checkLevel, compress } from '../../../lib/storage/tar/compress.ts';

/** Text that repeats itself across the borders of blocks, in chunks of no particular size. */
const TEXT = Buffer.from(
  Array.from({ length: 120_000 }, (_, i) => `line ${i * 7919} ${Bun.hash(String(i % 977))}\n`).join(''),
);

async function* chunks(bytes: Buffer, size = 333_333): AsyncGenerator<Uint8Array> {
  // The consumer may keep nothing of a chunk: this one is overwritten with the next.
  const chunk = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const n = bytes.copy(chunk, 0, at, at + size);
    yield chunk.subarray(0, n);
  }
}

async function packed(
  bytes: Buffer,
  ...rest: Parameters<typeof compress> extends [unknown, ...infer R] ? R : never
) {
  return Buffer.concat(await Array.fromAsync(compress(chunks(bytes), ...rest)));
}

test('gzip of several blocks is one member that Bun and gzip(1) read', async () => {
  const bytes = await packed(TEXT, 'gzip');
  expect(gunzipSync(bytes).equals(TEXT)).toBe(true);
  execFileSync('gzip', ['-t'], { input: bytes });
  expect(bytes.readUInt32LE(bytes.length - 8)).toBe(crc32(TEXT));
  // One thread with the whole before it does hardly better.
  expect(bytes.length).toBeLessThan(Bun.gzipSync(TEXT, { level: 3 }).length * 1.03);
});

test('the same bytes come out each time, and a higher level makes fewer', async () => {
  const fast = await packed(TEXT, 'gzip', { level: 1 });
  expect((await packed(TEXT, 'gzip', { level: 1 })).equals(fast)).toBe(true);
  expect((await packed(TEXT, 'gzip', { level: 9 })).length).toBeLessThan(fast.length);
});

test('zstd is read as one stream', async () => {
  const bytes = await packed(TEXT, 'zstd');
  expect(zstdDecompressSync(bytes).equals(TEXT)).toBe(true);
  expect(bytes.length).toBeLessThan(TEXT.length / 2);
});

test.each(['gzip', 'zstd', 'none'] as const)('nothing, as %s, unpacks to nothing', async (kind) => {
  const bytes = await packed(Buffer.alloc(0), kind);
  if (kind === 'gzip') expect(gunzipSync(bytes)).toHaveLength(0);
  else expect(bytes).toHaveLength(0);
});

test('a source that fails fails the whole', async () => {
  const source = async function* () {
    yield TEXT;
    throw new Error('gone');
  };
  await expect(Array.fromAsync(compress(source(), 'gzip'))).rejects.toThrow('gone');
});

test('levels that there are not are named', () => {
  checkLevel('gzip', 9);
  expect(() => checkLevel('gzip', 10)).toThrow('gzip has levels 1 to 9');
  expect(() => checkLevel('zstd', 21)).toThrow('zstd has levels 1 to 20');
});
