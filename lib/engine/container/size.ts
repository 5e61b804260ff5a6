/** How much disk a container takes: its own writes, and what it sees of its image. */
import { spaceOf } from '../../core/disk-space.ts';
import { readEntries } from '../../core/sys/directory.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { check, type PathLike } from '../../core/sys/libc.ts';
import { S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { type ContainerConfig, containerPath } from '../../storage/containers.ts';
import { readLayer } from '../../storage/layers.ts';
import { nameLink } from '../../storage/names.ts';
import type { Store } from '../../storage/store.ts';

export interface ContainerSize {
  /** Bytes of the files that the container made or changed. */
  own: number;
  /** Those, and the image's. */
  total: number;
}

/** Walks the container's upper folder alone; what its layers hold is on record. */
export function containerSize(store: Store, config: ContainerConfig): ContainerSize {
  const own = folderSize(`${containerPath(store, config.id)}/upper`);
  let total = own;
  for (const diffId of config.diffIds) total += readLayer(store, diffId)?.diskSize ?? 0;
  return { own, total };
}

/** Bytes on disk of all that belongs to a container: what it wrote, its log, its records, its name. */
export function containerSpace(store: Store, { id, name }: Pick<ContainerConfig, 'id' | 'name'>): number {
  return spaceOf(containerPath(store, id)) + spaceOf(nameLink(store, name));
}

/** Bytes of all files below a folder; 0 when it is gone. */
function folderSize(path: string): number {
  return sizeOf(AT_FDCWD, path, new Set());
}

/** Bytes of all files below; a file with several names counts once, folders count nothing (as Docker counts). */
function sizeOf(dirfd: number, name: PathLike, seen: Set<bigint>): number {
  const fd = tryOpenAt(dirfd, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  // The container, which may run, removed the folder a moment ago.
  if (fd === -2) return 0;
  check(fd, 'measure', name);
  try {
    let bytes = 0;
    for (const entry of readEntries(fd)) {
      const status = tryStatAt(fd, entry.name);
      if (typeof status === 'number') continue;
      if ((status.mode & S_IFMT) === S_IFDIR) bytes += sizeOf(fd, entry.name, seen);
      else if (status.links === 1 || !seen.has(status.inode)) {
        if (status.links > 1) seen.add(status.inode);
        bytes += status.size;
      }
    }
    return bytes;
  } finally {
    close(fd);
  }
}
