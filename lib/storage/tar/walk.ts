/**
 * A folder (or a single file) as the members of an archive: the counterpart of reader.ts, which finds them in a tar.
 *
 * The tree may be a container's, whose processes change it while we look. So everything is reached by descriptors, one
 * name at a time and without following a link, and what is read is the file that was looked at: it is opened by O_PATH
 * first, which opens no device and waits for no fifo, and only a regular file is then opened for reading.
 */
import { tryFgetxattr, tryFlistxattr, tryReadlinkAt } from '../../core/sys/descriptor.ts';
import { readEntries } from '../../core/sys/directory.ts';
import { AT_FDCWD, close, O, tryOpenAt } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import {
  type FileStatus,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  tryStatAt,
} from '../../core/sys/stat.ts';
import { show } from './archive-error.ts';
import type { Entry, EntryType } from './entry.ts';
import { type ByteString, toPath } from './header.ts';

/** One member. */
export interface Member {
  entry: Entry;
  /** A file's content, open for reading until the next member is asked for. */
  fd?: number;
}

export interface WalkOptions {
  /** Folders (by {@link fileKey}) whose content is left out. */
  hollow?: ReadonlySet<string>;
  /** Extended attributes that are of interest; default: none. */
  xattrs?: (name: string) => boolean;
}

const ENOENT = -2;

const TYPES: Readonly<Record<number, EntryType>> = {
  [S_IFREG]: 'file',
  [S_IFDIR]: 'folder',
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'char',
  [S_IFBLK]: 'block',
  [S_IFIFO]: 'fifo',
};

/** Says which file this is, among all file systems that are mounted now. */
export function fileKey({ device, inode }: Pick<FileStatus, 'device' | 'inode'>): string {
  return `${device}:${inode}`;
}

/** `a/b` and `c` → `a/b/c`; `/` and `c` → `/c`; '' and `c` → `c`. */
function childName(folder: ByteString, name: ByteString): ByteString {
  return folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}

/** Walks a tree. Names of links that make up one file are remembered, so that all but the first come as hard links. */
export class TreeWalk {
  private readonly linked = new Map<string, ByteString>();

  constructor(private readonly options: WalkOptions = {}) {}

  /**
   * The member that `found` is, and all below it, parents first, in the order of their names' bytes. What disappears
   * meanwhile is left out, and so are sockets, which no archive can hold.
   * @param found opened with O_PATH (and O_NOFOLLOW); the caller closes it
   * @param path its name in the archive; '' leaves the member itself out, and those below have names of their own
   * @throws ProaError with an errno's name, naming the file
   */
  *members(found: number, path: ByteString): Generator<Member, void, undefined> {
    const status = tryStatAt(found, '');
    if (typeof status === 'number') throw sysError(-status, 'read', show(path));
    const type = status.mode & S_IFMT;
    if (type === S_IFDIR) yield* this.folder(found, status, path);
    else if (path !== '') yield* this.leaf(found, status, path);
  }

  /** One member that is no folder. Yields nothing for a socket. */
  *leaf(found: number, status: FileStatus, path: ByteString): Generator<Member, void, undefined> {
    const type = TYPES[status.mode & S_IFMT];
    if (type === undefined) return;
    const entry = describe(status, type, path);
    const first = status.links > 1 ? this.linked.get(fileKey(status)) : undefined;
    if (first !== undefined) {
      yield { entry: { ...entry, type: 'link', linkPath: first, size: 0, stored: 0 } };
      return;
    }
    if (status.links > 1) this.linked.set(fileKey(status), path);
    if (type === 'symlink') {
      const target = tryReadlinkAt(found, '');
      if (typeof target === 'number') throw sysError(-target, 'read link', show(path));
      entry.linkPath = Buffer.from(target).toString('latin1');
    }
    if (type !== 'file') {
      yield { entry };
      return;
    }
    const fd = reopen(found, O.RDONLY | O.NONBLOCK | O.NOCTTY, path);
    try {
      entry.xattrs = this.readXattrs(fd);
      yield { entry, fd };
    } finally {
      close(fd);
    }
  }

  /** The member for a folder itself. */
  folderMember(fd: number, status: FileStatus, path: ByteString): Member {
    return { entry: { ...describe(status, 'folder', path), xattrs: this.readXattrs(fd) } };
  }

  private *folder(found: number, status: FileStatus, path: ByteString): Generator<Member, void, undefined> {
    const fd = reopen(found, O.RDONLY | O.DIRECTORY, path);
    try {
      if (path !== '') yield this.folderMember(fd, status, path);
      if (this.options.hollow?.has(fileKey(status))) return;
      for (const name of sortedNames(fd)) {
        const child = childName(path, name);
        const opened = tryOpenAt(fd, toPath(name), O.PATH | O.NOFOLLOW);
        if (opened === ENOENT) continue;
        if (opened < 0) throw sysError(-opened, 'read', show(child));
        try {
          yield* this.members(opened, child);
        } finally {
          close(opened);
        }
      }
    } finally {
      close(fd);
    }
  }

  private readXattrs(fd: number): Map<string, Buffer> | undefined {
    const { xattrs: isWanted } = this.options;
    if (isWanted === undefined) return undefined;
    const names = tryFlistxattr(fd);
    // Where there are none, or none may be read, there is nothing to keep.
    if (typeof names === 'number' || names.length === 0) return undefined;
    const values = new Map<string, Buffer>();
    for (const name of names.filter(isWanted).sort()) {
      const value = tryFgetxattr(fd, name);
      if (typeof value !== 'number') values.set(name, value);
    }
    return values.size > 0 ? values : undefined;
  }
}

/** The names in an open folder, in the order of their bytes. */
export function sortedNames(fd: number): ByteString[] {
  return readEntries(fd)
    .map(({ name }) => Buffer.from(name).toString('latin1'))
    .sort();
}

/** Opens exactly the file that an O_PATH descriptor stands for, by the kernel's link to it (proc_pid_fd(5)). */
function reopen(found: number, flags: number, path: ByteString): number {
  const fd = tryOpenAt(AT_FDCWD, `/proc/self/fd/${found}`, flags);
  if (fd < 0) throw sysError(-fd, 'open', show(path) || '/');
  return fd;
}

function describe(status: FileStatus, type: EntryType, path: ByteString): Entry {
  const size = type === 'file' ? status.size : 0;
  return {
    type,
    path,
    linkPath: '',
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    size,
    stored: size,
    mtime: status.mtime,
    atime: undefined,
    major: status.major,
    minor: status.minor,
    xattrs: undefined,
    sparse: undefined,
  };
}
