/**
 * The folders that entries go into, open, a bounded number at a time.
 *
 * A folder is reached component by component with O_NOFOLLOW from its parent's descriptor. A component that is a link
 * (which an earlier entry of the same layer made) is resolved here, inside the root: an absolute target starts at the
 * root, and `..` stops there. So no path leaves the root, even without the chroot that the unpacking process lives in;
 * the chroot is the second wall. Docker and umoci resolve such links the same way.
 *
 * Times: whatever is created in a folder changes the folder's own times. A layer's folder therefore remembers, from the
 * moment it is opened, the times it shall have, and gets them when it is closed. That needs no list of all folders
 * of the archive, and entries may come in any order.
 */
import { ProaError } from '../../core/error.ts';
import { tryFutimens, tryReadlinkAt } from '../../core/sys/descriptor.ts';
import { close, O, tryMkdirAt, tryOpenAt } from '../../core/sys/file.ts';
import { check, sysError } from '../../core/sys/libc.ts';
import { type Time, tryStatAt } from '../../core/sys/stat.ts';
import { show } from './archive-error.ts';
import { type ByteString, toPath } from './header.ts';
import { baseOf, isTooDeep, joinName, parentOf, tooDeep } from './path.ts';

const ENOENT = -2;
const ENOTDIR = -20;
const EINVAL = -22;
const ELOOP = -40;

/** path_resolution(7): the kernel follows as many. */
const MAX_LINKS = 40;
const OPEN_FOLDER = O.RDONLY | O.DIRECTORY | O.NOFOLLOW;

export interface Folder {
  readonly fd: number;
  /** Path from the root with no link in it; '' is the root. */
  readonly real: ByteString;
  /** New files in a set-group-ID folder get its group. */
  gid: number;
  /** What it shall have when it is closed; undefined leaves what the kernel sets. */
  times: { atime: Time; mtime: Time } | undefined;
}

export interface FoldersOptions {
  /** Asked when a parent is neither folder nor link: true when it made room (see whiteouts). */
  onBlocked?: (parent: Folder, name: ByteString) => boolean;
  /**
   * Folders get back the times that they had when they were opened, as a layer's do. Without it they have those that an
   * entry gives them, and else show that something was made in them.
   */
  keepTimes: boolean;
  /** How many stay open. */
  capacity?: number;
}

export class Folders implements Disposable {
  /** By real path, least recently used first. The root is not among them. */
  private readonly open = new Map<ByteString, Folder>();
  /** Names as archives spell them → folder: saves the walk. */
  private readonly aliases = new Map<ByteString, Folder>();
  /** By real path: times that entries gave to folders, for when those are opened again to make more in them. */
  private readonly given = new Map<ByteString, { atime: Time; mtime: Time }>();
  private lastName: ByteString = '';
  private lastFolder: Folder;
  readonly root: Folder;
  private readonly capacity: number;

  /** @param rootFd an open folder; this object closes it */
  constructor(
    rootFd: number,
    private readonly options: FoldersOptions,
  ) {
    this.capacity = options.capacity ?? 128;
    this.root = describe(rootFd, '', options.keepTimes);
    this.lastFolder = this.root;
  }

  /**
   * The folder of a clean name; folders that are missing are made with mode 0755.
   * @throws ProaError ENOTDIR, ELOOP or HOSTILE_ARCHIVE
   */
  get(name: ByteString): Folder {
    if (name === this.lastName) return this.lastFolder;
    const folder = this.resolve(name, { links: 0 });
    this.lastName = name;
    this.lastFolder = folder;
    return folder;
  }

  /** The folder at this real path, if it is open just now. */
  peek(real: ByteString): Folder | undefined {
    return real === '' ? this.root : this.open.get(real);
  }

  /** An entry says what times a folder shall have in the end, open or not. */
  give(real: ByteString, times: { atime: Time; mtime: Time }): void {
    const open = this.peek(real);
    if (open !== undefined) open.times = times;
    // Else it gets back those that it is found with.
    if (!this.options.keepTimes) this.given.set(real, times);
  }

  /** Closes what has not been used for long. Only between entries: whoever holds a Folder may still need it. */
  trim(): void {
    if (this.open.size <= this.capacity) return;
    const excess = this.open.size - this.capacity / 2;
    let i = 0;
    for (const [real, folder] of this.open) {
      if (i++ >= excess) break;
      if (folder === this.lastFolder) continue;
      this.open.delete(real);
      release(folder);
    }
    this.aliases.clear();
  }

  /**
   * Closes the folders and sets their times: what a name leads to has changed.
   * @param keep the folder that its caller goes on with: what changed is in it, so it itself is where it was
   */
  forget(keep?: Folder): void {
    for (const [real, folder] of this.open) {
      if (folder === keep) continue;
      this.open.delete(real);
      release(folder);
    }
    this.aliases.clear();
    this.lastName = '';
    this.lastFolder = this.root;
  }

  /** Sets the times of all folders that are still open. Nothing may be created after it. */
  finish(): void {
    this.forget();
    setTimes(this.root);
  }

  /** Closes the descriptors, whatever state they are in. */
  [Symbol.dispose](): void {
    for (const folder of this.open.values()) close(folder.fd);
    this.open.clear();
    close(this.root.fd);
  }

  private resolve(name: ByteString, budget: { links: number }): Folder {
    if (name === '') return this.root;
    const known = this.aliases.get(name);
    if (known) return known;
    const folder = this.step(this.resolve(parentOf(name), budget), baseOf(name), budget);
    this.aliases.set(name, folder);
    return folder;
  }

  private step(parent: Folder, name: ByteString, budget: { links: number }): Folder {
    const real = joinName(parent.real, name);
    const known = this.open.get(real);
    if (known) {
      this.open.delete(real);
      this.open.set(real, known);
      return known;
    }
    if (isTooDeep(real)) throw tooDeep(real);
    let fd = tryOpenAt(parent.fd, toPath(name), OPEN_FOLDER);
    if (fd === ENOENT) {
      check(tryMkdirAt(parent.fd, toPath(name), 0o755), 'create folder', show(real));
      fd = tryOpenAt(parent.fd, toPath(name), OPEN_FOLDER);
    } else if (fd === ENOTDIR || fd === ELOOP) {
      const target = tryReadlinkAt(parent.fd, toPath(name));
      if (typeof target !== 'number') return this.follow(parent, real, target, budget);
      if (target !== EINVAL) throw sysError(-target, 'read link', show(real));
      if (this.options.onBlocked?.(parent, name)) fd = tryOpenAt(parent.fd, toPath(name), OPEN_FOLDER);
    }
    check(fd, 'open folder', show(real));
    const folder = describe(fd, real, this.options.keepTimes);
    folder.times ??= this.given.get(real);
    this.open.set(real, folder);
    return folder;
  }

  private follow(parent: Folder, link: ByteString, target: Uint8Array, budget: { links: number }): Folder {
    if (++budget.links > MAX_LINKS) {
      throw new ProaError('ELOOP', `open folder ${show(link)}: too many symbolic links`);
    }
    const path = Buffer.from(target).toString('latin1');
    let folder = path.startsWith('/') ? this.root : parent;
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      // A real path holds no links, so the folder above it is named by its text.
      if (part === '..') folder = this.resolve(parentOf(folder.real), budget);
      else folder = this.step(folder, part, budget);
    }
    return folder;
  }
}

function describe(fd: number, real: ByteString, keepTimes: boolean): Folder {
  const status = tryStatAt(fd, '');
  if (typeof status === 'number') {
    close(fd);
    throw sysError(-status, 'look at folder', show(real));
  }
  const { gid, atime, mtime } = status;
  return { fd, real, gid, times: keepTimes ? { atime, mtime } : undefined };
}

function release(folder: Folder): void {
  try {
    setTimes(folder);
  } finally {
    close(folder.fd);
  }
}

function setTimes({ fd, real, times }: Folder): void {
  if (times === undefined) return;
  check(tryFutimens(fd, times.atime, times.mtime), 'set times of folder', show(real) || '/');
}
