/** Reading and deleting whole folders by descriptor, so that no symbolic link is ever followed. */
import { AT_FDCWD, AT_REMOVEDIR, close, O, tryChmodAt, tryFchmod, tryOpenAt, tryUnlinkAt } from './file.ts';
import { address, check, type PathLike, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const DT_DIR = 4;
export const DT_LNK = 10;

const ENOENT = -2;
const ENOTEMPTY = -39;

/** How often a folder is emptied into which others go on writing. */
const MOST_LOOKS = 20;

export interface DirectoryEntry {
  /** Raw bytes: a file name need not be UTF-8. */
  name: Uint8Array;
  /** d_type of getdents64(2); 0 when the file system does not say. */
  type: number;
}

/** All entries of an open folder but `.` and `..` (getdents64(2)). */
export function readEntries(fd: number): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (const { buffer, start, end, type } of rawEntries(fd)) {
    entries.push({ name: new Uint8Array(buffer.subarray(start, end)), type });
  }
  return entries;
}

/** The names in an open folder, one character a byte, in the order of their bytes. */
export function readNames(fd: number): string[] {
  const names: string[] = [];
  for (const { buffer, start, end } of rawEntries(fd)) names.push(buffer.toString('latin1', start, end));
  return names.sort();
}

interface RawEntry {
  /** Where its name is until the next is asked for. */
  buffer: Buffer;
  start: number;
  end: number;
  type: number;
}

function* rawEntries(fd: number): Generator<RawEntry, void, undefined> {
  const buffer = Buffer.allocUnsafe(65_536);
  for (;;) {
    const n = syscall(NR.getdents64, fd, address(buffer), buffer.length);
    // ENOENT: the open folder itself was deleted meanwhile, and so has nothing in it any more.
    if (n === 0 || n === -2) return;
    check(n, 'read folder');
    for (let at = 0; at < n; ) {
      const length = buffer.readUInt16LE(at + 16);
      const start = at + 19;
      const end = buffer.indexOf(0, start);
      const dots =
        buffer[start] === 0x2e && (end - start === 1 || (end - start === 2 && buffer[start + 1] === 0x2e));
      if (!dots) yield { buffer, start, end, type: buffer[at + 18]! };
      at += length;
    }
  }
}

/**
 * Deletes a file or a whole folder by descriptors; absent is fine, also of an entry that another process deletes
 * meanwhile (Bun's `rmSync` stops there and leaves the rest, without an error). Folders that its owner may not read are opened up
 * first (as an ordinary user may own mode-0 folders), and what another process adds meanwhile (conmon writes how a process
 * ended when we know that already) goes with the next look.
 * @throws ProaError with the errno's name of the first entry that could not go.
 */
export function removeTree(target: PathLike): void {
  removeAt(AT_FDCWD, target);
}

function removeAt(dirfd: number, name: PathLike): void {
  const EISDIR = -21;
  const EPERM = -1;
  const unlinked = tryUnlinkAt(dirfd, name);
  if (unlinked === 0 || unlinked === ENOENT) return;
  if (unlinked !== EISDIR && unlinked !== EPERM) check(unlinked, 'remove', name);
  for (let look = 1; ; look++) {
    const fd = openFolder(dirfd, name);
    if (fd === ENOENT) return;
    check(fd < 0 && unlinked === EPERM ? unlinked : fd, 'remove', name);
    try {
      const entries = readEntries(fd);
      if (entries.length > 0) chmodIfUnwritable(fd);
      for (const entry of entries) removeAt(fd, entry.name);
    } finally {
      close(fd);
    }
    const removed = tryUnlinkAt(dirfd, name, AT_REMOVEDIR);
    if (removed === 0 || removed === ENOENT) return;
    if (removed !== ENOTEMPTY || look === MOST_LOOKS) check(removed, 'remove', name);
  }
}

function openFolder(dirfd: number, name: PathLike): number {
  const EACCES = -13;
  const flags = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;
  const fd = tryOpenAt(dirfd, name, flags);
  if (fd !== EACCES) return fd;
  chmodFolder(dirfd, name);
  return tryOpenAt(dirfd, name, flags);
}

function chmodFolder(dirfd: number, name: PathLike): void {
  const fd = tryOpenAt(dirfd, name, O.PATH | O.NOFOLLOW | O.DIRECTORY);
  if (fd < 0) return;
  // fchmod refuses O_PATH descriptors; the magic link names exactly this folder.
  tryChmodAt(AT_FDCWD, `/proc/self/fd/${fd}`, 0o700);
  close(fd);
}

function chmodIfUnwritable(fd: number): void {
  if (process.geteuid?.() === 0) return;
  // An ordinary user needs write permission to empty a folder; it is about to go, so its mode is of no use to anyone.
  tryFchmod(fd, 0o700);
}
