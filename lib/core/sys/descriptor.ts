/** Calls on one open file that file.ts does by name. All return 0 (or a count) or -errno. */
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** Calls that numbers.ts has no need of elsewhere. */
const arm = process.arch === 'arm64';
const NR_LSEEK = arm ? 62 : 8;
const NR_FREMOVEXATTR = arm ? 16 : 199;
const NR_FGETXATTR = arm ? 10 : 193;
const NR_FLISTXATTR = arm ? 13 : 196;

export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

const times = new BigInt64Array(4);

/** futimens(3). */
export function tryFutimens(
  fd: number,
  atime: { sec: number; nsec: number },
  mtime: { sec: number; nsec: number },
): number {
  times[0] = BigInt(atime.sec);
  times[1] = BigInt(atime.nsec);
  times[2] = BigInt(mtime.sec);
  times[3] = BigInt(mtime.nsec);
  return syscall(NR.utimensat, fd, 0, address(times), 0);
}

/** fsetxattr(2). */
export function tryFsetxattr(fd: number, name: PathLike, value: Uint8Array): number {
  return syscall(NR.fsetxattr, fd, path(name), address(value), value.length, 0);
}

/** fremovexattr(2): -61 (ENODATA) when it was not set. */
export function tryFremovexattr(fd: number, name: PathLike): number {
  return syscall(NR_FREMOVEXATTR, fd, path(name));
}

const attributes = Buffer.alloc(65_536);

/** fgetxattr(2): the value, or -errno (-61, ENODATA, when it is not set). */
export function tryFgetxattr(fd: number, name: PathLike): Buffer | number {
  const n = syscall(NR_FGETXATTR, fd, path(name), address(attributes), attributes.length);
  return n < 0 ? n : Buffer.from(attributes.subarray(0, n));
}

/** flistxattr(2): the names, or -errno (-95, EOPNOTSUPP, where the file system has none). */
export function tryFlistxattr(fd: number): string[] | number {
  const n = syscall(NR_FLISTXATTR, fd, address(attributes), attributes.length);
  if (n <= 0) return n < 0 ? n : [];
  return attributes.toString('latin1', 0, n - 1).split('\0');
}

const offsets = new BigInt64Array(2);

/**
 * copy_file_range(2): up to `length` bytes between the same positions of two files; shares the blocks where the file
 * system can. Returns the bytes copied (0 at the end) or -errno (-18, EXDEV, between file systems that cannot).
 */
export function tryCopyRange(from: number, to: number, position: number, length: number): number {
  offsets[0] = BigInt(position);
  offsets[1] = BigInt(position);
  const base = address(offsets);
  return syscall(NR.copy_file_range, from, base, to, base + 8, length, 0);
}

/** ftruncate(2). */
export function tryTruncate(fd: number, size: number): number {
  return syscall(NR.ftruncate, fd, size);
}

/** lseek(2): the new position; -6 (ENXIO) from {@link SEEK_DATA} when only a hole follows. */
export function trySeek(fd: number, offset: number, whence: number): number {
  return syscall(NR_LSEEK, fd, offset, whence);
}

/** pread(2) until `buffer` is full or the file ends: bytes read or -errno. */
export function tryReadAt(fd: number, buffer: Uint8Array, position: number): number {
  const base = address(buffer);
  let done = 0;
  while (done < buffer.length) {
    const n = syscall(NR.pread64, fd, base + done, buffer.length - done, position + done);
    if (n === -4) continue;
    if (n < 0) return n;
    if (n === 0) break;
    done += n;
  }
  return done;
}

/** pwrite(2) of the whole buffer. */
export function tryWriteAt(fd: number, buffer: Uint8Array, position: number): number {
  const base = address(buffer);
  let done = 0;
  while (done < buffer.length) {
    const n = syscall(NR.pwrite64, fd, base + done, buffer.length - done, position + done);
    if (n === -4) continue;
    if (n < 0) return n;
    done += n;
  }
  return 0;
}

const link = Buffer.alloc(4097);

/** readlinkat(2): the link's target, or -errno (-22, EINVAL, when it is no link). */
export function tryReadlinkAt(dirfd: number, name: PathLike): Uint8Array | number {
  const n = syscall(NR.readlinkat, dirfd, path(name), address(link), link.length);
  return n < 0 ? n : new Uint8Array(link.subarray(0, n));
}
