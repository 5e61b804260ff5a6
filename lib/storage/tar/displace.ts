/**
 * Making room: an entry may replace what an earlier entry of the same archive put there, even a whole folder. What
 * goes is copied into the recipe first, since the archive cannot be rebuilt without it.
 */

import { SEEK_DATA, SEEK_HOLE, tryReadAt, trySeek } from '../../core/sys/descriptor.ts';
import { readEntries } from '../../core/sys/directory.ts';
import { AT_REMOVEDIR, close, O, tryOpenAt, tryUnlinkAt } from '../../core/sys/file.ts';
import { check, sysError } from '../../core/sys/libc.ts';
import {
  type FileStatus,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  tryStatAt,
} from '../../core/sys/stat.ts';
import { show } from './archive-error.ts';
import type { Folder, Folders } from './folders.ts';
import { type ByteString, toPath } from './header.ts';
import { joinName } from './path.ts';
import type { RecipeWriter } from './recipe.ts';
import { PIECE } from './recipe-format.ts';

const ENOENT = -2;
const ENXIO = -6;
const EBUSY = 16;

/** An overlayfs whiteout: a character device 0:0 (kernel, Documentation/filesystems/overlayfs.rst). */
export function isWhiteout(status: FileStatus): boolean {
  return (status.mode & S_IFMT) === S_IFCHR && status.major === 0 && status.minor === 0;
}

export class Displacer {
  /**
   * Names that hard link entries made. A file's content is recorded under the name that brought it, so when a link
   * goes, nothing is lost; were it copied each time, ten thousand links to one large file could be made to copy it
   * ten thousand times. Kept as hashes with a secret seed: eight bytes each, whatever the length of the names.
   */
  private readonly links = new Set<number>();
  private readonly seed = crypto.getRandomValues(new BigUint64Array(1))[0]!;

  constructor(private readonly recipe: RecipeWriter | undefined) {}

  /** Notes that a hard link entry made this name. */
  linked(real: ByteString): void {
    this.links.add(this.hash(real));
  }

  /**
   * Removes what is at `name`, if anything is.
   * @param folders forgets what it has open, but for `folder`, when a folder or link goes
   * @returns the status of what was there
   */
  remove(folders: Folders, folder: Folder, name: ByteString): FileStatus | undefined {
    const status = this.removeAt(folder.fd, name, joinName(folder.real, name));
    const type = status ? status.mode & S_IFMT : 0;
    if (type === S_IFDIR || type === S_IFLNK) folders.forget(folder);
    return status;
  }

  private removeAt(dirfd: number, name: ByteString, real: ByteString): FileStatus | undefined {
    const path = toPath(name);
    const status = tryStatAt(dirfd, path);
    if (status === ENOENT) return undefined;
    if (typeof status === 'number') throw sysError(-status, 'look at', show(real));
    // Deleting a mount point that another mount namespace has would unmount it there (umount(2) never asked).
    if (status.isMountRoot) throw sysError(EBUSY, 'remove', `${show(real)}: something is mounted there`);
    const type = status.mode & S_IFMT;
    if (type === S_IFDIR) {
      const fd = check(
        tryOpenAt(dirfd, path, O.RDONLY | O.DIRECTORY | O.NOFOLLOW),
        'open folder',
        show(real),
      );
      try {
        for (const entry of readEntries(fd)) {
          const child = Buffer.from(entry.name).toString('latin1');
          this.removeAt(fd, child, joinName(real, child));
        }
      } finally {
        close(fd);
      }
    } else if (type === S_IFREG && !this.links.delete(this.hash(real))) {
      this.save(dirfd, name, real);
    }
    check(tryUnlinkAt(dirfd, path, type === S_IFDIR ? AT_REMOVEDIR : 0), 'remove', show(real));
    return status;
  }

  /** Copies a file's content into the recipe, without its holes. */
  private save(dirfd: number, name: ByteString, real: ByteString): void {
    const { recipe } = this;
    if (recipe === undefined) return;
    const fd = check(tryOpenAt(dirfd, toPath(name), O.RDONLY | O.NOFOLLOW | O.NONBLOCK), 'open', show(real));
    try {
      const before = recipe.contents;
      const buffer = Buffer.allocUnsafe(PIECE);
      recipe.displaced(real, before, 0, buffer.subarray(0, 0));
      let position = 0;
      for (;;) {
        position = trySeek(fd, position, SEEK_DATA);
        if (position === ENXIO) return;
        check(position, 'read', show(real));
        const end = check(trySeek(fd, position, SEEK_HOLE), 'read', show(real));
        while (position < end) {
          const piece = buffer.subarray(0, Math.min(PIECE, end - position));
          const n = check(tryReadAt(fd, piece, position), 'read', show(real));
          if (n === 0) return;
          recipe.displaced(real, before, position, piece.subarray(0, n));
          position += n;
        }
      }
    } finally {
      close(fd);
    }
  }

  private hash(real: ByteString): number {
    // The upper 52 bits: what a double holds exactly.
    return Number(BigInt(Bun.hash.wyhash(real, this.seed)) >> 12n);
  }
}
