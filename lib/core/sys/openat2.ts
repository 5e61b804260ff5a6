/** openat2(2): resolving a path inside a folder that the path's own links cannot leave. */
import { O } from './file.ts';
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;

const how = new BigUint64Array(3);

/** openat2(2), close-on-exec always. Returns the descriptor or -errno. */
export function tryOpenAt2(dirfd: number, file: PathLike, flags: number, resolve: number, mode = 0): number {
  how[0] = BigInt(flags | O.CLOEXEC);
  how[1] = BigInt(mode);
  how[2] = BigInt(resolve);
  for (;;) {
    const fd = syscall(NR.openat2, dirfd, path(file), address(how), how.byteLength);
    // EAGAIN: a rename or mount happened on the way, and the kernel cannot vouch for the result.
    if (fd !== -11) return fd;
  }
}
