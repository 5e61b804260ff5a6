/**
 * conmon's log file, the CRI's format, one record a line (conmon(8), `k8s-file`):
 *
 *   2024-03-01T10:00:00.123456789+00:00 stdout F the text
 *
 * `P` marks a piece of a line that goes on in the stream's next record; a record of `F` ends the line. The text is any
 * bytes but a line feed.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { type LogRecord, TIME_LENGTH as TIME } from './log-record.ts';

/** conmon writes at most 8 KiB of text a record; a line that does not fit in here was not written by conmon. */
const BUFFER = 256 * 1024;

// conmon always writes nine decimals and a numeric offset, so every part of its header has its fixed place.
const STREAM = TIME + 1;
const TAG = STREAM + 7;
const HEADER = TAG + 2;

const SPACE = 0x20;
const NEWLINE = 0x0a;
const COMPLETE = 0x46; // F
const OUT = 0x6f; // the fourth letter of stdout

/** Reads one file forward, record by record, in constant memory. After {@link next}, its members tell of the record. */
export class LogReader implements LogRecord, Disposable {
  readonly fd: number;
  /** Holds the record's bytes until the next call. */
  readonly buffer = Buffer.allocUnsafe(BUFFER);
  stream: 'stdout' | 'stderr' = 'stdout';
  complete = true;
  timeStart = 0;
  timeEnd = 0;
  textStart = 0;
  textEnd = 0;

  private at = 0;
  private end = 0;
  private position = 0;
  private closed = false;

  /** @throws what open(2) failed with */
  constructor(readonly path: string) {
    this.fd = openSync(path, 'r');
  }

  /** Goes to the next whole record that was read already. False: there is none, {@link fill} first. */
  next(): boolean {
    const { buffer, at } = this;
    const newline = buffer.indexOf(NEWLINE, at);
    if (newline < 0 || newline >= this.end) return false;
    this.at = newline + 1;
    this.textEnd = newline;
    this.timeStart = at;
    if (hasHeader(buffer, at, newline)) {
      this.timeEnd = at + TIME;
      this.stream = buffer[at + STREAM + 3] === OUT ? 'stdout' : 'stderr';
      this.complete = buffer[at + TAG] === COMPLETE;
      this.textStart = at + HEADER;
    } else {
      // Damaged, or not conmon's: better shown as it is than lost.
      this.timeEnd = at;
      this.stream = 'stdout';
      this.complete = true;
      this.textStart = at;
    }
    return true;
  }

  /**
   * Reads on, keeping what is left of a half-read record. False at the file's present end.
   * @throws ProaError CORRUPT_LOG
   */
  fill(): boolean {
    if (this.at > 0) {
      this.buffer.copyWithin(0, this.at, this.end);
      this.end -= this.at;
      this.at = 0;
    }
    if (this.end === BUFFER) {
      throw new ProaError('CORRUPT_LOG', `read log ${this.path}: a line is longer than ${BUFFER} bytes`);
    }
    const n = readSync(this.fd, this.buffer, this.end, BUFFER - this.end, this.position);
    this.position += n;
    this.end += n;
    return n > 0;
  }

  /** Goes on at this offset of the file. */
  seek(offset: number): void {
    this.position = offset;
    this.at = 0;
    this.end = 0;
  }

  /** True when the file is shorter than what was read of it. */
  get wasTruncated(): boolean {
    return fstatSync(this.fd).size < this.position;
  }

  [Symbol.dispose](): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.fd);
  }
}

function hasHeader(buffer: Buffer, at: number, newline: number): boolean {
  return (
    newline - at >= HEADER &&
    buffer[at + TIME] === SPACE &&
    buffer[at + TAG - 1] === SPACE &&
    buffer[at + HEADER - 1] === SPACE &&
    buffer[at + 10] === 0x54 // T
  );
}

const BLOCK = 64 * 1024;

/**
 * Where the last `lines` lines begin in a log of several files, oldest first: the index of the file, and the offset in
 * it. Reads backward, and no more than that takes.
 */
export function tailStart(fds: readonly number[], lines: number): { file: number; offset: number } {
  let start: { file: number; offset: number } | undefined;
  let found = 0;
  for (let file = fds.length - 1; file >= 0; file--) {
    let last = true;
    for (const { offset, partial } of recordsBackward(fds[file]!)) {
      // The first is what follows the last line feed: nothing, or what conmon is about to finish.
      if (!last) {
        // The pieces of one line count once, and so does an unfinished line at the end.
        if (!partial || found === 0) found++;
        if (found > lines) return start!;
      }
      if (!last || start === undefined) start = { file, offset };
      last = false;
    }
  }
  return start ?? { file: 0, offset: 0 };
}

function* recordsBackward(fd: number): Generator<{ offset: number; partial: boolean }> {
  // A record's header may reach into the block that was read before.
  const buffer = Buffer.alloc(BLOCK + HEADER);
  const found = (blockStart: number, at: number, length: number) => ({
    offset: blockStart + at,
    partial: hasHeader(buffer, at, length) && buffer[at + TAG] !== COMPLETE,
  });
  let length = 0;
  let blockStart = 0;
  for (let blockEnd = fstatSync(fd).size; blockEnd > 0; blockEnd = blockStart) {
    blockStart = Math.max(0, blockEnd - BLOCK);
    length = readSync(fd, buffer, 0, blockEnd - blockStart + HEADER, blockStart);
    for (let at = blockEnd - blockStart; at > 0; ) {
      const newline = buffer.lastIndexOf(NEWLINE, at - 1);
      if (newline < 0) break;
      yield found(blockStart, newline + 1, length);
      at = newline;
    }
  }
  yield found(0, 0, length);
}
