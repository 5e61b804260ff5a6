/** statx(2): what the kernel knows of a file, without following a link, with its times to the nanosecond. */
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from './file.ts';
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** File types of `mode` (inode(7)). */
export const S_IFMT = 0o170000;
export const S_IFREG = 0o100000;
export const S_IFDIR = 0o040000;
export const S_IFLNK = 0o120000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;
export const S_IFIFO = 0o010000;
export const S_IFSOCK = 0o140000;

/** Seconds since 1970 (may be negative) and nanoseconds 0…999,999,999. */
export interface Time {
  sec: number;
  nsec: number;
}

export interface FileStatus {
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  size: number;
  /** Bytes on disk: its blocks. */
  allocated: number;
  inode: bigint;
  atime: Time;
  mtime: Time;
  /** Device that a device node stands for. */
  major: number;
  minor: number;
  /** The file system that the file is on; with `inode` it says which file this is. */
  device: number;
  /** Something is mounted here (STATX_ATTR_MOUNT_ROOT, Linux 5.8), or it is a root. */
  isMountRoot: boolean;
}

/** STATX_BASIC_STATS. */
const BASIC = 0x7ff;
const ATTR_MOUNT_ROOT = 0x2000;
const buffer = Buffer.alloc(256);

/** The status of `name` in the folder, or -errno. With an empty name: of the descriptor itself (O_PATH will do). */
export function tryStatAt(dirfd: number, name: PathLike): FileStatus | number {
  const flags = AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0);
  const result = syscall(NR.statx, dirfd, path(name), flags, BASIC, address(buffer));
  if (result < 0) return result;
  return {
    links: buffer.readUInt32LE(16),
    uid: buffer.readUInt32LE(20),
    gid: buffer.readUInt32LE(24),
    mode: buffer.readUInt16LE(28),
    inode: buffer.readBigUInt64LE(32),
    size: int64(40),
    allocated: int64(48) * 512,
    atime: { sec: int64(64), nsec: buffer.readUInt32LE(72) },
    mtime: { sec: int64(112), nsec: buffer.readUInt32LE(120) },
    major: buffer.readUInt32LE(128),
    minor: buffer.readUInt32LE(132),
    // 20 bits for the minor number, as in the kernel's own dev_t.
    device: buffer.readUInt32LE(136) * 0x100000 + buffer.readUInt32LE(140),
    isMountRoot: (buffer.readUInt32LE(8) & ATTR_MOUNT_ROOT) !== 0,
  };
}

function int64(at: number): number {
  return buffer.readInt32LE(at + 4) * 0x100000000 + buffer.readUInt32LE(at);
}
