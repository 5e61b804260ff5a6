import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { DirectContentWriter } from '../../../lib/storage/tar/direct-content.ts';

const MB = 1 << 20;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(`${process.cwd()}/dist/direct-`); // /tmp may be a file system in memory
});
afterEach(() => rmSync(folder, { recursive: true }));

function noise(size: number, seed: number): Buffer {
  return Buffer.from(
    Bun.hash(String(seed))
      .toString(16)
      .repeat(Math.ceil(size / 8)),
  ).subarray(0, size);
}

/** Writes `content` in pieces of `piece` bytes, and returns what is in the file then, and its blocks of 512 bytes. */
function write(content: Buffer, piece: number): { read: Buffer; blocks: number; crc: number } {
  const path = `${folder}/file`;
  const fd = openSync(path, 'w');
  const writer = DirectContentWriter.open(fd, content.length);
  if (writer === undefined) throw new Error(`${folder} is on a file system without O_DIRECT`);
  // At odd addresses: what is unpacked does not lie at multiples of a page.
  const shifted = Buffer.allocUnsafeSlow(content.length + 3).subarray(3);
  content.copy(shifted);
  for (let at = 0; at < content.length; at += piece)
    expect(writer.write(shifted.subarray(at, at + piece))).toBe(0);
  expect(writer.finish()).toBe(0);
  closeSync(fd);
  return { read: readFileSync(path), blocks: statSync(path).blocks, crc: writer.crc };
}

test.each([
  ['whole blocks', 4 * MB, MB],
  ['a rest that is no multiple of anything', 4 * MB + 12_345, 700_001],
  ['one byte more than whole blocks', 4 * MB + 1, 333_333],
])('%s arrive as they are', (_, size, piece) => {
  const content = noise(size, 7);
  const { read, crc } = write(content, piece);
  expect(read.equals(content)).toBe(true);
  expect(crc).toBe(crc32(content));
});

test('zeros become holes, at the start, in the middle, at the end', () => {
  const zeros = Buffer.alloc(3 * MB);
  const content = Buffer.concat([zeros, noise(100_000, 1), zeros, noise(MB, 2), zeros, Buffer.alloc(77)]);
  const { read, blocks } = write(content, 500_000);
  expect(read.equals(content)).toBe(true);
  expect(blocks * 512).toBeLessThan(2 * MB);
});

test('nothing but zeros has its size and takes no room', () => {
  const { read, blocks } = write(Buffer.alloc(5 * MB + 3), MB);
  expect(read.equals(Buffer.alloc(5 * MB + 3))).toBe(true);
  expect(blocks).toBeLessThan(16);
});
