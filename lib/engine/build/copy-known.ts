/**
 * Digests of a context's files, remembered from build to build: a file whose inode, size and times are those of last time
 * is not read again. A context of 50,000 files so costs one look at each, and one changed file one reading.
 *
 * A record is 21 words: the file's stamp (core/sys/brief-stat.ts), the SHA-256 of its content, and whether it has extended
 * attributes. All files of one context are in one file, which is read and written as a whole; if it is lost or of another
 * version, everything is read once more.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, utimesSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode } from '../../core/error.ts';
import { copyStamp, isStamp, lastChange, lastInode, STAMP_LENGTH } from '../../core/sys/brief-stat.ts';
import { close, O, open, renameAt2, tryRead } from '../../core/sys/file.ts';
import type { Store } from '../../storage/store.ts';

/** What is known of a file's content. */
export interface Content {
  /** 32 bytes, one character each. */
  readonly digest: string;
  /** It has extended attributes that are copied; the digest holds them too. */
  readonly hasXattrs: boolean;
}

/** A line, and behind it one with the context's path, as JSON. */
const MAGIC = Buffer.from('proa-ctx2\n');
const NEWLINE = 0x0a;
/** Words of 32 bits: a stamp, a digest, whether there are attributes. */
const DIGEST = 8;
const RECORD = STAMP_LENGTH + DIGEST + 1;

/** More records than this, and those of files that nobody asked for go. */
const MANY = 200_000;
/** Milliseconds after which the memory of a context that nobody built goes. */
const STALE = 30 * 24 * 3_600_000;
/**
 * A file that changed so shortly before it was read may change again without a new time: kernels count in ticks of up to
 * 10 ms, some file systems in (two) seconds. Such a file is read again next time.
 */
const RACY = { fine: 50, coarse: 2100 } as const;

export class KnownContents {
  private words: Uint32Array<ArrayBuffer>;
  private bytes: Buffer;
  private count: number;
  private seen: Uint8Array;
  /** Open addressing by inode: record number + 1. */
  private table: Int32Array;
  private changed = false;

  private constructor(
    private readonly file: string | undefined,
    private readonly path: string,
  ) {
    const usable = file === undefined ? undefined : read(file);
    this.count = usable === undefined ? 0 : Math.floor(usable.length / 4 / RECORD);
    this.words = new Uint32Array(this.count * RECORD);
    this.bytes = Buffer.from(this.words.buffer);
    usable?.copy(this.bytes);
    this.seen = new Uint8Array(this.count);
    this.table = new Int32Array(1024);
    this.fillTable();
  }

  /** Knows what earlier builds of the folder with this path found. */
  static open(store: Store, path: string): KnownContents {
    const name = new Bun.CryptoHasher('sha256').update(path).digest('hex');
    return new KnownContents(`${knownFolder(store)}/${name}`, path);
  }

  /** Knows nothing and keeps nothing: for folders that are gone after the build. */
  static none(): KnownContents {
    return new KnownContents(undefined, '');
  }

  /** The content of the file that was last looked at, if it is known. */
  find(): Content | undefined {
    const mask = this.table.length - 1;
    for (let slot = hash(lastInode()) & mask; ; slot = (slot + 1) & mask) {
      const number = this.table[slot]! - 1;
      if (number < 0) return undefined;
      const at = number * RECORD;
      if (!isStamp(this.words, at)) continue;
      this.seen[number] = 1;
      const start = (at + STAMP_LENGTH) * 4;
      const digest = this.bytes.toString('latin1', start, start + DIGEST * 4);
      return { digest, hasXattrs: this.words[at + STAMP_LENGTH + DIGEST] === 1 };
    }
  }

  /** Notes the content of the file that was last looked at, unless it changed only now. */
  note({ digest, hasXattrs }: Content): void {
    if (this.file === undefined) return;
    const { ms, fine } = lastChange();
    if (Date.now() - ms < (fine ? RACY.fine : RACY.coarse)) return;
    if ((this.count + 1) * RECORD > this.words.length) this.grow();
    const at = this.count * RECORD;
    copyStamp(this.words, at);
    this.bytes.write(digest, (at + STAMP_LENGTH) * 4, 'latin1');
    this.words[at + STAMP_LENGTH + DIGEST] = hasXattrs ? 1 : 0;
    this.seen[this.count] = 1;
    this.count++;
    this.changed = true;
    if (this.count * 2 > this.table.length) this.fillTable();
    else this.insert(this.count - 1);
  }

  /** Writes down what was learned. The disk being full is no reason to fail: the next build reads more, that is all. */
  save(store: Store): void {
    if (this.file === undefined || !this.changed) return;
    const kept = this.kept();
    try {
      mkdirSync(knownFolder(store), { recursive: true, mode: 0o700 });
      // Two builds of one context must not write into the same file.
      const fresh = `${this.file}.${process.pid}`;
      writeFile(fresh, Buffer.concat([MAGIC, Buffer.from(`${JSON.stringify(this.path)}\n`), kept]), {
        mode: 0o600,
      });
      renameAt2(fresh, this.file);
      forgetStale(store);
    } catch (error) {
      if (!hasCode(error, 'ENOSPC', 'EDQUOT', 'EROFS')) throw error;
    }
    this.changed = false;
  }

  /** The records to keep: of two of one file the newer, and of very many those that were asked for. */
  private kept(): Buffer {
    const newest = new Map<string, number>();
    for (let number = 0; number < this.count; number++) {
      if (this.count > MANY && this.seen[number] === 0) continue;
      const at = number * RECORD;
      const [low, high] = [this.words[at], this.words[at + 1]];
      newest.set(`${high}:${low}:${this.words[at + 10]}:${this.words[at + 11]}`, at * 4);
    }
    const kept = Buffer.allocUnsafe(newest.size * RECORD * 4);
    let to = 0;
    for (const at of newest.values()) to += this.bytes.copy(kept, to, at, at + RECORD * 4);
    return kept;
  }

  private grow(): void {
    const room = Math.max(1024, this.count * 2);
    const words = new Uint32Array(room * RECORD);
    words.set(this.words);
    this.words = words;
    this.bytes = Buffer.from(words.buffer);
    const seen = new Uint8Array(room);
    seen.set(this.seen);
    this.seen = seen;
  }

  private fillTable(): void {
    let size = this.table.length;
    while (size < this.count * 3) size *= 2;
    this.table = new Int32Array(size);
    for (let number = 0; number < this.count; number++) this.insert(number);
  }

  private insert(number: number): void {
    const mask = this.table.length - 1;
    let slot = hash(this.words[number * RECORD]!) & mask;
    while (this.table[slot] !== 0) slot = (slot + 1) & mask;
    this.table[slot] = number + 1;
  }
}

/** Where the memories of contexts are. They can be deleted at any time. */
export function knownFolder(store: Store): string {
  return `${store.root}/build-cache/context`;
}

/** Spreads inodes, which come in runs that would lie one upon another (Knuth's multiplicative hashing). */
function hash(inode: number): number {
  const product = Math.imul(inode, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** The records in a file; undefined when there are none that can be used. */
function read(file: string): Buffer | undefined {
  try {
    const bytes = readFileSync(file);
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    // Read means used, see forgetStale.
    const now = new Date();
    utimesSync(file, now, now);
    const end = bytes.indexOf(NEWLINE, MAGIC.length);
    return end < 0 ? undefined : bytes.subarray(end + 1);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The path of the context that a memory is of; undefined for what is none. */
export function contextOf(file: string): string | undefined {
  const start = readStart(file);
  const end = start.indexOf(NEWLINE, MAGIC.length);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC) || end < 0) return undefined;
  try {
    return JSON.parse(start.toString('utf8', MAGIC.length, end)) as string;
  } catch {
    return undefined; // cut off: as good as none
  }
}

function readStart(file: string): Buffer {
  const fd = open(file, O.RDONLY);
  try {
    const start = Buffer.alloc(8192);
    return start.subarray(0, Math.max(0, tryRead(fd, start)));
  } finally {
    close(fd);
  }
}

function forgetStale(store: Store): void {
  const folder = knownFolder(store);
  for (const name of readdirSync(folder)) {
    const file = `${folder}/${name}`;
    const status = statSync(file, { throwIfNoEntry: false });
    if (status !== undefined && Date.now() - status.mtimeMs > STALE) unlinkSync(file);
  }
}
