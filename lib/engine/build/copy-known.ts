/**
 * Digests of a context's files, remembered from build to build: a file whose inode, size and times are those of last time
 * is not read again. A context of 50,000 files so costs one look at each, and one changed file one reading.
 *
 * A record is 84 bytes: the file's stamp (core/sys/brief-stat.ts), the SHA-256 of its content, and whether it has extended
 * attributes. All files of one context are in one file, which is read and written as a whole; if it is lost or of another
 * version, everything is read once more.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { writeFile } from '../../core/atomic-file.ts';
import { hasCode } from '../../core/error.ts';
import { copyStamp, isStamp, lastChange, lastInode, STAMP_LENGTH } from '../../core/sys/brief-stat.ts';
import { renameAt2 } from '../../core/sys/file.ts';
import type { Store } from '../../storage/store.ts';

/** What is known of a file's content. */
export interface Content {
  /** 32 bytes, one character each. */
  readonly digest: string;
  /** It has extended attributes that are copied; the digest holds them too. */
  readonly hasXattrs: boolean;
}

const MAGIC = Buffer.from('proa-ctx1\n');
const DIGEST = 32;
const RECORD = STAMP_LENGTH + DIGEST + 4;
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
  private records: Buffer;
  private count: number;
  private seen: Uint8Array;
  /** Open addressing by inode: record number + 1. */
  private table: Int32Array;
  private changed = false;

  private constructor(private readonly file: string | undefined) {
    const bytes = file === undefined ? undefined : read(file);
    const usable = bytes?.subarray(0, MAGIC.length).equals(MAGIC) ? bytes.subarray(MAGIC.length) : undefined;
    this.count = usable === undefined ? 0 : Math.floor(usable.length / RECORD);
    this.records = usable === undefined ? Buffer.alloc(0) : Buffer.from(usable);
    this.seen = new Uint8Array(this.count);
    this.table = new Int32Array(1024);
    this.fillTable();
  }

  /** Knows what earlier builds of the folder with this path found. */
  static open(store: Store, path: string): KnownContents {
    const name = new Bun.CryptoHasher('sha256').update(path).digest('hex').slice(0, 32);
    return new KnownContents(`${knownFolder(store)}/${name}`);
  }

  /** Knows nothing and keeps nothing: for folders that are gone after the build. */
  static none(): KnownContents {
    return new KnownContents(undefined);
  }

  /** The content of the file that was last looked at, if it is known. */
  find(): Content | undefined {
    const mask = this.table.length - 1;
    for (let slot = hash(lastInode()) & mask; ; slot = (slot + 1) & mask) {
      const number = this.table[slot]! - 1;
      if (number < 0) return undefined;
      const at = number * RECORD;
      if (!isStamp(this.records, at)) continue;
      this.seen[number] = 1;
      const digest = this.records.toString('latin1', at + STAMP_LENGTH, at + STAMP_LENGTH + DIGEST);
      return { digest, hasXattrs: this.records[at + STAMP_LENGTH + DIGEST] === 1 };
    }
  }

  /** Notes the content of the file that was last looked at, unless it changed only now. */
  note({ digest, hasXattrs }: Content): void {
    if (this.file === undefined) return;
    const { ms, fine } = lastChange();
    if (Date.now() - ms < (fine ? RACY.fine : RACY.coarse)) return;
    if ((this.count + 1) * RECORD > this.records.length) this.grow();
    const at = this.count * RECORD;
    copyStamp(this.records, at);
    this.records.write(digest, at + STAMP_LENGTH, 'latin1');
    this.records.writeUInt32LE(hasXattrs ? 1 : 0, at + STAMP_LENGTH + DIGEST);
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
      writeFile(fresh, Buffer.concat([MAGIC, kept]), { mode: 0o600 });
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
      newest.set(
        `${this.records.toString('latin1', at, at + 8)}${this.records.toString('latin1', at + 40, at + 48)}`,
        at,
      );
    }
    const kept = Buffer.allocUnsafe(newest.size * RECORD);
    let to = 0;
    for (const at of newest.values()) to += this.records.copy(kept, to, at, at + RECORD);
    return kept;
  }

  private grow(): void {
    const room = Math.max(1024, this.count * 2);
    const records = Buffer.alloc(room * RECORD);
    this.records.copy(records);
    this.records = records;
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
    let slot = hash(this.records.readUInt32LE(number * RECORD)) & mask;
    while (this.table[slot] !== 0) slot = (slot + 1) & mask;
    this.table[slot] = number + 1;
  }
}

/** Where the memories of contexts are. They can be deleted at any time. */
export function knownFolder(store: Store): string {
  return `${store.root}/build-cache/context`;
}

/** Inodes that were made together are neighbours; so stay their slots. */
function hash(inode: number): number {
  return inode ^ (inode >>> 16);
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
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
