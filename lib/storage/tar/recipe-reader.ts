/** Reads a recipe (recipe-format.ts): its records in order, and the displaced contents that it holds. */
import { zstdDecompressSync } from 'node:zlib';
import { ProaError } from '../../core/error.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import type { ByteString } from './header.ts';
import { BLOCK_HEADER, KIND, MAGIC, MAX_BLOCK, RECORD } from './recipe-format.ts';
import type { SparseMap } from './sparse.ts';

/** Where the bytes of one content are. */
export interface ContentRecord {
  /** Real path in the layer. */
  path: ByteString;
  /** How many contents came before it. */
  index: number;
  stored: number;
  crc: number;
  /** Empty: the whole file. */
  fragments: SparseMap;
}

export type RecipeRecord = { raw: Buffer } | { content: ContentRecord };

interface Block {
  kind: number;
  /** Of the frame in the file. */
  position: number;
  packed: number;
  plain: number;
}

/** A displaced file: the blocks that hold its pieces, in the order of their offsets. */
interface Displaced {
  before: number;
  pieces: { offset: number; length: number; block: Block }[];
}

export class RecipeReader implements Disposable {
  private readonly fd: number;
  private readonly mainBlocks: Block[] = [];
  private readonly displaced = new Map<ByteString, Displaced[]>();
  /** Bytes of the archive. */
  readonly total: number;

  /** @throws ProaError LAYER_DAMAGED for a recipe that is cut off or no recipe; an errno's name if it cannot be read */
  constructor(private readonly file: string) {
    this.fd = open(file, O.RDONLY);
    try {
      this.total = this.index();
    } catch (error) {
      close(this.fd);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }

  /** The records, in the archive's order. Raw bytes are valid until the next record is asked for. */
  *records(): Iterable<RecipeRecord> {
    let index = 0;
    for (const block of this.mainBlocks) {
      const bytes = this.load(block);
      for (let at = 0; at < bytes.length; ) {
        const length = bytes.readUInt32LE(at + 1);
        const start = at + 5;
        at = start + length;
        if (bytes[start - 5] === RECORD.raw) {
          yield { raw: bytes.subarray(start, at) };
          continue;
        }
        const path = bytes.toString('latin1', start, at);
        const stored = readUint64(bytes, at);
        const crc = bytes.readUInt32LE(at + 8);
        const fragments: SparseMap = [];
        const end = at + 16 + 16 * bytes.readUInt32LE(at + 12);
        for (at += 16; at < end; at += 8) fragments.push(readUint64(bytes, at));
        yield { content: { path, index: index++, stored, crc, fragments } };
      }
    }
  }

  /** What a content was, if a later entry displaced it: a function that reads like pread(2), holes and all. */
  displacedContent(record: ContentRecord): ((into: Buffer, position: number) => void) | undefined {
    const found = this.displaced.get(record.path)?.find(({ before }) => before > record.index);
    if (found === undefined) return undefined;
    let loaded: { block: Block; bytes: Buffer } | undefined;
    return (into, position) => {
      into.fill(0);
      for (const { offset, length, block } of found.pieces) {
        const from = Math.max(offset, position);
        const to = Math.min(offset + length, position + into.length);
        if (from >= to) continue;
        if (loaded?.block !== block) loaded = { block, bytes: this.load(block) };
        const start = loaded.bytes.length - length - offset;
        loaded.bytes.copy(into, from - position, start + from, start + to);
      }
    };
  }

  /** Finds all blocks. Only those of displaced files are looked into. */
  private index(): number {
    const magic = Buffer.alloc(MAGIC.length);
    this.read(magic, 0);
    if (!magic.equals(MAGIC)) throw this.damaged('it is no recipe');
    const header = Buffer.alloc(BLOCK_HEADER);
    let position = MAGIC.length;
    for (;;) {
      this.read(header, position);
      position += BLOCK_HEADER;
      const block: Block = {
        kind: header[0]!,
        position,
        packed: header.readUInt32LE(1),
        plain: header.readUInt32LE(5),
      };
      position += block.packed;
      if (block.packed > MAX_BLOCK || block.plain > MAX_BLOCK) throw this.damaged('a block is too large');
      if (block.kind === KIND.main) this.mainBlocks.push(block);
      else if (block.kind === KIND.displaced) this.addDisplaced(block);
      else if (block.kind === KIND.end) return readUint64(this.load(block), 0);
      else throw this.damaged('a block of unknown kind');
    }
  }

  private addDisplaced(block: Block): void {
    const bytes = this.load(block);
    const before = bytes.readUInt32LE(0);
    const offset = readUint64(bytes, 4);
    const start = 16 + bytes.readUInt32LE(12);
    const path = bytes.toString('latin1', 16, start);
    const versions = this.displaced.get(path) ?? [];
    this.displaced.set(path, versions);
    // The first block of a displaced file is an empty one.
    if (bytes.length === start) versions.push({ before, pieces: [] });
    else versions.at(-1)?.pieces.push({ offset, length: bytes.length - start, block });
  }

  private load(block: Block): Buffer {
    const packed = Buffer.allocUnsafe(block.packed);
    this.read(packed, block.position);
    let bytes: Buffer;
    try {
      bytes = zstdDecompressSync(packed, { maxOutputLength: block.plain });
    } catch (cause) {
      throw this.damaged('a block does not decompress', cause);
    }
    if (bytes.length !== block.plain) throw this.damaged('a block has a wrong size');
    return bytes;
  }

  private read(into: Buffer, position: number): void {
    const n = check(tryReadAt(this.fd, into, position), 'read recipe', this.file);
    if (n < into.length) throw this.damaged('it is cut off');
  }

  private damaged(why: string, cause?: unknown): ProaError {
    return layerDamaged(`read recipe ${this.file}: ${why}`, cause);
  }
}

/** The error for a layer whose archive cannot be rebuilt. */
export function layerDamaged(message: string, cause?: unknown): ProaError {
  return new ProaError('LAYER_DAMAGED', message, {
    hint: 'proa system check --repair, then pull or build the image again',
    cause,
  });
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 0x100000000;
}
