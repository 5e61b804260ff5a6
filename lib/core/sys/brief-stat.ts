/**
 * statx(2) for walks over tens of thousands of files: only what copying them needs, as plain numbers, and the raw bytes by
 * which a file that was not touched since is known again.
 */
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from './file.ts';
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export interface BriefStatus {
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  size: number;
  mtime: { sec: number; nsec: number };
  /** Device that a device node stands for. */
  major: number;
  minor: number;
}

/** Bytes of {@link copyStamp}. */
export const STAMP_LENGTH = 48;
/** Where in a stamp its device and inode are: they say which file this is. */
export const STAMP_INODE = 0;
export const STAMP_DEVICE = 40;

const BASIC = 0x7ff;
const buffer = Buffer.alloc(256);
const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const base = address(buffer);

/** The status of `name` in the folder (of the descriptor itself, when that is empty), links not followed; or -errno. */
export function tryBriefStatAt(dirfd: number, name: PathLike): BriefStatus | number {
  const flags = AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0);
  const result = syscall(NR.statx, dirfd, path(name), flags, BASIC, base);
  if (result < 0) return result;
  return {
    links: view.getUint32(16, true),
    uid: view.getUint32(20, true),
    gid: view.getUint32(24, true),
    mode: view.getUint16(28, true),
    size: int64(40),
    mtime: { sec: int64(112), nsec: view.getUint32(120, true) },
    major: view.getUint32(128, true),
    minor: view.getUint32(132, true),
  };
}

/**
 * Writes what identifies the last file that {@link tryBriefStatAt} saw, and its state: inode, size, ctime, mtime, device. A
 * file whose stamp is the same has the same content, mode, owner and attributes, as each change of one moves its ctime
 * (inode(7)).
 */
export function copyStamp(into: Buffer, at: number): void {
  buffer.copy(into, at, 32, 48);
  buffer.copy(into, at + 16, 96, 108);
  buffer.copy(into, at + 28, 112, 124);
  buffer.copy(into, at + 40, 136, 144);
}

/** Whether the last file's stamp is the one at this place. */
export function isStamp(stamps: Buffer, at: number): boolean {
  return (
    buffer.compare(stamps, at + 16, at + 28, 96, 108) === 0 &&
    buffer.compare(stamps, at, at + 16, 32, 48) === 0 &&
    buffer.compare(stamps, at + 28, at + 40, 112, 124) === 0 &&
    buffer.compare(stamps, at + 40, at + 48, 136, 144) === 0
  );
}

/** The ctime of the last file, in milliseconds since 1970, and whether its file system counts less than whole seconds. */
export function lastChange(): { ms: number; fine: boolean } {
  const nsec = view.getUint32(104, true);
  return { ms: int64(96) * 1000 + nsec / 1e6, fine: nsec !== 0 };
}

/** The lower half of the last file's inode number, which serves as a hash. */
export function lastInode(): number {
  return view.getUint32(32, true);
}

function int64(at: number): number {
  return view.getInt32(at + 4, true) * 0x100000000 + view.getUint32(at, true);
}
