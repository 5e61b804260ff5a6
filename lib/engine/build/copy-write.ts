/** Writes one source's files through the extractor, which follows no link of the root that it did not resolve there. */
import type { ModeChange } from '../../build/file-mode.ts';
import { type BriefStatus, tryBriefStatAt } from '../../core/sys/brief-stat.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open, tryOpenAt } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, tryOpenAt2 } from '../../core/sys/openat2.ts';
import type { Time } from '../../core/sys/stat.ts';
import { show } from '../../storage/tar/archive-error.ts';
import type { Entry } from '../../storage/tar/entry.ts';
import type { Extractor } from '../../storage/tar/extract.ts';
import { type ByteString, toPath } from '../../storage/tar/header.ts';
import { baseOf, joinName, parentOf } from '../../storage/tar/path.ts';
import type { Owner } from './copy-owner.ts';
import type { TreeSource } from './copy-plan.ts';
import type { CopyTree } from './copy-tree.ts';
import { type CopyItem, readXattrs } from './copy-walk.ts';

/** Real paths in the root, without the slash in front. */
export interface CopyBase {
  readonly path: ByteString;
  /** The path is the file itself, not the folder that it goes into. */
  readonly isFile: boolean;
}

export interface WriteRules {
  /** `--chown`. */
  readonly owner: Owner | undefined;
  /** `--chmod`. */
  readonly change: ModeChange | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds for which the thread is kept from other work. */
const SLICE = 50;
/** Files up to this size are read in one piece. */
const SMALL = 256 * 1024;
const ROOT: Owner = { uid: 0, gid: 0 };

let shared: Buffer | undefined;

/** Writes what is in no tree: a heredoc. */
export function writeText(
  extractor: Extractor,
  path: ByteString,
  text: string,
  { owner, change }: WriteRules,
): void {
  const bytes = Buffer.from(text);
  const now = { sec: Math.floor(Date.now() / 1000), nsec: 0 };
  extractor.entry(newEntry('file', path, change?.(0o644, false) ?? 0o644, owner ?? ROOT, now, bytes.length));
  if (bytes.length > 0) extractor.data(bytes);
  extractor.entryEnd();
}

/** Writes a single file that is in no tree: a download. */
export function writeFileFrom(
  extractor: Extractor,
  path: ByteString,
  file: { fd: number; size: number; mode: number; mtime: Time },
  { owner, change }: WriteRules,
): void {
  const mode = change?.(file.mode, false) ?? file.mode;
  extractor.entry(newEntry('file', path, mode, owner ?? ROOT, file.mtime, file.size));
  extractor.content(file.fd);
  extractor.entryEnd();
}

/** Opens files of a tree, through no link: the paths of a plan have none. */
export class TreeFiles implements Disposable {
  private readonly treeFd: number;
  /** The folder that was read from last. */
  private folder: { path: ByteString; fd: number } | undefined;

  constructor(tree: CopyTree) {
    this.treeFd = open(tree.path, O.PATH | O.DIRECTORY);
  }

  /** The caller closes it. */
  open(source: ByteString): number {
    const parent = parentOf(source);
    if (this.folder?.path !== parent) this.enter(parent);
    const flags = O.RDONLY | O.NOFOLLOW | O.NONBLOCK | O.NOCTTY;
    const fd = tryOpenAt(this.folder!.fd, toPath(baseOf(source)), flags);
    if (fd < 0) throw sysError(-fd, 'read', show(source));
    return fd;
  }

  [Symbol.dispose](): void {
    if (this.folder !== undefined) close(this.folder.fd);
    close(this.treeFd);
  }

  private enter(folder: ByteString): void {
    if (this.folder !== undefined) close(this.folder.fd);
    this.folder = undefined;
    const flags = O.PATH | O.DIRECTORY;
    const path = folder === '' ? '.' : toPath(folder);
    const fd = tryOpenAt2(this.treeFd, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (fd < 0) throw sysError(-fd, 'read', show(folder));
    this.folder = { path: folder, fd };
  }
}

/** Writes files of a tree. */
export class TreeWriter implements Disposable {
  /** false: a file changed since it was looked at. */
  asPlanned = true;
  private readonly files: TreeFiles;

  constructor(
    private readonly extractor: Extractor,
    private readonly tree: CopyTree,
    private readonly rules: WriteRules,
  ) {
    this.files = new TreeFiles(tree);
  }

  async write(source: TreeSource, base: CopyBase): Promise<void> {
    let rested = performance.now();
    for (const item of source.items) {
      this.item(item, base);
      if (performance.now() - rested < SLICE) continue;
      await Bun.sleep(0);
      this.rules.signal?.throwIfAborted();
      rested = performance.now();
    }
  }

  [Symbol.dispose](): void {
    this.files[Symbol.dispose]();
  }

  private item(item: CopyItem, base: CopyBase): void {
    const path = base.isFile ? base.path : joinName(base.path, item.target);
    if (item.type === 'file') {
      this.file(item, path);
      return;
    }
    const { status, type } = item;
    const entry = newEntry(type, path, this.mode(status.mode, type), this.owner(status), status.mtime, 0);
    entry.linkPath = type === 'link' ? joinName(base.path, item.link) : item.link;
    entry.major = status.major;
    entry.minor = status.minor;
    entry.xattrs = item.xattrs;
    this.extractor.entry(entry);
    this.extractor.entryEnd();
  }

  private file(item: CopyItem, path: ByteString): void {
    const { source } = item;
    const fd = this.files.open(source);
    try {
      const status = tryBriefStatAt(fd, '');
      if (typeof status === 'number') throw sysError(-status, 'read', show(source));
      const { size, mtime } = status;
      if (!isUnchanged(status, item)) this.asPlanned = false;
      const entry = newEntry('file', path, this.mode(status.mode, 'file'), this.owner(status), mtime, size);
      if (item.content?.hasXattrs) entry.xattrs = readXattrs(fd);
      if (size > SMALL) {
        this.extractor.entry(entry);
        this.extractor.content(fd);
      } else {
        this.small(fd, entry);
      }
      this.extractor.entryEnd();
    } finally {
      close(fd);
    }
  }

  private small(fd: number, entry: Entry): void {
    shared ??= Buffer.allocUnsafeSlow(SMALL);
    const n = tryReadAt(fd, shared.subarray(0, entry.size), 0);
    if (n < 0) throw sysError(-n, 'read', show(entry.path));
    if (n < entry.size) this.asPlanned = false;
    this.extractor.entry(entry);
    if (n > 0) this.extractor.data(shared.subarray(0, n));
  }

  private mode(mode: number, type: Entry['type']): number {
    const old = mode & 0o7777;
    if (this.rules.change === undefined || type === 'symlink') return old;
    return this.rules.change(old, type === 'folder');
  }

  private owner(status: Owner): Owner {
    return this.rules.owner ?? (this.tree.keepsOwners ? status : ROOT);
  }
}

/** Whether a file is still as the plan saw it. */
export function isUnchanged(now: BriefStatus | number, { status }: Pick<CopyItem, 'status'>): boolean {
  if (typeof now === 'number' || now.size !== status.size) return false;
  return now.mtime.sec === status.mtime.sec && now.mtime.nsec === status.mtime.nsec;
}

function newEntry(
  type: Entry['type'],
  path: ByteString,
  mode: number,
  { uid, gid }: Owner,
  mtime: Time,
  size: number,
): Entry {
  return {
    type,
    path,
    linkPath: '',
    mode,
    uid,
    gid,
    size,
    stored: size,
    mtime,
    atime: undefined,
    major: 0,
    minor: 0,
    xattrs: undefined,
    sparse: undefined,
  };
}
