/**
 * Writes a tar: POSIX.1-2001 (pax), with an extended header only for what ustar's fields cannot hold, as Go's archive/tar
 * writes it and so as Docker's archives look. Times are whole seconds.
 */
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { sysError } from '../../core/sys/libc.ts';
import { show } from './archive-error.ts';
import type { Entry, EntryType } from './entry.ts';
import { BLOCK, type ByteString } from './header.ts';
import { baseOf } from './path.ts';
import type { Member } from './walk.ts';

const CHUNK = 512 * 1024;

const TYPE_FLAGS: Readonly<Record<Exclude<EntryType, 'ignored'>, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  folder: '5',
  fifo: '6',
};

/** The largest numbers that ustar's fields hold, in octal digits and a NUL. */
const MAX_ID = 0o7777777;
const MAX_SIZE = 0o77777777777;

/**
 * Yields the archive of these members, with its end mark, in chunks of up to 512 KiB, each valid until the next is asked
 * for. Reading blocks the thread. A file that shrinks meanwhile is filled up with zeros.
 */
export function* writeTar(members: Iterable<Member>): Generator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  let used = 0;
  for (const { entry, fd } of members) {
    const header = encodeHeader(entry);
    if (used + header.length > CHUNK) {
      yield buffer.subarray(0, used);
      used = 0;
    }
    if (header.length > CHUNK) yield header;
    else used += header.copy(buffer, used);
    if (fd === undefined) continue;
    for (let position = 0; position < entry.stored; ) {
      const n = Math.min(CHUNK - used, entry.stored - position);
      readFully(fd, buffer.subarray(used, used + n), position, entry);
      position += n;
      used += n;
      if (used < CHUNK) continue;
      yield buffer;
      used = 0;
    }
    const padding = -entry.stored & (BLOCK - 1);
    buffer.fill(0, used, used + padding);
    used += padding;
  }
  if (used > 0) yield buffer.subarray(0, used);
  yield Buffer.alloc(2 * BLOCK);
}

function readFully(fd: number, into: Buffer, position: number, entry: Entry): void {
  const n = tryReadAt(fd, into, position);
  if (n < 0) throw sysError(-n, 'read', show(entry.path));
  into.fill(0, n);
}

/** The blocks in front of a member's content: its header, and the extended one that it needs. */
export function encodeHeader(entry: Entry): Buffer {
  const path = entry.type === 'folder' && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  const extended = extendedRecords(entry, path);
  const main = ustarHeader(entry, path, entry.stored, TYPE_FLAGS[entry.type as 'file']);
  if (extended.length === 0) return main;
  const body = Buffer.concat(extended);
  const name = `PaxHeaders.0/${baseOf(path.replace(/\/$/, ''))}`;
  const plain: Entry = { ...entry, mode: 0, uid: 0, gid: 0, mtime: { sec: 0, nsec: 0 }, linkPath: '' };
  const head = ustarHeader(plain, name, body.length, 'x');
  return Buffer.concat([head, body, Buffer.alloc(-body.length & (BLOCK - 1)), main]);
}

function extendedRecords(entry: Entry, path: ByteString): Buffer[] {
  const records: Buffer[] = [];
  const add = (key: string, value: Buffer | string): void => {
    records.push(paxRecord(key, typeof value === 'string' ? Buffer.from(value, 'latin1') : value));
  };
  if (path.length > 100) add('path', path);
  if (entry.linkPath.length > 100) add('linkpath', entry.linkPath);
  if (entry.uid > MAX_ID) add('uid', String(entry.uid));
  if (entry.gid > MAX_ID) add('gid', String(entry.gid));
  if (entry.stored > MAX_SIZE) add('size', String(entry.stored));
  if (entry.mtime.sec < 0 || entry.mtime.sec > MAX_SIZE) add('mtime', String(entry.mtime.sec));
  for (const [name, value] of entry.xattrs ?? []) add(`SCHILY.xattr.${name}`, value);
  return records;
}

/** `LENGTH KEY=VALUE\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = ` ${key}=`.length + value.length + 1;
  let length = rest + String(rest).length;
  if (String(length).length > String(rest).length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`), value, Buffer.from('\n')]);
}

function ustarHeader(entry: Entry, path: ByteString, size: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path.slice(0, 100), 0, 'latin1');
  octal(block, entry.mode, 100, 8);
  octal(block, entry.uid > MAX_ID ? 0 : entry.uid, 108, 8);
  octal(block, entry.gid > MAX_ID ? 0 : entry.gid, 116, 8);
  octal(block, size > MAX_SIZE ? 0 : size, 124, 12);
  octal(block, entry.mtime.sec < 0 || entry.mtime.sec > MAX_SIZE ? 0 : entry.mtime.sec, 136, 12);
  block.fill(0x20, 148, 156);
  block.write(type, 156, 'latin1');
  block.write(entry.linkPath.slice(0, 100), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const device = type === '3' || type === '4';
  octal(block, device ? entry.major : 0, 329, 8);
  octal(block, device ? entry.minor : 0, 337, 8);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function octal(block: Buffer, value: number, at: number, length: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
}
