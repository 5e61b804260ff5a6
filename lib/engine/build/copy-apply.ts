/**
 * Writes what a plan found into a stage's root. Names in the root may be hostile (it is somebody's image): the destination
 * is resolved by the kernel inside the root (copy-target.ts), and below it the extractor follows no link that it did not
 * resolve there itself (storage/tar/folders.ts).
 */
import { destinationOf } from '../../build/copy-words.ts';
import { type ModeChange, parseModeChange } from '../../build/file-mode.ts';
import { addContext } from '../../core/error.ts';
import { tryBriefStatAt } from '../../core/sys/brief-stat.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open, tryOpenAt } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, tryOpenAt2 } from '../../core/sys/openat2.ts';
import { span } from '../../core/trace.ts';
import { show } from '../../storage/tar/archive-error.ts';
import type { Entry } from '../../storage/tar/entry.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import { type ByteString, toPath } from '../../storage/tar/header.ts';
import { baseOf, joinName, parentOf } from '../../storage/tar/path.ts';
import type { Engine } from '../engine.ts';
import { type CopyPlan, needsFolder, type PlannedSource, type TextSource, type TreeSource } from './copy.ts';
import { type Owner, resolveOwner } from './copy-owner.ts';
import { CopyTarget } from './copy-target.ts';
import { type CopyItem, readXattrs } from './copy-walk.ts';

/** Where a plan is applied. */
export interface CopyPlace {
  /** Absolute path of the root that is written in: the mounted stage, or an empty folder for --link. */
  readonly root: string;
  /** Absolute. */
  readonly workdir: string;
  /** Where --chown's names are looked up; default: `root`. */
  readonly users?: string;
}

export interface CopyResult {
  /** false: files changed since the plan was made, so that its digest does not say what was written. */
  readonly asPlanned: boolean;
}

/** Milliseconds for which the thread is kept from other work. */
const SLICE = 50;
/** Files up to this size are read in one piece. */
const SMALL = 256 * 1024;

/**
 * @throws ProaError COPY_NEEDS_FOLDER, COPY_DESTINATION, USER_NOT_FOUND, ENOSPC, …
 */
export async function applyCopy(
  engine: Engine,
  plan: CopyPlan,
  place: CopyPlace,
  signal?: AbortSignal,
): Promise<CopyResult> {
  using _ = span('apply copy');
  const { chown, chmod } = plan.words;
  const owner = chown === undefined ? undefined : resolveOwner(place.users ?? place.root, chown);
  const change = chmod === undefined ? undefined : parseModeChange(chmod);
  using extractor = new Extractor(open(place.root, O.RDONLY | O.DIRECTORY), {
    xattrPrefix: engine.store.xattrPrefix,
    ignoreOwner: engine.identity.singleId,
    copy: { overwrite: true },
  });
  // The extractor holds the umask at 0, so folders on the way get their mode too.
  const target = new CopyTarget(place.root, engine.identity.singleId ? undefined : owner);
  const writer = new CopyWriter(extractor, plan, owner, change);
  try {
    const base = chooseBase(plan, place, target);
    for (const source of plan.sources) await writer.write(source, base, signal);
    extractor.finish();
  } catch (error) {
    throw addContext(error, `${plan.words.kind} to ${plan.words.destination}`);
  } finally {
    writer[Symbol.dispose]();
  }
  return { asPlanned: writer.asPlanned };
}

/** Real paths in the root, without the slash in front. */
interface Base {
  readonly path: ByteString;
  /** The path is the file itself, not the folder that it goes into. */
  readonly isFile: boolean;
}

/** The rules of the reference about destinations: a slash at the end, a folder's content or what is there make a folder. */
function chooseBase(plan: CopyPlan, place: CopyPlace, target: CopyTarget): Base {
  const { words, sources } = plan;
  const { path, isFolder } = destinationOf(place.workdir, words.destination);
  const files = sources.filter(isOneFile).length;
  const there = isFolder || files < sources.length || target.hasFolder(path);
  if (!there && files > 1) throw needsFolder(words);
  const real = there ? target.folder(path) : target.file(path);
  return { path: Buffer.from(real.slice(1)).toString('latin1'), isFile: !there };
}

function isOneFile(source: PlannedSource): boolean {
  return source.kind !== 'tree' || !source.isFolder;
}

class CopyWriter implements Disposable {
  asPlanned = true;
  private readonly treeFd: number;
  private readonly buffer = Buffer.allocUnsafeSlow(SMALL);
  /** The folder that was read from last. */
  private folder: { path: ByteString; fd: number } | undefined;

  constructor(
    private readonly extractor: Extractor,
    private readonly plan: CopyPlan,
    private readonly owner: Owner | undefined,
    private readonly change: ModeChange | undefined,
  ) {
    this.treeFd = open(plan.tree.path, O.PATH | O.DIRECTORY);
  }

  async write(source: PlannedSource, base: Base, signal: AbortSignal | undefined): Promise<void> {
    if (source.kind === 'text') this.text(source, base);
    else await this.tree(source, base, signal);
  }

  [Symbol.dispose](): void {
    if (this.folder !== undefined) close(this.folder.fd);
    close(this.treeFd);
  }

  private text({ name, text }: TextSource, base: Base): void {
    const bytes = Buffer.from(text);
    const path = base.isFile ? base.path : joinName(base.path, name);
    const entry = { ...this.entry('file', path, 0o644, undefined), size: bytes.length, stored: bytes.length };
    this.extractor.entry(entry);
    if (bytes.length > 0) this.extractor.data(bytes);
    this.extractor.entryEnd();
  }

  private async tree(source: TreeSource, base: Base, signal: AbortSignal | undefined): Promise<void> {
    let rested = performance.now();
    for (const item of source.items) {
      this.item(item, base);
      if (performance.now() - rested < SLICE) continue;
      await Bun.sleep(0);
      signal?.throwIfAborted();
      rested = performance.now();
    }
  }

  private item(item: CopyItem, base: Base): void {
    const path = base.isFile ? base.path : joinName(base.path, item.target);
    if (item.type === 'file') {
      this.file(item, path);
      return;
    }
    const { status, type } = item;
    const entry = this.entry(type, path, status.mode, status);
    entry.linkPath = type === 'link' ? joinName(base.path, item.link) : item.link;
    entry.mtime = status.mtime;
    entry.major = status.major;
    entry.minor = status.minor;
    entry.xattrs = item.xattrs;
    this.extractor.entry(entry);
    this.extractor.entryEnd();
  }

  private file(item: CopyItem, path: ByteString): void {
    const { source } = item;
    const fd = this.open(source);
    try {
      const status = tryBriefStatAt(fd, '');
      if (typeof status === 'number') throw sysError(-status, 'read', show(source));
      const { size, mtime } = status;
      if (
        size !== item.status.size ||
        mtime.sec !== item.status.mtime.sec ||
        mtime.nsec !== item.status.mtime.nsec
      )
        this.asPlanned = false;
      const entry = this.entry('file', path, status.mode, status);
      entry.mtime = mtime;
      entry.size = size;
      entry.stored = size;
      if (item.content?.hasXattrs) entry.xattrs = readXattrs(fd);
      if (size > SMALL) {
        this.extractor.entry(entry);
        this.extractor.content(fd);
      } else {
        const n = tryReadAt(fd, this.buffer.subarray(0, size), 0);
        if (n < 0) throw sysError(-n, 'read', show(source));
        if (n < size) this.asPlanned = false;
        this.extractor.entry(entry);
        if (n > 0) this.extractor.data(this.buffer.subarray(0, n));
      }
      this.extractor.entryEnd();
    } finally {
      close(fd);
    }
  }

  /** Opens a file of the tree, through no link: the plan's paths have none. */
  private open(source: ByteString): number {
    const parent = parentOf(source);
    if (this.folder?.path !== parent) {
      if (this.folder !== undefined) close(this.folder.fd);
      this.folder = undefined;
      const flags = O.PATH | O.DIRECTORY;
      const fd =
        parent === ''
          ? tryOpenAt(this.treeFd, '.', flags)
          : tryOpenAt2(this.treeFd, toPath(parent), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
      if (fd < 0) throw sysError(-fd, 'read', show(source));
      this.folder = { path: parent, fd };
    }
    const flags = O.RDONLY | O.NOFOLLOW | O.NONBLOCK | O.NOCTTY;
    const fd = tryOpenAt(this.folder.fd, toPath(baseOf(source)), flags);
    if (fd < 0) throw sysError(-fd, 'read', show(source));
    return fd;
  }

  private entry(type: Entry['type'], path: ByteString, mode: number, from: Owner | undefined): Entry {
    const kept = this.plan.tree.keepsOwners ? from : undefined;
    const { uid, gid } = this.owner ?? kept ?? { uid: 0, gid: 0 };
    const old = mode & 0o7777;
    return {
      type,
      path,
      linkPath: '',
      mode: this.change === undefined || type === 'symlink' ? old : this.change(old, type === 'folder'),
      uid,
      gid,
      size: 0,
      stored: 0,
      mtime: { sec: Math.floor(Date.now() / 1000), nsec: 0 },
      atime: undefined,
      major: 0,
      minor: 0,
      xattrs: undefined,
      sparse: undefined,
    };
  }
}
