/**
 * Values as people type them and read them in Docker and Podman: sizes, durations, points in time.
 * Parsers throw ProaError INVALID_VALUE with just the reason; flags.ts adds the option and the text.
 */
import { parseByteSize } from '../core/byte-size.ts';
import { ProaError } from '../core/error.ts';
import { parseGoDuration } from '../core/go-duration.ts';

const NANOSECONDS = 1_000_000_000n;

function invalid(why: string): ProaError {
  return new ProaError('INVALID_VALUE', why);
}

/** The words that Go's strconv.ParseBool takes, and no others. */
export function parseBool(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw invalid('neither true nor false');
}

/** An integer as Go's strconv.ParseInt with base 0 reads it: 0x, 0o, 0b and a leading 0 for octal are prefixes. */
export function parseInteger(text: string): number {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/.exec(text);
  if (match === null) throw invalid('not an integer');
  const value = Number(match[2]!.replace(/^0(?=[0-7])/, '0o')) * (match[1] === '-' ? -1 : 1);
  if (!Number.isSafeInteger(value)) throw invalid('value out of range');
  return value === 0 ? 0 : value;
}

/** A size in bytes: `512m`, `1.5g`, `64KiB`. */
export function parseBytes(text: string): number {
  const value = parseByteSize(text);
  if (value === undefined) throw invalid(`invalid size: '${text}': use a number and b, k, m, g, t or p`);
  if (!Number.isSafeInteger(value)) throw invalid(`invalid size: '${text}': value out of range`);
  return value;
}

/** A duration in seconds: Go's syntax (`1h2m3.5s`, `-1.5h`, `300ms`) or a plain integer of seconds. */
export function parseDuration(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  const nanoseconds = parseGoDuration(text);
  if (nanoseconds === undefined) {
    throw invalid(`invalid duration: '${text}': use seconds or a form such as 1m30s`);
  }
  return nanoseconds / 1e9;
}

/** Nanoseconds since the epoch from RFC 3339 with up to nine decimals. Throws INVALID_VALUE. */
export function parseRFC3339Nano(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const milliseconds =
    match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}${match[4]!.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) throw invalid(`invalid time: '${text}': not RFC 3339`);
  return BigInt(milliseconds) * 1_000_000n + BigInt((match![3] ?? '').padEnd(9, '0'));
}

/** RFC 3339 in UTC as Go's RFC3339Nano prints it: nanoseconds without their trailing zeros. */
export function formatRFC3339Nano(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  const whole = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return `${whole}${digits && `.${digits}`}Z`;
}

/**
 * A point in time, in nanoseconds since the epoch, in the forms of Docker's `--since` and `--until`: Unix seconds with an
 * optional fraction, RFC 3339 (also cut short to the minute, hour or day, and without a zone in local time), or a Go
 * duration that counts back from `now` (milliseconds). Throws INVALID_VALUE.
 */
export function parseTime(text: string, now = Date.now()): bigint {
  const unix = /^(-?)(\d+)(?:\.(\d{1,9})\d*)?$/.exec(text);
  if (unix !== null) {
    const value = BigInt(unix[2]!) * NANOSECONDS + BigInt((unix[3] ?? '').padEnd(9, '0'));
    return unix[1] === '-' ? -value : value;
  }
  const date = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (date !== null) {
    const [, day, hour = '00', minute = '00', second = '00', fraction = '', zone] = date;
    const time = `${day}T${hour}:${minute}:${second}`;
    if (zone !== undefined) return parseRFC3339Nano(`${time}${fraction}${zone}`);
    // Without a zone, JavaScript reads date and time as local, which is what Docker does.
    const milliseconds = Date.parse(time);
    if (Number.isNaN(milliseconds)) throw invalid(`invalid time: '${text}': no such date`);
    return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.slice(1, 10).padEnd(9, '0'));
  }
  try {
    return BigInt(now) * 1_000_000n - BigInt(Math.round(parseDuration(text) * 1e9));
  } catch (cause) {
    const why = `invalid time: '${text}': use Unix seconds, RFC 3339 or a duration such as 10m`;
    throw new ProaError('INVALID_VALUE', why, { cause });
  }
}

/**
 * A size in decimal units: `7.67MB`. Three significant digits, as `images`, `ps --size` and `stats` print them;
 * `system df` and the sums of `prune` have four.
 */
export function formatBytes(bytes: number, digits = 3): string {
  return scale(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'], digits);
}

/** A size in binary units with four significant digits: `1.944GiB` (go-units' BytesSize). */
export function formatBytesBinary(bytes: number): string {
  return scale(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'], 4);
}

function scale(bytes: number, base: number, units: readonly string[], digits: number): string {
  let value = bytes;
  let unit = 0;
  // The rounded value decides, so that 999,999 bytes are 1MB and not 1000kB.
  while (Math.abs(Number(value.toPrecision(digits))) >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${Number(value.toPrecision(digits))}${units[unit]}`;
}

/** A span in words, with the steps of go-units' HumanDuration: `About a minute`, `3 hours`, `2 weeks`. */
export function humanDuration(seconds: number): string {
  const whole = Math.trunc(seconds);
  if (whole < 1) return 'Less than a second';
  if (whole === 1) return '1 second';
  if (whole < 60) return `${whole} seconds`;
  const minutes = Math.trunc(whole / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.trunc(seconds / 3600 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  const days = Math.trunc(hours / 24);
  if (days < 14) return `${days} days`;
  if (days < 60) return `${Math.trunc(days / 7)} weeks`;
  if (days < 730) return `${Math.trunc(days / 30)} months`;
  return `${Math.trunc(seconds / 3600 / 24 / 365)} years`;
}

/** How long ago something was, as in `CREATED`: `2 minutes ago`. `when` is a Date, its text, or milliseconds. */
export function formatAge(when: Date | string | number, now = Date.now()): string {
  return `${humanDuration((now - new Date(when).getTime()) / 1000)} ago`;
}

/** A span in nanoseconds as Go prints it: `3.872049ms`, `1m5.2s`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return nanoseconds === 0 ? '0s' : `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${(nanoseconds - minutes * 60e9) / 1e9}s`;
  if (minutes === 0) return seconds;
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}
