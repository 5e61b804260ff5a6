/** One record of a log, wherever it was kept: a view of bytes that are valid until the next one is read. */

export interface LogRecord {
  readonly buffer: Buffer;
  readonly stream: 'stdout' | 'stderr';
  /** False when the line goes on in the stream's next record. */
  readonly complete: boolean;
  /** RFC 3339 with nine decimals and a numeric zone, `2024-03-01T10:00:00.123456789+00:00`; empty when it has none. */
  readonly timeStart: number;
  readonly timeEnd: number;
  /** What was printed, without the line feed. */
  readonly textStart: number;
  readonly textEnd: number;
}

/** A point in time: seconds since 1970, and nanoseconds. A pair, as one number of them is not exact. */
export type Time = readonly [seconds: number, nanoseconds: number];

/** Length of a record's time. */
export const TIME_LENGTH = 35;

/** When a record was written; undefined for a line without a header. */
export function timeOf({ buffer, timeStart: at, timeEnd }: LogRecord): Time | undefined {
  if (timeEnd === at) return undefined;
  const zone = 3600 * digits(buffer, at + 30, 2) + 60 * digits(buffer, at + 33, 2);
  const local =
    Date.UTC(
      digits(buffer, at, 4),
      digits(buffer, at + 5, 2) - 1,
      digits(buffer, at + 8, 2),
      digits(buffer, at + 11, 2),
      digits(buffer, at + 14, 2),
      digits(buffer, at + 17, 2),
    ) / 1000;
  const MINUS = 0x2d;
  return [buffer[at + 29] === MINUS ? local + zone : local - zone, digits(buffer, at + 20, 9)];
}

/** Negative when `a` is before `b`. */
export function compareTimes(a: Time, b: Time): number {
  return a[0] - b[0] || a[1] - b[1];
}

export function timeFrom(nanoseconds: bigint): Time {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return [Number((nanoseconds - rest) / 1_000_000_000n), Number(rest)];
}

function digits(buffer: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) value = value * 10 + buffer[i]! - 0x30;
  return value;
}
