/**
 * A push parser for tar streams: bytes in, entries out, in order, with every byte accounted for.
 *
 * `tar`'s Parser (node-tar) was considered: it neither gives the raw header bytes, which the recipe needs to rebuild
 * the identical archive, nor runs without a stream object an entry, which 54,000 files feel.
 *
 * Every byte of the archive reaches the visitor exactly once and in order, either as `raw` (headers, padding, end
 * marks, whatever follows them) or as `data` (what is inside a file); their concatenation is the archive. Views that
 * are handed out are valid only during the call. What is kept between calls is bounded: one extended header
 * ({@link MAX_METADATA}), the global one, one sparse map.
 *
 * Where the standards leave room, this follows Go's archive/tar, which Docker and Podman read layers with, so that a
 * layer means the same here as there: links, folders and devices have no data whatever their size says; two zero
 * blocks end the archive, and so does the end of the stream between two entries. One thing goes beyond it: global
 * extended headers apply to what follows, as pax(1) says.
 */
import { badArchive, show } from './archive-error.ts';
import { checkEntry, describeEntry, type Entry } from './entry.ts';
import { BLOCK, type ByteString, type Header, isZeroBlock, number, parseHeader } from './header.ts';
import { type PaxRecords, parsePax, paxNumber } from './pax.ts';
import { addGnuFragments, checkMap, LeadingMap, parsePaxMap } from './sparse.ts';

/** The most that one extended header or long name may hold, in bytes; Go's reader allows the same. */
export const MAX_METADATA = 1 << 20;

export interface Visitor {
  /** Bytes that are no file's content. */
  raw(bytes: Buffer): void;
  entry(entry: Entry): void;
  /** Part of the current entry's stored bytes. */
  data(bytes: Buffer): void;
  entryEnd(): void;
}

type State = 'gather' | 'data' | 'rest';

export class TarReader {
  private state: State = 'gather';
  /** Bytes of the archive so far, for messages. */
  private position = 0;

  // What `gather` waits for: `wanted` bytes in one piece, then `next`.
  private wanted = BLOCK;
  private next: (bytes: Buffer) => void = (block) => this.header(block);
  private atHeader = true;
  private partial: Buffer | undefined;
  private gathered = 0;

  /** Stored bytes of the current entry that are still to come. */
  private remaining = 0;
  private padding = 0;
  private zeroBlocks = 0;

  // Extended headers waiting for the entry that they describe.
  private pax: PaxRecords | undefined;
  private longPath: ByteString | undefined;
  private longLink: ByteString | undefined;
  private readonly globals = new Map<string, ByteString>();
  private globalBytes = 0;

  constructor(private readonly visitor: Visitor) {}

  /** @throws ProaError BAD_ARCHIVE or HOSTILE_ARCHIVE, and whatever the visitor throws */
  write(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (at < chunk.length) {
      if (this.state === 'data') {
        const end = Math.min(chunk.length, at + this.remaining);
        this.visitor.data(chunk.subarray(at, end));
        this.remaining -= end - at;
        this.position += end - at;
        at = end;
        if (this.remaining === 0) this.endData();
      } else if (this.state === 'rest') {
        this.visitor.raw(chunk.subarray(at));
        this.position += chunk.length - at;
        at = chunk.length;
      } else {
        at = this.gather(chunk, at);
      }
    }
  }

  /** @throws ProaError BAD_ARCHIVE when the archive ends in the middle of an entry */
  end(): void {
    if (this.state === 'rest') return;
    // umoci ends a layer right after its last file's bytes, and every reader takes that.
    if (this.state === 'gather' && this.next === this.onPadding) {
      if (this.gathered > 0) this.visitor.raw(this.partial!.subarray(0, this.gathered));
      return;
    }
    const between = this.state === 'gather' && this.atHeader && this.gathered === 0;
    const pending = this.pax !== undefined || this.longPath !== undefined || this.longLink !== undefined;
    if (!between || pending)
      throw badArchive(`the archive is cut off after ${this.position + this.gathered} bytes`);
  }

  private gather(chunk: Buffer, at: number): number {
    const missing = this.wanted - this.gathered;
    const available = Math.min(missing, chunk.length - at);
    let piece: Buffer;
    if (available === this.wanted) {
      piece = chunk.subarray(at, at + available);
    } else {
      this.partial ??= Buffer.allocUnsafe(this.wanted);
      chunk.copy(this.partial, this.gathered, at, at + available);
      this.gathered += available;
      if (available < missing) return at + available;
      piece = this.partial;
    }
    this.partial = undefined;
    this.gathered = 0;
    this.position += this.wanted;
    this.visitor.raw(piece);
    this.next(piece);
    return at + available;
  }

  private expect(bytes: number, next: (bytes: Buffer) => void): void {
    this.state = 'gather';
    this.atHeader = false;
    this.wanted = bytes;
    this.next = next;
  }

  private expectHeader(): void {
    this.expect(BLOCK, this.onHeader);
    this.atHeader = true;
  }

  private readonly onHeader = (block: Buffer): void => this.header(block);

  private header(block: Buffer): void {
    // Nearly all blocks that start with a NUL are end marks, but a name may be empty and stand in a PAX record.
    if (block[0] === 0 && isZeroBlock(block)) {
      if (++this.zeroBlocks === 2) this.state = 'rest';
      else this.expectHeader();
      return;
    }
    if (this.zeroBlocks > 0) throw badArchive(`a lone zero block before byte ${this.position - BLOCK}`);
    let header: Header;
    try {
      header = parseHeader(block);
    } catch (error) {
      throw badArchive(
        `${(error as Error).message.replace(/^read layer: /, '')} at byte ${this.position - BLOCK}`,
      );
    }
    const use = this.metadataUses[header.type];
    if (use) this.metadata(header.size, use);
    else this.member(header, block);
  }

  /** What becomes of the extended headers' bodies. */
  private readonly metadataUses: Readonly<Record<string, (body: Buffer) => void>> = {
    x: (body) => {
      this.pax = parsePax(body);
    },
    // Solaris's form of the same.
    X: (body) => {
      this.pax = parsePax(body);
    },
    g: (body) => this.addGlobals(body),
    L: (body) => {
      this.longPath = untilNul(body);
    },
    K: (body) => {
      this.longLink = untilNul(body);
    },
  };

  /** Gathers an extended header's body with its padding. */
  private metadata(size: number, use: (body: Buffer) => void): void {
    if (size < 0 || size > MAX_METADATA) throw badArchive(`an extended header of ${size} bytes`);
    const then = (body: Buffer): void => {
      use(body.subarray(0, size));
      this.expectHeader();
    };
    if (size === 0) then(Buffer.alloc(0));
    else this.expect(Math.ceil(size / BLOCK) * BLOCK, then);
  }

  private addGlobals(body: Buffer): void {
    this.globalBytes += body.length;
    if (this.globalBytes > MAX_METADATA) throw badArchive('global extended headers of more than 1 MiB');
    for (const [key, value] of parsePax(body).values) this.globals.set(key, value);
  }

  private member(header: Header, block: Buffer): void {
    const values = this.effectiveRecords();
    const entry = describeEntry(header, values);
    entry.path = this.longPath ?? entry.path;
    entry.linkPath = this.longLink ?? entry.linkPath;
    // Before ustar had a type for folders, a file whose name ends in a slash was one.
    if (header.type === '\0' && entry.path.endsWith('/')) {
      entry.type = 'folder';
      entry.stored = 0;
      entry.size = 0;
    }
    const sparsePairs = this.pax?.sparse;
    this.pax = undefined;
    this.longPath = undefined;
    this.longLink = undefined;
    checkEntry(entry);
    this.padding = -entry.stored & (BLOCK - 1);
    this.remaining = entry.stored;
    if (header.type === 'S') this.gnuSparse(entry, block);
    else if (entry.type === 'file' && values) this.paxSparse(entry, values, sparsePairs ?? []);
    else this.begin(entry);
  }

  /** The records that hold for the next entry: its own before the global ones. An empty value cancels. */
  private effectiveRecords(): Map<string, ByteString> | undefined {
    if (this.globals.size === 0 && this.pax === undefined) return undefined;
    const values = new Map(this.globals);
    for (const [key, value] of this.pax?.values ?? []) values.set(key, value);
    for (const [key, value] of values) {
      if (value === '' && !key.includes('xattr.') && key !== 'GNU.sparse.map') values.delete(key);
    }
    return values;
  }

  private gnuSparse(entry: Entry, block: Buffer): void {
    entry.size = number(block, 483, 12, 'real size');
    entry.sparse = [];
    addGnuFragments(entry.sparse, block, 386, 4);
    const extend = (more: boolean): void => {
      if (!more) {
        checkMap(entry.sparse!, entry.stored, entry.size);
        this.begin(entry);
        return;
      }
      this.expect(BLOCK, (extension) => {
        addGnuFragments(entry.sparse!, extension, 0, 21);
        extend(extension[504] !== 0);
      });
    };
    extend(block[482] !== 0);
  }

  private paxSparse(entry: Entry, values: Map<string, ByteString>, pairs: number[]): void {
    const leading = values.get('GNU.sparse.major') === '1' && values.get('GNU.sparse.minor') === '0';
    const map = values.get('GNU.sparse.map');
    if (!leading && map === undefined && pairs.length === 0) {
      this.begin(entry);
      return;
    }
    const size = values.get('GNU.sparse.realsize') ?? values.get('GNU.sparse.size');
    if (size === undefined) throw badArchive(`sparse file ${show(entry.path)} without its size`);
    entry.path = values.get('GNU.sparse.name') ?? entry.path;
    checkEntry(entry);
    entry.size = paxNumber('GNU.sparse.realsize', size);
    if (leading) {
      this.leadingMap(entry, new LeadingMap());
      return;
    }
    entry.sparse = map === undefined ? pairs : parsePaxMap(map);
    if (entry.sparse.length % 2 !== 0) throw badArchive('sparse map with an odd number of numbers');
    checkMap(entry.sparse, entry.stored, entry.size);
    this.begin(entry);
  }

  /** The map counts as data in the archive, but is none of the file's. */
  private leadingMap(entry: Entry, map: LeadingMap): void {
    if (this.remaining < BLOCK) throw badArchive('sparse map that is longer than its file');
    this.expect(BLOCK, (block) => {
      this.remaining -= BLOCK;
      const done = map.add(block);
      if (done === undefined) {
        this.leadingMap(entry, map);
        return;
      }
      entry.sparse = done;
      entry.stored = this.remaining;
      checkMap(done, entry.stored, entry.size);
      this.begin(entry);
    });
  }

  private begin(entry: Entry): void {
    this.visitor.entry(entry);
    this.state = 'data';
    if (this.remaining === 0) this.endData();
  }

  private endData(): void {
    this.visitor.entryEnd();
    if (this.padding > 0) this.expect(this.padding, this.onPadding);
    else this.expectHeader();
  }

  private readonly onPadding = (): void => this.expectHeader();
}

function untilNul(body: Buffer): ByteString {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end < 0 ? body.length : end);
}
