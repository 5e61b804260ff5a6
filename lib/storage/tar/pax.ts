/** PAX extended headers: records `LENGTH KEY=VALUE\n` (pax(1), "pax Extended Header"). */
import type { Time } from '../../core/sys/stat.ts';
import { badArchive } from './archive-error.ts';
import type { ByteString } from './header.ts';

/** Keys and values are byte strings. An empty value takes a key back. */
export interface PaxRecords {
  values: Map<string, ByteString>;
  /** GNU.sparse.offset and GNU.sparse.numbytes come once per fragment, in turn (GNU.sparse 0.0). */
  sparse: number[];
}

/** @throws ProaError BAD_ARCHIVE for records that do not add up */
export function parsePax(body: Buffer): PaxRecords {
  const values = new Map<string, ByteString>();
  const sparse: number[] = [];
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? '' : body.toString('latin1', at, space);
    if (!/^[0-9]{1,8}$/.test(digits)) {
      // Some writers pad the body with zeros.
      if (body.subarray(at).every((byte) => byte === 0)) break;
      throw badArchive('extended header with a malformed record');
    }
    const end = at + Number(digits);
    if (end > body.length || end < space + 3 || body[end - 1] !== 0x0a) {
      throw badArchive('extended header with a record of a wrong length');
    }
    const record = body.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals <= 0) throw badArchive('extended header with a record without a key');
    const key = record.slice(0, equals);
    const value = record.slice(equals + 1);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      if ((sparse.length % 2 === 0) !== (key === 'GNU.sparse.offset'))
        throw badArchive('disordered sparse map');
      sparse.push(paxNumber(key, value));
    } else {
      values.set(key, value);
    }
    at = end;
  }
  return { values, sparse };
}

/** A decimal number that fits a double exactly. */
export function paxNumber(key: string, value: string): number {
  const number = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw badArchive(`extended header with a bad ${key}`);
  return number;
}

/** `-1.25` → {sec: -2, nsec: 750000000}; what is finer than a nanosecond is cut off. */
export function paxTime(key: string, value: string): Time {
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(value);
  if (!match) throw badArchive(`extended header with a bad ${key}`);
  const nsec = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  const sec = Number(match[2]);
  if (match[1] === '') return { sec, nsec };
  return nsec === 0 ? { sec: 0 - sec, nsec: 0 } : { sec: -sec - 1, nsec: 1_000_000_000 - nsec };
}

/** The extended attributes among the records: SCHILY's (raw values), else libarchive's (base64, names URL-encoded). */
export function paxXattrs(values: ReadonlyMap<string, ByteString>): Map<string, Buffer> | undefined {
  let xattrs: Map<string, Buffer> | undefined;
  for (const [key, value] of values) {
    let name: string;
    let bytes: Buffer;
    if (key.startsWith('SCHILY.xattr.')) {
      name = key.slice('SCHILY.xattr.'.length);
      bytes = Buffer.from(value, 'latin1');
    } else if (key.startsWith('LIBARCHIVE.xattr.')) {
      name = key
        .slice('LIBARCHIVE.xattr.'.length)
        .replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      if (values.has(`SCHILY.xattr.${name}`)) continue;
      bytes = Buffer.from(value, 'base64');
    } else {
      continue;
    }
    xattrs ??= new Map();
    xattrs.set(name, bytes);
  }
  return xattrs;
}
