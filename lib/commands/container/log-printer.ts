/** Log records as a person reads them: each stream to its own descriptor, in large writes. */
import { fstatSync } from 'node:fs';
import { formatRFC3339Nano, parseRFC3339Nano } from '../../cli/values.ts';
import { writeWaiting } from '../../core/output.ts';
import type { LogRecord } from '../../engine/container/log-record.ts';
import type { LogSink } from '../../engine/container/logs.ts';

const BUFFER = 64 * 1024;

type Stream = LogRecord['stream'];

/** What all containers of one `logs` write to. */
export class LogOutput {
  private readonly buffers = { stdout: new Gathered(1), stderr: new Gathered(2) };
  /** Both lead to one place, as on a terminal or behind 2>&1: the order of the two counts there. */
  private readonly shared = isSamePlace(1, 2);
  private last = this.buffers.stdout;

  /** @throws ProaError OUTPUT_CLOSED, ENOSPC, … */
  write(stream: Stream, data: Buffer, start = 0, end = data.length): void {
    const buffer = this.buffers[stream];
    if (this.shared && buffer !== this.last) {
      this.last.flush();
      this.last = buffer;
    }
    buffer.write(data, start, end);
  }

  flush(): void {
    this.last.flush();
    this.buffers.stdout.flush();
    this.buffers.stderr.flush();
  }
}

/** One stream's bytes on their way to its descriptor. */
class Gathered {
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private used = 0;

  constructor(private readonly fd: number) {}

  write(data: Buffer, start: number, end: number): void {
    if (end - start > BUFFER - this.used) this.flush();
    if (end - start > BUFFER) {
      writeWaiting(this.fd, data.subarray(start, end));
      return;
    }
    data.copy(this.buffer, this.used, start, end);
    this.used += end - start;
  }

  flush(): void {
    if (this.used === 0) return;
    const { used } = this;
    this.used = 0;
    writeWaiting(this.fd, this.buffer.subarray(0, used));
  }
}

function isSamePlace(a: number, b: number): boolean {
  const [one, other] = [fstatSync(a), fstatSync(b)];
  return one.ino === other.ino && one.dev === other.dev;
}

export interface LineStyle {
  timestamps: boolean;
  /** Put before each line. */
  prefix?: string;
  /** Put before each line's text, after its time. */
  details?: string;
  /** A colour of the terminal's palette, 0…255. */
  color?: number;
}

const NEWLINE = Buffer.from('\n');
const RESET_NEWLINE = Buffer.from('\x1b[0m\n');

/** One container's records. The lines of both streams are told apart: each begins with its own prefix. */
export class LogPrinter implements LogSink {
  private readonly inLine: Record<Stream, boolean> = { stdout: false, stderr: false };
  private readonly before: Buffer | undefined;
  private readonly details: Buffer | undefined;
  private readonly after: Buffer;
  private readonly isPlain: boolean;

  constructor(
    private readonly output: LogOutput,
    private readonly style: LineStyle,
    private readonly onLost: () => void = () => {},
  ) {
    const color = style.color === undefined ? '' : `\x1b[38;5;${style.color}m`;
    const before = color + (style.prefix === undefined ? '' : `${style.prefix} `);
    this.before = before === '' ? undefined : Buffer.from(before);
    this.details = style.details === undefined ? undefined : Buffer.from(`${style.details} `);
    this.after = color === '' ? NEWLINE : RESET_NEWLINE;
    this.isPlain = before === '' && !style.timestamps && style.details === undefined;
  }

  record(record: LogRecord): undefined {
    const { output } = this;
    const { stream } = record;
    if (!this.isPlain) {
      if (!this.inLine[stream]) this.beginLine(record);
      this.inLine[stream] = !record.complete;
    }
    if (record.complete && this.after === NEWLINE && record.buffer[record.textEnd] === 0x0a) {
      // The record's own line feed follows its text.
      output.write(stream, record.buffer, record.textStart, record.textEnd + 1);
      return;
    }
    output.write(stream, record.buffer, record.textStart, record.textEnd);
    if (record.complete) output.write(stream, this.after);
  }

  private beginLine(record: LogRecord): void {
    const { output, style } = this;
    if (this.before !== undefined) output.write(record.stream, this.before);
    if (style.timestamps) output.write(record.stream, timestamp(record));
    if (this.details !== undefined) output.write(record.stream, this.details);
  }

  pause(): undefined {
    this.output.flush();
  }

  lost(): void {
    this.onLost();
  }
}

/** `2024-03-01T10:00:00.123456789Z `, where a record's own time has its numeric zone. */
const STAMP = Buffer.from('0000-00-00T00:00:00.000000000Z ');
const DECIMALS_END = STAMP.length - 2;
const UTC = Buffer.from('+00:00');

/** In UTC with nine decimals, as Docker has it. Valid until the next call. */
function timestamp({ buffer, timeStart, timeEnd }: LogRecord): Buffer {
  if (timeEnd === timeStart) return STAMP.subarray(0, 0);
  const zone = timeStart + DECIMALS_END;
  if (buffer.compare(UTC, 0, UTC.length, zone, timeEnd) === 0) {
    buffer.copy(STAMP, 0, timeStart, zone);
    return STAMP;
  }
  const utc = formatRFC3339Nano(parseRFC3339Nano(buffer.toString('latin1', timeStart, timeEnd)));
  const [whole, fraction = ''] = utc.slice(0, -1).split('.');
  return Buffer.from(`${whole}.${fraction.padEnd(9, '0')}Z `);
}
