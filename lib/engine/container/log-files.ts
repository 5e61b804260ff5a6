/**
 * A log in files: the one that conmon writes, and those that rotation (log-rotation.ts) set aside as PATH.1, PATH.2, …,
 * the higher the older.
 *
 * A reader is known by its inode, as names move on while it reads. It is always read to its end before its successor
 * begins, so a reader loses no line unless its file is gone from the folder before it is done with it, and the next one
 * too: then it says so ({@link LogFiles.lost}) and goes on with the oldest that is there.
 */
import { fstatSync, type Stats, statSync } from 'node:fs';
import { hasCode } from '../../core/error.ts';
import { LogReader, tailStart } from './k8s-log.ts';

export class LogFiles implements Disposable {
  /** What is still to be read, oldest first; the first one is being read. */
  private readers: LogReader[];
  /** Files were rotated away before they were read. */
  lost = false;

  /** @param files how many files rotation keeps, the present one included */
  constructor(
    readonly path: string,
    private readonly files: number,
  ) {
    this.readers = this.openAll();
  }

  /** The file being read; undefined while there is none. */
  get reader(): LogReader | undefined {
    return this.readers[0];
  }

  /** Leaves out all but the last lines of what is there now. */
  tail(lines: number): void {
    if (this.readers.length === 0) return;
    const { file, offset } = tailStart(
      this.readers.map(({ fd }) => fd),
      lines,
    );
    for (const reader of this.readers.splice(0, file)) reader[Symbol.dispose]();
    this.readers[0]!.seek(offset);
  }

  /** Goes to the next record. False: there is none at the moment. @throws ProaError CORRUPT_LOG */
  next(follow: boolean): boolean {
    for (;;) {
      const reader = this.readers[0];
      if (reader === undefined) {
        if (!follow) return false;
        this.readers = this.openAll();
        if (this.readers.length === 0) return false;
        continue;
      }
      if (reader.next()) return true;
      if (reader.fill()) continue;
      if (this.readers.length > 1) {
        reader[Symbol.dispose]();
        this.readers.shift();
      } else if (!follow || !this.findMore(reader)) return false;
    }
  }

  /** At the last file's end: true when there is more to look at. */
  private findMore(reader: LogReader): boolean {
    if (reader.wasTruncated) {
      reader.seek(0);
      return true;
    }
    const next = this.successors(reader);
    this.readers.push(...next);
    // The old file is looked at once more, as conmon may have written to it between the look and the rotation.
    return next.length > 0;
  }

  private successors(reader: LogReader): LogReader[] {
    const mine = fstatSync(reader.fd);
    const now = statSync(this.path, { throwIfNoEntry: false });
    if (now === undefined || isSame(now, mine)) return [];
    for (let i = 1; i < this.files; i++) {
      const other = statSync(`${this.path}.${i}`, { throwIfNoEntry: false });
      if (other === undefined || !isSame(other, mine)) continue;
      const next = tryOpen(this.nameOf(i - 1));
      // Without one, or with ourselves under that name, a rotation is going on: the next look sees what came of it.
      if (next === undefined) return [];
      const still = statSync(`${this.path}.${i}`, { throwIfNoEntry: false });
      if (still !== undefined && isSame(still, mine) && !isSame(fstatSync(next.fd), mine)) return [next];
      next[Symbol.dispose]();
      return this.successors(reader);
    }
    // With a single file the one before it goes at each rotation; else we were slower than all that is kept.
    if (this.files > 1) this.lost = true;
    return this.openAll().filter((next) => {
      if (!isSame(fstatSync(next.fd), mine)) return true;
      next[Symbol.dispose]();
      return false;
    });
  }

  /**
   * All files that are there, oldest first. They are opened newest first, since names only move to higher numbers: what
   * moves meanwhile is met twice, and nothing is missed.
   */
  private openAll(): LogReader[] {
    const readers: LogReader[] = [];
    const seen: Stats[] = [];
    for (let i = 0; i < this.files; i++) {
      const reader = tryOpen(this.nameOf(i));
      if (reader === undefined) continue;
      const stat = fstatSync(reader.fd);
      if (seen.some((other) => isSame(other, stat))) reader[Symbol.dispose]();
      else readers.unshift(reader);
      seen.push(stat);
    }
    return readers;
  }

  private nameOf(i: number): string {
    return i === 0 ? this.path : `${this.path}.${i}`;
  }

  [Symbol.dispose](): void {
    for (const reader of this.readers) reader[Symbol.dispose]();
    this.readers = [];
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.dev === b.dev;
}

function tryOpen(path: string): LogReader | undefined {
  try {
    return new LogReader(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
