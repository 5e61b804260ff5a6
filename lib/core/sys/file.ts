/**
 * Files by system call: for bulk work (Bun's fs.*Sync cost several times the call) and for what Node's fs lacks.
 * Functions that end in nothing special throw; `try…` ones return the kernel's -errno for hot loops.
 */
import { address, check, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

const arm = process.arch === 'arm64';
/** open(2) flags; five of them differ on arm64 (arch/arm64/include/uapi/asm/fcntl.h). */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
  DIRECT: arm ? 0o200000 : 0o40000,
  DIRECTORY: arm ? 0o40000 : 0o200000,
  NOFOLLOW: arm ? 0o100000 : 0o400000,
  TMPFILE: arm ? 0o20040000 : 0o20200000,
} as const;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

/** openat(2), close-on-exec always. Returns the descriptor or -errno. */
export function tryOpenAt(dirfd: number, file: PathLike, flags: number, mode = 0): number {
  return syscall(NR.openat, dirfd, path(file), flags | O.CLOEXEC, mode);
}

/** open(2), close-on-exec always. */
export function open(file: PathLike, flags: number, mode = 0): number {
  return check(tryOpenAt(AT_FDCWD, file, flags, mode), 'open', file);
}

export function close(fd: number): void {
  syscall(NR.close, fd);
}

/** read(2) into `buffer`: bytes read (0 at the end) or -errno. Retries EINTR. */
export function tryRead(fd: number, buffer: Uint8Array): number {
  for (;;) {
    const n = syscall(NR.read, fd, address(buffer), buffer.length);
    if (n !== -4) return n;
  }
}

/** write(2): bytes written, or -errno. Retries EINTR. */
export function tryWrite(fd: number, buffer: Uint8Array, offset: number, end: number): number {
  for (;;) {
    const n = syscall(NR.write, fd, address(buffer) + offset, end - offset);
    if (n !== -4) return n;
  }
}

/** Writes all of `buffer`; returns 0 or -errno. Retries EINTR and short writes. */
export function tryWriteAll(fd: number, buffer: Uint8Array, offset = 0, end = buffer.length): number {
  while (offset < end) {
    const n = tryWrite(fd, buffer, offset, end);
    if (n < 0) return n;
    offset += n;
  }
  return 0;
}

export function writeAll(fd: number, buffer: Uint8Array, what: PathLike = ''): void {
  check(tryWriteAll(fd, buffer), 'write', what);
}

export function fsync(fd: number, what: PathLike = ''): void {
  check(syscall(NR.fsync, fd), 'fsync', what);
}

/** syncfs(2): everything of the file system that `fd` is on. */
export function syncfs(fd: number): void {
  check(syscall(NR.syncfs, fd), 'syncfs');
}

export function tryMkdirAt(dirfd: number, dir: PathLike, mode: number): number {
  return syscall(NR.mkdirat, dirfd, path(dir), mode);
}

export function trySymlinkAt(target: PathLike, dirfd: number, link: PathLike): number {
  return syscall(NR.symlinkat, path(target, 0), dirfd, path(link, 1));
}

export function tryLinkAt(
  fromDirfd: number,
  from: PathLike,
  toDirfd: number,
  to: PathLike,
  flags = 0,
): number {
  return syscall(NR.linkat, fromDirfd, path(from, 0), toDirfd, path(to, 1), flags);
}

/** mknodat(2): `mode` holds the file type; `device` is makedev(3)'s number. */
export function tryMknodAt(dirfd: number, file: PathLike, mode: number, device: number): number {
  return syscall(NR.mknodat, dirfd, path(file), mode, device);
}

/** `flags` may hold {@link AT_REMOVEDIR}. */
export function tryUnlinkAt(dirfd: number, file: PathLike, flags = 0): number {
  return syscall(NR.unlinkat, dirfd, path(file), flags);
}

export function renameAt2(from: PathLike, to: PathLike, flags = 0): void {
  check(tryRenameAt2(AT_FDCWD, from, AT_FDCWD, to, flags), 'rename', `${from} to ${to}`);
}

export function tryRenameAt2(
  fromDirfd: number,
  from: PathLike,
  toDirfd: number,
  to: PathLike,
  flags = 0,
): number {
  return syscall(NR.renameat2, fromDirfd, path(from, 0), toDirfd, path(to, 1), flags);
}

/** fchownat(2) with AT_SYMLINK_NOFOLLOW: never through a link. */
export function tryLchownAt(dirfd: number, file: PathLike, uid: number, gid: number): number {
  return syscall(NR.fchownat, dirfd, path(file), uid, gid, AT_SYMLINK_NOFOLLOW);
}

export function tryFchown(fd: number, uid: number, gid: number): number {
  return syscall(NR.fchown, fd, uid, gid);
}

export function tryFchmod(fd: number, mode: number): number {
  return syscall(NR.fchmod, fd, mode);
}

/** fchmodat(2); follows a symbolic link, so never on a name that may be one. */
export function tryChmodAt(dirfd: number, file: PathLike, mode: number): number {
  return syscall(NR.fchmodat, dirfd, path(file), mode);
}

const times = new BigInt64Array(4);

/** utimensat(2) on the name itself (no following). Seconds may be negative; nanoseconds 0…999,999,999. */
export function tryUtimensAt(
  dirfd: number,
  file: PathLike,
  atime: { sec: number; nsec: number },
  mtime: { sec: number; nsec: number },
): number {
  times[0] = BigInt(atime.sec);
  times[1] = BigInt(atime.nsec);
  times[2] = BigInt(mtime.sec);
  times[3] = BigInt(mtime.nsec);
  return syscall(NR.utimensat, dirfd, path(file), address(times), AT_SYMLINK_NOFOLLOW);
}

/** lsetxattr(2). */
export function trySetXattr(file: PathLike, name: PathLike, value: Uint8Array): number {
  return syscall(NR.lsetxattr, path(file, 0), path(name, 1), address(value), value.length, 0);
}

/** lgetxattr(2): the value, or -errno (-61, ENODATA, when it is not set). */
export function tryGetXattr(file: PathLike, name: PathLike): Uint8Array | number {
  const buffer = new Uint8Array(65_536);
  const n = syscall(NR.lgetxattr, path(file, 0), path(name, 1), address(buffer), buffer.length);
  return n < 0 ? n : buffer.slice(0, n);
}

/** llistxattr(2): the names, or -errno. */
export function tryListXattr(file: PathLike): string[] | number {
  const buffer = new Uint8Array(65_536);
  const n = syscall(NR.llistxattr, path(file), address(buffer), buffer.length);
  if (n < 0) return n;
  return Buffer.from(buffer.buffer, 0, n)
    .toString('latin1')
    .split('\0')
    .filter((name) => name !== '');
}

const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
const EXT4_TOPDIR_FL = 0x00020000;

/**
 * Marks a folder as the top of hierarchies (chattr +T), so that ext4 spreads its children over the disk. Returns
 * false where the file system has no such flag.
 */
export function setTopdirFlag(dir: PathLike): boolean {
  const fd = tryOpenAt(AT_FDCWD, dir, O.RDONLY | O.DIRECTORY);
  if (fd < 0) return false;
  const flags = new Int32Array(2);
  let ok = syscall(NR.ioctl, fd, FS_IOC_GETFLAGS, address(flags)) >= 0;
  if (ok) {
    flags[0] = flags[0]! | EXT4_TOPDIR_FL;
    ok = syscall(NR.ioctl, fd, FS_IOC_SETFLAGS, address(flags)) >= 0;
  }
  close(fd);
  return ok;
}

/** A pipe, both ends close-on-exec. */
export function pipe(): { read: number; write: number } {
  const fds = new Int32Array(2);
  check(syscall(NR.pipe2, address(fds), O.CLOEXEC), 'pipe');
  return { read: fds[0]!, write: fds[1]! };
}

const SEEK_CUR = 1;

/** Where the next read(2) or write(2) of this open file starts; processes that inherited the descriptor share it. */
export function position(fd: number): number {
  return check(syscall(NR.lseek, fd, 0, SEEK_CUR), 'read position');
}

const SEEK_END = 2;

/** Goes to the end of a file; returns where that is. */
export function seekEnd(fd: number): number {
  return check(syscall(NR.lseek, fd, 0, SEEK_END), 'seek to the end');
}

const SYNC_FILE_RANGE_WRITE = 2;
const POSIX_FADV_DONTNEED = 4;

/** Starts writing a range to the disk, and does not wait for it (sync_file_range(2)). Advice: a refusal is no error. */
export function startWriteback(fd: number, offset: number, length: number): void {
  syscall(NR.sync_file_range, fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

/** Lets go of a range's cached pages, as far as they are on the disk (posix_fadvise(2)). */
export function dropCache(fd: number, offset: number, length: number): void {
  syscall(NR.fadvise64, fd, offset, length, POSIX_FADV_DONTNEED);
}

const F_SETFL = 4;

/** Makes calls on a pipe's end return EAGAIN where they would wait (fcntl(2)). */
export function setNonBlocking(fd: number): void {
  check(syscall(NR.fcntl, fd, F_SETFL, O.NONBLOCK), 'set descriptor flags');
}

/**
 * Turns reading and writing past the page cache on or off (O_DIRECT of open(2)). While it is on, a buffer's address, its
 * length and the position must be multiples of the disk's block, see {@link alignedBuffer}. All of the file's other status
 * flags are cleared. Returns false where the file system cannot.
 */
export function setDirect(fd: number, on: boolean): boolean {
  return syscall(NR.fcntl, fd, F_SETFL, on ? O.DIRECT : 0) === 0;
}

/** No disk that Linux drives has larger blocks than pages of memory. */
const ALIGNMENT = 4096;

/** A buffer whose first byte is at a multiple of 4096. */
export function alignedBuffer(size: number): Buffer {
  const room = Buffer.allocUnsafeSlow(size + ALIGNMENT);
  const start = (ALIGNMENT - (address(room) % ALIGNMENT)) % ALIGNMENT;
  return room.subarray(start, start + size);
}

/** makedev(3), as the kernel's 64-bit dev_t is encoded. Above 2^32 the result is inexact and refused by callers. */
export function makedev(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >>> 8) * 0x100000;
}
