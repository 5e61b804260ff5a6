/**
 * Files inside a container's root, which its own symbolic links must not lead out of: `/etc/passwd` may be a link to
 * the host's, and a link may change while we look. The kernel resolves each path with the container's root as `/`.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { ProaError } from './error.ts';
import { close, O, open, tryMkdirAt } from './sys/file.ts';
import { check, type PathLike, sysError } from './sys/libc.ts';
import { RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, tryOpenAt2 } from './sys/openat2.ts';
import { S_IFMT, S_IFREG, tryStatAt } from './sys/stat.ts';

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

/** The largest file of /etc that is read whole: a passwd of 200,000 users. Whoever runs the image chose none of its bytes. */
const LARGEST_TEXT = 16 << 20;

/**
 * The text of a file inside `root`, or undefined when there is none.
 * @throws ProaError UNSAFE_FILE for what is no ordinary file, as a device may never end (CVE-2024-9676), or is too large
 */
export function readInRoot(root: string, file: string): string | undefined {
  // O_PATH: opening a device, or a fifo, may do something or wait.
  using found = openInRoot(root, file, O.PATH);
  if (found === undefined) return undefined;
  const status = tryStatAt(found.fd, '');
  if (typeof status === 'number') throw sysError(-status, 'read in container', file);
  const unsafe = (why: string): ProaError =>
    new ProaError('UNSAFE_FILE', `read ${file} in container: ${why}`, {
      hint: 'do not use this image, or give it another file there with --volume',
    });
  if ((status.mode & S_IFMT) !== S_IFREG) throw unsafe('it is no ordinary file');
  if (status.size > LARGEST_TEXT) throw unsafe(`it has ${status.size} bytes`);
  return readFileSync(found.path, 'utf8');
}

/** Where a path inside `root` leads to through its links, as seen there; undefined when nothing is there. */
export function pathInRoot(root: string, file: string): string | undefined {
  using found = openInRoot(root, file, O.PATH);
  if (found === undefined) return undefined;
  using top = openInRoot(root, '/', O.PATH)!;
  const [whole, start] = [readlinkSync(found.path), readlinkSync(top.path)];
  return whole.slice(start === '/' ? 0 : start.length) || '/';
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
