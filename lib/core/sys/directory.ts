/** Reading and deleting whole folders by descriptor, so that no symbolic link is ever followed. */
import { AT_FDCWD, AT_REMOVEDIR, close, O, tryChmodAt, tryFchmod, tryOpenAt, tryUnlinkAt } from './file.ts';
import { address, check, type PathLike, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export const DT_DIR = 4;
export const DT_LNK = 10;

export interface DirectoryEntry {
  /** Raw bytes: a file name need not be UTF-8. */
  name: Uint8Array;
  /** d_type of getdents64(2); 0 when the file system does not say. */
  type: number;
}

/** All entries of an open folder but `.` and `..` (getdents64(2)). */
export function readEntries(fd: number): DirectoryEntry[] {
  const buffer = Buffer.allocUnsafe(65_536);
  const entries: DirectoryEntry[] = [];
  for (;;) {
    const n = syscall(NR.getdents64, fd, address(buffer), buffer.length);
    // ENOENT: the open folder itself was deleted meanwhile, and so has nothing in it any more.
    if (n === 0 || n === -2) return entries;
    check(n, 'read folder');
    for (let at = 0; at < n; ) {
      const length = buffer.readUInt16LE(at + 16);
      const end = buffer.indexOf(0, at + 19);
      const name = buffer.subarray(at + 19, end);
      const dots = name[0] === 0x2e && (name.length === 1 || (name.length === 2 && name[1] === 0x2e));
      if (!dots) entries.push({ name: new Uint8Array(name), type: buffer[at + 18]! });
      at += length;
    }
  }
}

/**
 * Deletes a file or a whole folder by descriptors; absent is fine, also of an entry that another process deletes
 * meanwhile (Bun's `rmSync` stops there and leaves the rest, without an error). Folders that its owner may not read are opened up
 * first (as an ordinary user may own mode-0 folders).
 * @throws ProaError with the errno's name of the first entry that could not go.
 */
export function removeTree(target: PathLike): void {
  removeAt(AT_FDCWD, target);
}

function removeAt(dirfd: number, name: PathLike): void {
  const ENOENT = -2;
  const EISDIR = -21;
  const EPERM = -1;
  let result = tryUnlinkAt(dirfd, name);
  if (result === 0 || result === ENOENT) return;
  if (result !== EISDIR && result !== EPERM) check(result, 'remove', name);
  let fd = tryOpenAt(dirfd, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  if (fd === -13) {
    chmodFolder(dirfd, name);
    fd = tryOpenAt(dirfd, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  }
  if (fd === ENOENT) return;
  check(fd < 0 && result === EPERM ? result : fd, 'remove', name);
  try {
    const entries = readEntries(fd);
    if (entries.length > 0) chmodIfUnwritable(fd);
    for (const entry of entries) removeAt(fd, entry.name);
  } finally {
    close(fd);
  }
  result = tryUnlinkAt(dirfd, name, AT_REMOVEDIR);
  if (result !== ENOENT) check(result, 'remove', name);
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
