/** Writes a recipe (recipe-format.ts) while a layer is unpacked. Costs about 20 ms of CPU for 54,000 files. */
import { constants, zstdCompressSync } from 'node:zlib';
import { writeAll } from '../../core/sys/file.ts';
import type { ByteString } from './header.ts';
import { BLOCK_HEADER, BLOCK_TARGET, KIND, MAGIC, MAX_BLOCK, RECORD } from './recipe-format.ts';
import type { SparseMap } from './sparse.ts';

/** Level 1: headers compress to a thirtieth with it, and no level that costs more gains a tenth on that. */
const COMPRESSION = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
};

export class RecipeWriter {
  private block = Buffer.allocUnsafe(BLOCK_TARGET + 64 * 1024);
  private used = 0;
  private total = 0;
  private contentCount = 0;

  /** @param fd an empty file, open for writing; stays open */
  constructor(
    private readonly fd: number,
    private readonly name: string,
  ) {
    writeAll(fd, MAGIC, name);
  }

  /** How many contents have been recorded. */
  get contents(): number {
    return this.contentCount;
  }

  /** Bytes that only the recipe has. */
  raw(bytes: Uint8Array): void {
    this.total += bytes.length;
    for (let at = 0; at < bytes.length; at += BLOCK_TARGET) {
      const piece = bytes.subarray(at, at + BLOCK_TARGET);
      this.reserve(5 + piece.length);
      this.block[this.used] = RECORD.raw;
      this.block.writeUInt32LE(piece.length, this.used + 1);
      this.block.set(piece, this.used + 5);
      this.used += 5 + piece.length;
    }
  }

  /**
   * Bytes that a file of the layer has.
   * @param path real path in the layer
   * @param stored how many bytes of the archive they are
   * @param crc their CRC-32
   * @param map the fragments of a sparse file that they are
   */
  content(path: ByteString, stored: number, crc: number, map: SparseMap | undefined): void {
    this.total += stored;
    this.contentCount++;
    const fragments = map ?? [];
    this.reserve(21 + path.length + 8 * fragments.length);
    const { block } = this;
    let at = this.used;
    block[at] = RECORD.content;
    at = block.writeUInt32LE(path.length, at + 1);
    at += block.write(path, at, 'latin1');
    at = writeUint64(block, stored, at);
    at = block.writeUInt32LE(crc, at);
    at = block.writeUInt32LE(fragments.length / 2, at);
    for (const number of fragments) at = writeUint64(block, number, at);
    this.used = at;
  }

  /**
   * A piece of a file that is about to go.
   * @param before {@link contents} at that moment
   * @param offset where in the file `bytes` are
   */
  displaced(path: ByteString, before: number, offset: number, bytes: Uint8Array): void {
    const block = Buffer.allocUnsafe(16 + path.length + bytes.length);
    let at = block.writeUInt32LE(before, 0);
    at = writeUint64(block, offset, at);
    at = block.writeUInt32LE(path.length, at);
    at += block.write(path, at, 'latin1');
    block.set(bytes, at);
    this.write(KIND.displaced, block);
  }

  /** Completes the file. Whether it shall survive a power cut is the caller's matter. */
  finish(): void {
    this.flush();
    const end = Buffer.alloc(8);
    writeUint64(end, this.total, 0);
    this.write(KIND.end, end);
  }

  private reserve(bytes: number): void {
    if (this.used > 0 && this.used + bytes > BLOCK_TARGET) this.flush();
    if (bytes > this.block.length) this.block = Buffer.allocUnsafe(Math.min(2 * bytes, MAX_BLOCK));
  }

  private flush(): void {
    if (this.used > 0) this.write(KIND.main, this.block.subarray(0, this.used));
    this.used = 0;
  }

  private write(kind: number, plain: Uint8Array): void {
    const packed = zstdCompressSync(plain, COMPRESSION);
    const header = Buffer.allocUnsafe(BLOCK_HEADER);
    header[0] = kind;
    header.writeUInt32LE(packed.length, 1);
    header.writeUInt32LE(plain.length, 5);
    writeAll(this.fd, header, this.name);
    writeAll(this.fd, packed, this.name);
  }
}

/** Little-endian; exact up to 2^53. */
function writeUint64(block: Buffer, value: number, at: number): number {
  block.writeUInt32LE(value % 0x100000000, at);
  return block.writeUInt32LE(Math.floor(value / 0x100000000), at + 4);
}
