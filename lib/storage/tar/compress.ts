/**
 * Compresses a layer on all processors: blocks are packed by the thread pool, several at a time, and come out in order.
 *
 * gzip: one member (RFC 1952), its blocks ended by an empty stored block (Z_SYNC_FLUSH) as pigz does it; each knows the
 * 32 KiB before it as its dictionary, so the result is hardly larger than that of one thread. zstd: one frame a block,
 * which RFC 8878 lets a decoder read as one stream.
 */
import { availableParallelism } from 'node:os';
import { constants, crc32, deflateRaw, zstdCompress } from 'node:zlib';
import { ProaError } from '../../core/error.ts';
import type { Compression } from '../../oci/model/media-type.ts';

export interface CompressOptions {
  /** gzip 1…9, zstd 1…20; default: fast, and within a few per cent of the smallest. */
  level?: number | undefined;
}

/** Bytes that a thread packs at once. */
const BLOCK = 1 << 20;
/** As far back as deflate refers. */
const WINDOW = 32 * 1024;
const DEFAULT_LEVEL = { gzip: 3, zstd: 3 } as const;
const MAX_LEVEL = { gzip: 9, zstd: 20 } as const;

/** Throws ProaError INVALID_OPTION_VALUE for a level that there is not. */
export function checkLevel(compression: Compression, level: number | undefined): void {
  if (level === undefined || compression === 'none') return;
  if (Number.isInteger(level) && level >= 1 && level <= MAX_LEVEL[compression]) return;
  throw new ProaError(
    'INVALID_OPTION_VALUE',
    `invalid argument "${level}" for --compression-level: ${compression} has levels 1 to ${MAX_LEVEL[compression]}`,
  );
}

/** The compressed form of what `source` yields. The same input gives the same bytes. */
export function compress(
  source: AsyncIterable<Uint8Array>,
  compression: Compression,
  { level }: CompressOptions = {},
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return source;
  const chosen = level ?? DEFAULT_LEVEL[compression];
  return compression === 'gzip' ? gzip(source, chosen) : inOrder(source, (block) => packZstd(block, chosen));
}

async function* gzip(source: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array, void> {
  let crc = 0;
  let size = 0;
  let dictionary: Buffer | undefined;
  // No name, no time, Unix (RFC 1952, section 2.3).
  yield Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
  yield* inOrder(source, (block) => {
    crc = crc32(block, crc);
    size += block.length;
    const packed = packDeflate(block, level, dictionary);
    dictionary = Buffer.from(block.subarray(-WINDOW));
    return packed;
  });
  // An empty last block with the fixed code, then the trailer.
  const end = Buffer.alloc(10);
  end.writeUInt16LE(0x0003, 0);
  end.writeUInt32LE(crc >>> 0, 2);
  end.writeUInt32LE(size % 2 ** 32, 6);
  yield end;
}

/** Results in the order of their blocks, one block a processor ahead. */
async function* inOrder(
  source: AsyncIterable<Uint8Array>,
  pack: (block: Buffer) => Promise<Buffer>,
): AsyncGenerator<Uint8Array, void> {
  const ahead = availableParallelism() + 1;
  const working: Promise<Buffer>[] = [];
  // Blocks are used again: the garbage collector does not see how much memory is behind them.
  const free: Buffer[] = [];
  for await (const block of blocksOf(source, free)) {
    const work = pack(block);
    // Whoever stops listening does not wait for it.
    work.then(
      () => free.push(block),
      () => {},
    );
    working.push(work);
    if (working.length > ahead) yield await working.shift()!;
  }
  for (const work of working) yield await work;
}

/** The source's bytes in blocks of {@link BLOCK}, copied, as they are read by other threads later. */
async function* blocksOf(source: AsyncIterable<Uint8Array>, free: Buffer[]): AsyncGenerator<Buffer, void> {
  const open = (): Buffer => free.pop() ?? Buffer.allocUnsafe(BLOCK);
  let block = open();
  let used = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const n = Math.min(chunk.length - at, BLOCK - used);
      block.set(chunk.subarray(at, at + n), used);
      at += n;
      used += n;
      if (used < BLOCK) continue;
      yield block;
      block = open();
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

function packDeflate(block: Buffer, level: number, dictionary: Buffer | undefined): Promise<Buffer> {
  const options = { level, dictionary, finishFlush: constants.Z_SYNC_FLUSH, chunkSize: BLOCK };
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}

function packZstd(block: Buffer, level: number): Promise<Buffer> {
  const options = { params: { [constants.ZSTD_c_compressionLevel]: level } };
  return new Promise((resolve, reject) => {
    zstdCompress(block, options, (error, packed) => (error ? reject(error) : resolve(packed)));
  });
}
