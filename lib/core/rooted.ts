/**
 * Files inside a container's root, which its own symbolic links must not lead out of: `/etc/passwd` may be a link to
 * the host's, and a link may change while we look. The kernel resolves each path with the container's root as `/`.
 */
import { readFileSync } from 'node:fs';
import { close, O, open, tryMkdirAt } from './sys/file.ts';
import { check, type PathLike, sysError } from './sys/libc.ts';
import { RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, tryOpenAt2 } from './sys/openat2.ts';

const INSIDE = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

/** An open descriptor that closes itself. */
export interface OpenFile extends Disposable {
  readonly fd: number;
  /** A path that leads to exactly this file while it is open, for calls that take paths only. */
  readonly path: string;
}

/** Opens `file` as seen inside `root`. Returns undefined when it does not exist there. */
export function openInRoot(root: string, file: PathLike, flags: number): OpenFile | undefined {
  const rootFd = open(root, O.PATH | O.DIRECTORY);
  const fd = tryOpenAt2(rootFd, file, flags, INSIDE);
  close(rootFd);
  if (fd === -2 || fd === -20) return undefined; // ENOENT, ENOTDIR
  if (fd < 0) throw sysError(-fd, 'open in container', file);
  return { fd, path: `/proc/self/fd/${fd}`, [Symbol.dispose]: () => close(fd) };
}

/** The text of a file inside `root`, or undefined when there is none. */
export function readInRoot(root: string, file: string): string | undefined {
  // NONBLOCK: a fifo under that name must not hold us up.
  using found = openInRoot(root, file, O.RDONLY | O.NONBLOCK);
  return found === undefined ? undefined : readFileSync(found.fd, 'utf8');
}

/** Makes a folder and its parents inside `root`, as `mkdir -p` would in a chroot. */
export function makeFolderInRoot(root: string, folder: string, mode = 0o755): void {
  if (openFolder(root, folder)) return;
  let parent = '';
  for (const part of folder.split('/').filter((name) => name !== '' && name !== '.')) {
    const next = `${parent}/${part}`;
    if (!openFolder(root, next)) {
      using above = openInRoot(root, parent === '' ? '/' : parent, O.PATH | O.DIRECTORY);
      if (above === undefined) throw sysError(20, 'create folder in container', parent);
      const result = tryMkdirAt(above.fd, part, mode);
      if (result !== -17) check(result, 'create folder in container', next);
    }
    parent = next;
  }
}

function openFolder(root: string, folder: string): boolean {
  using found = openInRoot(root, folder, O.PATH | O.DIRECTORY);
  return found !== undefined;
}
