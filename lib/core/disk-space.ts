/** How much room files take on their disk, as du(1) counts it: blocks, not lengths, and those of folders, too. */
import { readEntries } from './sys/directory.ts';
import { AT_FDCWD, close, O, tryOpenAt } from './sys/file.ts';
import { check, type PathLike } from './sys/libc.ts';
import { type FileStatus, S_IFDIR, S_IFMT, tryStatAt } from './sys/stat.ts';

const ENOENT = -2;

/**
 * Bytes that deleting a file, or a folder with everything below it, would free; 0 when it is not there. A file with
 * several names in the folder counts once. What is mounted in it is on another disk, and is not counted.
 * @throws ProaError with the errno's name of what cannot be read
 */
export function spaceOf(path: string): number {
  const top = tryStatAt(AT_FDCWD, path);
  if (top === ENOENT) return 0;
  if (typeof top === 'number') return check(top, 'measure', path);
  return spaceAt(AT_FDCWD, path, top, { device: top.device, seen: new Set() });
}

interface Walk {
  device: number;
  /** Inodes with several names that were counted. */
  seen: Set<bigint>;
}

function spaceAt(dirfd: number, name: PathLike, status: FileStatus, walk: Walk): number {
  if (status.device !== walk.device) return 0;
  if ((status.mode & S_IFMT) === S_IFDIR) return status.allocated + spaceBelow(dirfd, name, walk);
  if (status.links > 1) {
    if (walk.seen.has(status.inode)) return 0;
    walk.seen.add(status.inode);
  }
  return status.allocated;
}

function spaceBelow(dirfd: number, name: PathLike, walk: Walk): number {
  const fd = tryOpenAt(dirfd, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  // A container, which may run, removed the folder a moment ago.
  if (fd === ENOENT) return 0;
  check(fd, 'measure', name);
  try {
    let bytes = 0;
    for (const entry of readEntries(fd)) {
      const status = tryStatAt(fd, entry.name);
      if (typeof status !== 'number') bytes += spaceAt(fd, entry.name, status, walk);
    }
    return bytes;
  } finally {
    close(fd);
  }
}
