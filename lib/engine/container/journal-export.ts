/**
 * Systemd's journal export format: fields `NAME=VALUE` or, for values with line feeds and other bytes, `NAME`, a line
 * feed, the length in eight bytes, little-endian, and the value; an empty line ends an entry.
 */
import { type LogRecord, TIME_LENGTH } from './log-record.ts';

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const LENGTH = 8;

/** Entries of a container's conmon as log records. */
export class JournalParser {
  /** Where the last whole entry is in the journal. */
  cursor: string | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private fields = new Map<string, Buffer>();

  /** The records that these bytes complete. They stay valid. */
  push(chunk: Uint8Array): LogRecord[] {
    const data = this.rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.rest, chunk]);
    const records: LogRecord[] = [];
    let at = 0;
    for (;;) {
      const end = data.indexOf(NEWLINE, at);
      if (end < 0) break;
      if (end === at) {
        const record = this.finish();
        if (record !== undefined) records.push(record);
        at++;
        continue;
      }
      const line = data.subarray(at, end);
      const equals = line.indexOf(EQUALS);
      if (equals >= 0) {
        this.fields.set(line.toString('latin1', 0, equals), line.subarray(equals + 1));
        at = end + 1;
        continue;
      }
      const start = end + 1 + LENGTH;
      if (data.length < start) break;
      const length = Number(data.readBigUInt64LE(end + 1));
      // A line feed follows the value.
      if (data.length <= start + length) break;
      this.fields.set(line.toString('latin1'), data.subarray(start, start + length));
      at = start + length + 1;
    }
    this.rest = data.subarray(at);
    return records;
  }

  private finish(): LogRecord | undefined {
    const { fields } = this;
    this.fields = new Map();
    const text = fields.get('MESSAGE');
    const time = fields.get('__REALTIME_TIMESTAMP')?.toString('latin1');
    if (text === undefined || time === undefined) return undefined;
    this.cursor = fields.get('__CURSOR')?.toString('latin1');
    // Microseconds since 1970.
    const whole = new Date(Number(time.slice(0, -3))).toISOString().slice(0, 23);
    const header = `${whole}${time.slice(-3)}000+00:00`;
    const buffer = Buffer.concat([Buffer.from(header, 'latin1'), text]);
    return {
      buffer,
      // conmon's: 6 (informational) for stdout, 3 (error) for stderr.
      stream: fields.get('PRIORITY')?.toString('latin1') === '3' ? 'stderr' : 'stdout',
      complete: !fields.has('CONTAINER_PARTIAL_MESSAGE'),
      timeStart: 0,
      timeEnd: TIME_LENGTH,
      textStart: TIME_LENGTH,
      // conmon's messages have their line feed; it is no part of the text.
      textEnd: text.at(-1) === NEWLINE ? buffer.length - 1 : buffer.length,
    };
  }
}
