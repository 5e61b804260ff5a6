/**
 * Where the members of a tar file lie, found by seeking from header to header: what is between them may be gigabytes
 * and is not read. For archives of archives (`load`); a layer's own tar is read in one pass by reader.ts.
 */
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { check } from '../../core/sys/libc.ts';
import { badArchive } from './archive-error.ts';
import { BLOCK, type ByteString, type Header, isZeroBlock, parseHeader } from './header.ts';
import { cleanName, joinName, parentOf } from './path.ts';
import { parsePax, paxNumber } from './pax.ts';

export type ArchiveMember =
  | { kind: 'file' /** Where its bytes begin. */; offset: number; size: number }
  | { kind: 'link' /** The member that it stands for. */; target: ByteString };

/** An image archive has three members a layer at most, and no image has so many layers. */
const MAX_MEMBERS = 100_000;
const MAX_METADATA = 1 << 20;

/** What extended headers said of the member that follows. */
interface Extended {
  path?: ByteString;
  linkPath?: ByteString;
  size?: number;
}

/**
 * Lists the files and links of a tar file by their clean names (see path.ts). Of two members of one name the later
 * counts, as it would after unpacking.
 * @param fd an open regular file
 * @param size its length in bytes
 * @throws ProaError BAD_ARCHIVE when it is no tar file, or cut off; HOSTILE_ARCHIVE for names that lead out of it
 */
export function indexArchive(fd: number, size: number): Map<ByteString, ArchiveMember> {
  const members = new Map<ByteString, ArchiveMember>();
  let extended: Extended = {};
  for (let at = 0; at < size; ) {
    const block = readExactly(fd, at, BLOCK, size);
    // One zero block ends it for us as two do: whoever needs what is behind it finds it missing.
    if (isZeroBlock(block)) break;
    const header = parseHeader(block);
    const offset = at + BLOCK;
    if (header.size < 0) throw badArchive(`a member of ${header.size} bytes`);
    if (isMetadata(header.type)) {
      if (header.size > MAX_METADATA) throw badArchive(`an extended header of ${header.size} bytes`);
      addExtended(extended, header.type, readExactly(fd, offset, header.size, size));
      at = offset + padded(header.size);
      continue;
    }
    const length = hasData(header) ? (extended.size ?? header.size) : 0;
    if (offset + length > size) throw badArchive(`the archive is cut off after ${size} bytes`);
    addMember(members, header, extended, offset, length);
    if (members.size > MAX_MEMBERS) throw badArchive(`more than ${MAX_MEMBERS} members`);
    extended = {};
    at = offset + padded(length);
  }
  return members;
}

function addMember(
  members: Map<ByteString, ArchiveMember>,
  header: Header,
  extended: Extended,
  offset: number,
  size: number,
): void {
  const name = cleanName(extended.path ?? header.path);
  const link = extended.linkPath ?? header.linkPath;
  if (header.type === '0' || header.type === '\0' || header.type === '7') {
    members.set(name, { kind: 'file', offset, size });
  } else if (header.type === '1') {
    members.set(name, { kind: 'link', target: cleanName(link) });
  } else if (header.type === '2') {
    const target = link.startsWith('/') ? link : joinName(parentOf(name), link);
    members.set(name, { kind: 'link', target: cleanName(target) });
  }
}

/** Links, folders and devices have no data, whatever their size says (as Go's archive/tar reads them). */
function hasData(header: Header): boolean {
  return !/^[1-6]$/.test(header.type);
}

function isMetadata(type: string): boolean {
  return type === 'x' || type === 'X' || type === 'g' || type === 'L' || type === 'K';
}

function addExtended(extended: Extended, type: string, body: Buffer): void {
  if (type === 'L') extended.path = untilNul(body);
  else if (type === 'K') extended.linkPath = untilNul(body);
  else if (type !== 'g') {
    const { values } = parsePax(body);
    const size = values.get('size');
    extended.path ??= values.get('path');
    extended.linkPath ??= values.get('linkpath');
    if (size !== undefined) extended.size = paxNumber('size', size);
  }
}

function readExactly(fd: number, at: number, length: number, size: number): Buffer {
  const buffer = Buffer.alloc(length);
  if (length > 0 && check(tryReadAt(fd, buffer, at), 'read archive') < length) {
    throw badArchive(`the archive is cut off after ${size} bytes`);
  }
  return buffer;
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function untilNul(body: Buffer): ByteString {
  const end = body.indexOf(0);
  return body.toString('latin1', 0, end < 0 ? body.length : end);
}
