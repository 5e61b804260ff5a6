/** A member of an archive, as its header and the extended headers in front of it describe it together. */
import type { Time } from '../../core/sys/stat.ts';
import { badArchive, hostileArchive, show } from './archive-error.ts';
import type { ByteString, Header } from './header.ts';
import { paxNumber, paxTime, paxXattrs } from './pax.ts';
import type { SparseMap } from './sparse.ts';

/** Ids are refused from 2^31 on: the kernel's -1 means "leave it", and id maps end there. */
const MAX_ID = 2 ** 31 - 1;

export type EntryType = 'file' | 'link' | 'symlink' | 'char' | 'block' | 'folder' | 'fifo' | 'ignored';

/** One member of the archive with all its headers applied. */
export interface Entry {
  /** `ignored`: a member that holds nothing to unpack (a volume label). */
  type: EntryType;
  path: ByteString;
  /** Target of a link or symlink. */
  linkPath: ByteString;
  /** Permission bits, as they are in the archive. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes of the file as it will be on disk. */
  size: number;
  /** Bytes of data in the archive; less than `size` for a sparse file. */
  stored: number;
  mtime: Time;
  atime: Time | undefined;
  major: number;
  minor: number;
  xattrs: Map<string, Buffer> | undefined;
  /** Where the stored bytes go; undefined for an ordinary file. */
  sparse: SparseMap | undefined;
}

const TYPES: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'folder',
  '6': 'fifo',
  D: 'folder',
  V: 'ignored',
};

/**
 * @param values the extended records that hold for this member
 * @throws ProaError BAD_ARCHIVE for an unknown type or malformed record
 */
export function describeEntry(header: Header, values: ReadonlyMap<string, ByteString> | undefined): Entry {
  const type = TYPES[header.type];
  if (type === undefined) {
    throw badArchive(`entry ${show(header.path)} of the unknown type ${show(header.type)}`);
  }
  const numeric = (key: string, own: number): number => {
    const value = values?.get(key);
    return value === undefined ? own : paxNumber(key, value);
  };
  const time = (key: string): Time | undefined => {
    const value = values?.get(key);
    return value === undefined ? undefined : paxTime(key, value);
  };
  const hasData = type === 'file' || type === 'ignored' || header.type === 'D';
  const size = numeric('size', header.size);
  return {
    type,
    path: values?.get('path') ?? header.path,
    linkPath: values?.get('linkpath') ?? header.linkPath,
    mode: header.mode & 0o7777,
    uid: numeric('uid', header.uid),
    gid: numeric('gid', header.gid),
    size: type === 'file' ? size : 0,
    stored: hasData ? size : 0,
    mtime: time('mtime') ?? { sec: header.mtime, nsec: 0 },
    atime: time('atime'),
    major: header.major,
    minor: header.minor,
    xattrs: values && paxXattrs(values),
    sparse: undefined,
  };
}

/** @throws ProaError for what no file can be */
export function checkEntry(entry: Entry): void {
  if (entry.stored < 0) throw badArchive(`entry ${show(entry.path)} of ${entry.stored} bytes`);
  if (entry.path.includes('\0') || entry.linkPath.includes('\0')) {
    throw hostileArchive(entry.path, 'its name holds a NUL byte');
  }
  if (entry.uid < 0 || entry.uid > MAX_ID || entry.gid < 0 || entry.gid > MAX_ID) {
    throw hostileArchive(entry.path, `its owner ${entry.uid}:${entry.gid} is beyond 2^31`);
  }
}
