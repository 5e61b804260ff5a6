/** Calls on one open file that file.ts does by name. All return 0 (or a count) or -errno. */
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

/** Two calls that numbers.ts has no need of elsewhere. */
const arm = process.arch === 'arm64';
const NR_LSEEK = arm ? 62 : 8;
const NR_FREMOVEXATTR = arm ? 16 : 199;

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
