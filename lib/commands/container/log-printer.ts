/** Log records as a person reads them: each stream to its own descriptor, in their order, in large writes. */
import { formatRFC3339Nano, parseRFC3339Nano } from '../../cli/values.ts';
import { FdWriter } from '../../core/output.ts';
import type { LogReader } from '../../engine/container/k8s-log.ts';
import type { LogSink } from '../../engine/container/logs.ts';

const BUFFER = 64 * 1024;

type Stream = 'stdout' | 'stderr';

/** What all containers of one `logs` write to. */
export class LogOutput {
  private readonly writers = { stdout: new FdWriter(1), stderr: new FdWriter(2) };
  private readonly buffer = Buffer.allocUnsafe(BUFFER);
  private used = 0;
  private stream: Stream = 'stdout';

  /** Appends bytes of a stream. What was gathered of the other one goes out first, to keep the order. */
  write(stream: Stream, data: Buffer, start = 0, end = data.length): Promise<void> | undefined {
    const wait = stream === this.stream ? undefined : this.flush();
    this.stream = stream;
    if (end - start <= BUFFER - this.used) {
      data.copy(this.buffer, this.used, start, end);
      this.used += end - start;
      return wait;
    }
    // The writer keeps the order of its pieces itself, so only the last promise matters.
    const flushed = this.flush();
    if (end - start <= BUFFER) {
      data.copy(this.buffer, 0, start, end);
      this.used = end - start;
      return flushed ?? wait;
    }
    return this.writers[stream].write(data.subarray(start, end)) ?? flushed ?? wait;
  }

  flush(): Promise<void> | undefined {
    if (this.used === 0) return undefined;
    const { used } = this;
    this.used = 0;
    return this.writers[this.stream].write(this.buffer.subarray(0, used));
  }
}

export interface LineStyle {
  timestamps: boolean;
  /** Put before each line. */
  prefix?: string;
  /** A colour of the terminal's palette, 0…255. */
  color?: number;
}

const NEWLINE = Buffer.from('\n');
const RESET_NEWLINE = Buffer.from('\x1b[0m\n');

/** One container's records. The lines of both streams are told apart: each begins with its own prefix. */
export class LogPrinter implements LogSink {
  private readonly inLine: Record<Stream, boolean> = { stdout: false, stderr: false };
  private readonly before: Buffer | undefined;
  private readonly after: Buffer;

  constructor(
    private readonly output: LogOutput,
    private readonly style: LineStyle,
  ) {
    const color = style.color === undefined ? '' : `\x1b[38;5;${style.color}m`;
    const before = color + (style.prefix === undefined ? '' : `${style.prefix} `);
    this.before = before === '' ? undefined : Buffer.from(before);
    this.after = color === '' ? NEWLINE : RESET_NEWLINE;
  }

  record(reader: LogReader): Promise<void> | undefined {
    const { output, style } = this;
    const { stream } = reader;
    let wait: Promise<void> | undefined;
    if (!this.inLine[stream]) {
      if (this.before !== undefined) wait = output.write(stream, this.before);
      if (style.timestamps) wait = output.write(stream, timestamp(reader)) ?? wait;
    }
    this.inLine[stream] = !reader.complete;
    if (reader.complete && this.after === NEWLINE && reader.buffer[reader.textEnd] === 0x0a) {
      // The record's own line feed follows its text.
      return output.write(stream, reader.buffer, reader.textStart, reader.textEnd + 1) ?? wait;
    }
    wait = output.write(stream, reader.buffer, reader.textStart, reader.textEnd) ?? wait;
    return reader.complete ? (output.write(stream, this.after) ?? wait) : wait;
  }

  pause(): Promise<void> | undefined {
    return this.output.flush();
  }
}

/** In UTC with nine decimals, as Docker has it. */
function timestamp({ buffer, timeStart, timeEnd }: LogReader): Buffer {
  const text = buffer.toString('latin1', timeStart, timeEnd);
  if (text.endsWith('+00:00')) return Buffer.from(`${text.slice(0, -6)}Z `, 'latin1');
  if (text === '') return Buffer.alloc(0);
  const utc = formatRFC3339Nano(parseRFC3339Nano(text));
  const [whole, fraction = ''] = utc.slice(0, -1).split('.');
  return Buffer.from(`${whole}.${fraction.padEnd(9, '0')}Z `);
}
