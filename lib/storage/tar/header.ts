/**
 * One 512-byte tar header: POSIX.1-1988 (ustar), GNU, star and v7, as pax(1) "ustar Interchange Format" and GNU tar's
 * "Basic Tar Format" describe them.
 *
 * Names in here are byte strings: JavaScript strings with one character per byte (latin1), because a file name is any
 * bytes and need not be UTF-8. They compare, slice and serve as Map keys; `toPath` turns one into what a system call
 * takes, and `show` (archive-error.ts) into what a person reads.
 */
import { badArchive } from './archive-error.ts';

export const BLOCK = 512;

/** A name, one character per byte. */
export type ByteString = string;

export type Format = 'v7' | 'ustar' | 'gnu' | 'star';

/** A header's own fields; extended headers are not applied yet. */
export interface Header {
  format: Format;
  /** Type flag as a character; '\0' stays '\0'. */
  type: string;
  path: ByteString;
  linkPath: ByteString;
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of data that follow, where the type has data. */
  size: number;
  /** Seconds; may be negative. */
  mtime: number;
  /** Device numbers; 0 where the format has none. */
  major: number;
  minor: number;
}

/** What system calls take: text when it is ASCII (no copy), else the bytes. */
export function toPath(name: ByteString): string | Uint8Array {
  return /[\x80-\xff]/.test(name) ? Buffer.from(name, 'latin1') : name;
}

/** True when the block holds only zeros (half of the archive's end mark). */
export function isZeroBlock(block: Buffer): boolean {
  for (let i = 0; i < BLOCK; i++) if (block[i] !== 0) return false;
  return true;
}

/**
 * @param block 512 bytes
 * @throws ProaError BAD_ARCHIVE for a wrong checksum or a malformed number
 */
export function parseHeader(block: Buffer): Header {
  if (!checksumHolds(block)) throw badArchive('header with a wrong checksum');
  const format = formatOf(block);
  const type = String.fromCharCode(block[156]!);
  const device = format !== 'v7' && (type === '3' || type === '4');
  return {
    format,
    type,
    path: withPrefix(block, format, text(block, 0, 100)),
    mode: number(block, 100, 8, 'mode'),
    uid: number(block, 108, 8, 'uid'),
    gid: number(block, 116, 8, 'gid'),
    size: number(block, 124, 12, 'size'),
    mtime: number(block, 136, 12, 'mtime'),
    linkPath: text(block, 157, 100),
    major: device ? number(block, 329, 8, 'device number') : 0,
    minor: device ? number(block, 337, 8, 'device number') : 0,
  };
}

function formatOf(block: Buffer): Format {
  const magic = block.toString('latin1', 257, 265);
  if (magic === 'ustar  \0') return 'gnu';
  if (!magic.startsWith('ustar\0')) return 'v7';
  return block.toString('latin1', 508, 512) === 'tar\0' ? 'star' : 'ustar';
}

function withPrefix(block: Buffer, format: Format, name: ByteString): ByteString {
  // GNU keeps times and the sparse map where ustar keeps the prefix; star keeps times behind a shorter prefix.
  if (format !== 'ustar' && format !== 'star') return name;
  const prefix = text(block, 345, format === 'star' ? 131 : 155);
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** A field up to its first NUL. */
export function text(block: Buffer, at: number, length: number): ByteString {
  let end = at;
  while (end < at + length && block[end] !== 0) end++;
  return block.toString('latin1', at, end);
}

/**
 * A number field: octal with spaces and NULs around, or GNU's base-256 (first bit set; two's complement, big-endian).
 * An empty field is 0.
 */
export function number(block: Buffer, at: number, length: number, what: string): number {
  const first = block[at]!;
  if (first & 0x80) return base256(block, at, length, what);
  let i = at;
  const end = at + length;
  while (i < end && (block[i] === 0x20 || block[i] === 0)) i++;
  let value = 0;
  for (; i < end; i++) {
    const digit = block[i]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  for (; i < end; i++) if (block[i] !== 0x20 && block[i] !== 0) throw badArchive(`header with a bad ${what}`);
  return value;
}

function base256(block: Buffer, at: number, length: number, what: string): number {
  const negative = (block[at]! & 0x40) !== 0;
  // Bit 7 of the first byte is the marker; bit 6 is the sign and fills it up.
  let value = BigInt(negative ? block[at]! : block[at]! & 0x7f);
  for (let i = at + 1; i < at + length; i++) value = value * 256n + BigInt(block[i]!);
  if (negative) value -= 1n << BigInt(8 * length);
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw badArchive(`header with an absurd ${what}: ${value}`);
  return result;
}

/** The sum of all bytes with the checksum field as spaces; some old tars summed signed bytes. */
function checksumHolds(block: Buffer): boolean {
  const wanted = number(block, 148, 8, 'checksum');
  let sum = 8 * 0x20;
  let high = 0;
  for (let i = 0; i < BLOCK; i++) {
    if (i === 148) i = 156;
    const byte = block[i]!;
    sum += byte;
    high += byte >>> 7;
  }
  return sum === wanted || sum - 256 * high === wanted;
}
