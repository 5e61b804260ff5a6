/** What is below a source, each file with the digest of its content. */
import { ProaError } from '../../core/error.ts';
import { type BriefStatus, lastIdentity, tryBriefStatAt } from '../../core/sys/brief-stat.ts';
import { tryFgetxattr, tryFlistxattr, tryReadlinkAt } from '../../core/sys/descriptor.ts';
import { readNames } from '../../core/sys/directory.ts';
import { close, O, tryOpenAt, tryRead } from '../../core/sys/file.ts';
import { check, type PathLike, sysError } from '../../core/sys/libc.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../core/sys/stat.ts';
import { show } from '../../storage/tar/archive-error.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import type { EntryType } from '../../storage/tar/entry.ts';
import { type ByteString, toPath } from '../../storage/tar/header.ts';
import { baseOf, joinName, parentOf } from '../../storage/tar/path.ts';
import type { Content, KnownContents } from './copy-known.ts';
import { type CopyTree, type Ignored, openInTree, unreadable } from './copy-tree.ts';

/** A file, folder or whatever else is copied. */
export interface CopyItem {
  /** Where it is in the tree. */
  readonly source: ByteString;
  /** Where it goes, below the destination; '' is that itself. */
  readonly target: ByteString;
  readonly type: Exclude<EntryType, 'ignored'>;
  readonly status: BriefStatus;
  /** A symbolic link's target; of a further hard link the `target` of the first. */
  readonly link: ByteString;
  /** Of a file. */
  readonly content: Content | undefined;
  /** Extended attributes of a folder; a file's are read with its content. */
  readonly xattrs: Xattrs | undefined;
}

type Xattrs = Map<string, Buffer>;

export interface WalkRules {
  readonly ignored: Ignored;
  /** `--exclude`, asked with paths below the source's folder. */
  readonly excluded: Ignored;
  readonly known: KnownContents;
}

const TYPES: Readonly<Record<number, Exclude<EntryType, 'ignored' | 'link'>>> = {
  [S_IFREG]: 'file',
  [S_IFDIR]: 'folder',
  [S_IFLNK]: 'symlink',
  [S_IFCHR]: 'char',
  [S_IFBLK]: 'block',
  [S_IFIFO]: 'fifo',
};

const ENOENT = -2;

/** A folder that is being walked. */
interface Level {
  readonly fd: number;
  readonly names: readonly ByteString[];
  next: number;
  readonly real: ByteString;
  /** Below the source's folder. */
  readonly below: ByteString;
  /** It is left out itself, unless something in it is not. */
  pending: CopyItem | undefined;
}

/** Walks one source. Links that make up one file are remembered, so that they stay one. */
export class CopyWalk {
  private readonly linked = new Map<string, ByteString>();

  constructor(
    private readonly tree: CopyTree,
    private readonly rules: WalkRules,
  ) {}

  /**
   * Yields what is in a folder (but not that itself), parents first, in the order of names.
   * @param target where its content goes
   */
  *folder(real: ByteString, target: ByteString): Generator<CopyItem, void, undefined> {
    const levels: Level[] = [];
    try {
      using top = this.open(real, O.RDONLY | O.DIRECTORY);
      // The level closes its own descriptor.
      levels.push(
        this.level(check(tryOpenAt(top.fd, '.', O.RDONLY | O.DIRECTORY), 'open'), real, '', undefined),
      );
      for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
        if (level.next === level.names.length) {
          close(level.fd);
          levels.pop();
          continue;
        }
        const name = level.names[level.next++]!;
        const below = joinName(level.below, name);
        const path = joinName(level.real, name);
        const item = this.look(level.fd, name, path, joinName(target, below), below);
        if (item === undefined) continue;
        const left = this.isLeftOut(path, below);
        if (item.type === 'folder') {
          if (left && this.isAllLeftOut(path, below)) continue;
          const fd = tryOpenAt(level.fd, toPath(name), O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
          if (fd === ENOENT) continue;
          if (fd < 0) throw failed(-fd, path, this.tree);
          const whole = { ...item, xattrs: readXattrs(fd) };
          if (!left) yield* withParents(levels, whole);
          levels.push(this.level(fd, path, below, left ? whole : undefined));
        } else if (!left) {
          yield* withParents(levels, item);
        }
      }
    } finally {
      for (const { fd } of levels) close(fd);
    }
  }

  get name(): string {
    return this.tree.name;
  }

  /** One file (or link, or device). Undefined for a socket, which no layer can hold, and for what is gone by now. */
  file(real: ByteString, target: ByteString): CopyItem | undefined {
    using parent = this.open(parentOf(real), O.RDONLY | O.DIRECTORY);
    return this.look(parent.fd, baseOf(real), real, target, '');
  }

  /** The folder itself. */
  folderItem(real: ByteString, target: ByteString): CopyItem {
    using opened = this.open(real, O.RDONLY | O.DIRECTORY);
    const status = tryBriefStatAt(opened.fd, '');
    if (typeof status === 'number') throw failed(-status, real, this.tree);
    const xattrs = readXattrs(opened.fd);
    return { source: real, target, type: 'folder', status, link: '', content: undefined, xattrs };
  }

  /** Whether a file that was named itself is left out by --exclude. */
  isExcluded(path: ByteString): boolean {
    return this.rules.excluded.has(path) || this.rules.excluded.has(baseOf(path));
  }

  private open(real: ByteString, flags: number): { fd: number } & Disposable {
    const opened = openInTree(this.tree, real, flags);
    if (opened === undefined) throw failed(-ENOENT, real, this.tree);
    return opened;
  }

  private level(fd: number, real: ByteString, below: ByteString, pending: CopyItem | undefined): Level {
    const names = readNames(fd);
    return { fd, names, next: 0, real, below, pending };
  }

  private isLeftOut(path: ByteString, below: ByteString): boolean {
    return this.rules.ignored.has(path) || this.rules.excluded.has(below);
  }

  private isAllLeftOut(path: ByteString, below: ByteString): boolean {
    return this.rules.ignored.hasAll(path) || this.rules.excluded.hasAll(below);
  }

  /** Looks at one entry. Nothing for a socket, which no layer can hold, and for what disappears meanwhile. */
  private look(
    dirfd: number,
    name: ByteString,
    source: ByteString,
    target: ByteString,
    below: ByteString,
  ): CopyItem | undefined {
    const path = toPath(name);
    const status = tryBriefStatAt(dirfd, path);
    if (status === ENOENT) return undefined;
    if (typeof status === 'number') throw failed(-status, source, this.tree);
    const type = TYPES[status.mode & S_IFMT];
    if (type === undefined) return undefined;
    if (name.startsWith('.wh.')) {
      throw new ProaError(
        'INVALID_NAME',
        `copy ${show(source)} from ${this.tree.name}: names with .wh. mean deletions in images`,
        { hint: 'rename the file, or add it to .dockerignore' },
      );
    }
    const item = { source, target, type, status, link: '', content: undefined, xattrs: undefined };
    if (type === 'folder' || (below !== '' && this.isLeftOut(source, below))) return item;
    const first = status.links > 1 ? this.firstLink(target) : undefined;
    if (type === 'symlink') return { ...item, link: readLink(dirfd, path, source) };
    if (type !== 'file') return item;
    const content = this.rules.known.find() ?? this.read(dirfd, path, source);
    return first === undefined ? { ...item, content } : { ...item, type: 'link', link: first, content };
  }

  /** The name under which the file that was just looked at came first; undefined for the first. */
  private firstLink(target: ByteString): ByteString | undefined {
    const key = lastIdentity();
    const first = this.linked.get(key);
    if (first === undefined) this.linked.set(key, target);
    return first;
  }

  private read(dirfd: number, path: PathLike, source: ByteString): Content {
    const fd = tryOpenAt(dirfd, path, O.RDONLY | O.NOFOLLOW | O.NONBLOCK | O.NOCTTY);
    if (fd < 0) throw failed(-fd, source, this.tree);
    try {
      const content = digestFile(fd, source);
      this.rules.known.note(content);
      return content;
    } finally {
      close(fd);
    }
  }
}

function failed(errno: number, path: ByteString, tree: CopyTree): ProaError {
  const { code, message } = sysError(errno, '');
  return unreadable(tree, path, new ProaError(code, message.replace(/^: /, '')));
}

/** Something is kept in here, and so are the folders that lead to it. */
function* withParents(levels: readonly Level[], item: CopyItem): Generator<CopyItem, void, undefined> {
  for (const level of levels) {
    if (level.pending === undefined) continue;
    yield level.pending;
    level.pending = undefined;
  }
  yield item;
}

const block = Buffer.allocUnsafeSlow(1 << 20);

/** The digest of a file's content and attributes, from its position on. */
export function digestFile(fd: number, source: ByteString): Content {
  const hasher = new Bun.CryptoHasher('sha256');
  for (;;) {
    const n = tryRead(fd, block);
    if (n < 0) throw sysError(-n, 'read', show(source));
    if (n === 0) break;
    hasher.update(n === block.length ? block : block.subarray(0, n));
  }
  const xattrs = readXattrs(fd);
  if (xattrs === undefined) return { digest: latin1(hasher), hasXattrs: false };
  const whole = new Bun.CryptoHasher('sha256').update(hasher.digest());
  for (const [name, value] of xattrs) whole.update(`${name.length} ${value.length} ${name}`).update(value);
  return { digest: latin1(whole), hasXattrs: true };
}

function latin1(hasher: Bun.CryptoHasher): string {
  return Buffer.from(hasher.digest()).toString('latin1');
}

function readLink(dirfd: number, path: PathLike, source: ByteString): ByteString {
  const target = tryReadlinkAt(dirfd, path);
  if (typeof target === 'number') throw sysError(-target, 'read link', show(source));
  return Buffer.from(target).toString('latin1');
}

/** The extended attributes that go with a file, in the order of their names. */
export function readXattrs(fd: number): Xattrs | undefined {
  const names = tryFlistxattr(fd);
  // Where there are none, or none may be read, there is nothing to keep.
  if (typeof names === 'number' || names.length === 0) return undefined;
  const values: Xattrs = new Map();
  for (const name of names.filter(isKeptXattr).sort()) {
    const value = tryFgetxattr(fd, name);
    if (typeof value !== 'number') values.set(name, value);
  }
  return values.size > 0 ? values : undefined;
}
