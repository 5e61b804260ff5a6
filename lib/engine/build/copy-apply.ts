/**
 * Writes what a plan found into a stage's root. Names in the root may be hostile (it is somebody's image): the destination
 * is resolved by the kernel inside the root (copy-target.ts), and below it the extractor follows no link that it did not
 * resolve there itself (storage/tar/folders.ts).
 */
import { destinationOf } from '../../build/copy-words.ts';
import { parseModeChange } from '../../build/file-mode.ts';
import { redacted } from '../../build/git-url.ts';
import { addContext } from '../../core/error.ts';
import { tryBriefStatAt } from '../../core/sys/brief-stat.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { tryStatAt } from '../../core/sys/stat.ts';
import { span } from '../../core/trace.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import { joinName } from '../../storage/tar/path.ts';
import type { Engine } from '../engine.ts';
import { shownUrl } from '../image/web-archive.ts';
import { KnownContents } from './copy-known.ts';
import { resolveOwner } from './copy-owner.ts';
import {
  type CopyPlan,
  type DownloadSource,
  type GitSource,
  needsFolder,
  type PlannedSource,
  type TreeSource,
} from './copy-plan.ts';
import { CopyTarget } from './copy-target.ts';
import { type CopyTree, Ignored } from './copy-tree.ts';
import { CopyWalk } from './copy-walk.ts';
import {
  type CopyBase,
  isUnchanged,
  TreeFiles,
  TreeWriter,
  type WriteRules,
  writeFileFrom,
  writeText,
} from './copy-write.ts';

/** Where a plan is applied. */
export interface CopyPlace {
  /** Absolute path of the root that is written in: the mounted stage, or an empty folder for --link. */
  readonly root: string;
  /** Absolute. */
  readonly workdir: string;
  /** Root in which --chown's names are looked up; default: `root`. */
  readonly users?: string;
}

export interface CopyResult {
  /** false: files changed since the plan was made, so that its digest does not say what was written. */
  readonly asPlanned: boolean;
}

/** A source that can be written. */
interface Ready {
  /** The destination is a folder. */
  readonly isFolder: boolean;
  write(extractor: Extractor, base: CopyBase): void | Promise<void>;
}

/**
 * @throws ProaError COPY_NEEDS_FOLDER, COPY_DESTINATION, USER_NOT_FOUND, INVALID_MODE, ENOSPC, …
 */
export async function applyCopy(
  engine: Engine,
  plan: CopyPlan,
  place: CopyPlace,
  signal?: AbortSignal,
): Promise<CopyResult> {
  using _ = span('apply copy');
  const { chown, chmod, kind, destination } = plan.words;
  const owner = chown === undefined ? undefined : resolveOwner(place.users ?? place.root, chown);
  const rules = { owner, change: chmod === undefined ? undefined : parseModeChange(chmod), signal };
  using apply = new CopyApply(engine, plan, rules);
  const ready: Ready[] = [];
  for (const source of plan.sources) ready.push(await apply.prepare(source));
  try {
    using extractor = new Extractor(open(place.root, O.RDONLY | O.DIRECTORY), {
      xattrPrefix: engine.store.xattrPrefix,
      ignoreOwner: engine.identity.singleId,
      copy: { overwrite: true },
    });
    // The extractor holds the umask at 0, so folders on the way get their mode, too.
    const target = new CopyTarget(place.root, engine.identity.singleId ? undefined : owner);
    const base = chooseBase(plan, place, target, ready);
    for (const source of ready) await source.write(extractor, base);
    extractor.finish();
  } catch (error) {
    throw addContext(error, `${kind} to ${destination}`);
  }
  return { asPlanned: apply.asPlanned };
}

/** The rules of the reference about destinations: a slash at the end, a folder's content, or what is there make a folder. */
function chooseBase(
  { words }: CopyPlan,
  place: CopyPlace,
  target: CopyTarget,
  sources: readonly Ready[],
): CopyBase {
  const { path, isFolder } = destinationOf(place.workdir, words.destination);
  const inFolder = isFolder || sources.some((source) => source.isFolder) || target.hasFolder(path);
  if (!inFolder && sources.length > 1) throw needsFolder(words);
  const real = inFolder ? target.folder(path) : target.file(path);
  return { path: Buffer.from(real.slice(1)).toString('latin1'), isFile: !inFolder };
}

/** Makes sources ready, and holds what that takes. */
class CopyApply implements Disposable {
  private readonly resources = new DisposableStack();
  private readonly writers: TreeWriter[] = [];
  /** An archive is not the one that the plan saw. */
  private changed = false;
  private main: { writer: TreeWriter; extractor: Extractor } | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly plan: CopyPlan,
    private readonly rules: WriteRules,
  ) {}

  get asPlanned(): boolean {
    return !this.changed && this.writers.every((writer) => writer.asPlanned);
  }

  [Symbol.dispose](): void {
    this.resources.dispose();
  }

  async prepare(source: PlannedSource): Promise<Ready> {
    if (source.kind === 'text') {
      const { name, text } = source;
      const write = (extractor: Extractor, base: CopyBase): void =>
        writeText(extractor, pathOf(base, name), text, this.rules);
      return { isFolder: false, write };
    }
    if (source.kind === 'download') return await this.download(source);
    if (source.kind === 'git') return await this.git(source);
    return (await this.archive(source)) ?? this.tree(source);
  }

  private tree(source: TreeSource): Ready {
    const write = (extractor: Extractor, base: CopyBase): Promise<void> => {
      if (this.main === undefined) this.main = { extractor, writer: this.writer(extractor, this.plan.tree) };
      return this.main.writer.write(source, base);
    };
    return { isFolder: source.isFolder, write };
  }

  /** A file that ADD unpacks; undefined for everything else. */
  private async archive({ isFolder, items }: TreeSource): Promise<Ready | undefined> {
    const { kind, unpack } = this.plan.words;
    const [item] = items;
    if (kind !== 'ADD' || unpack === false || isFolder || item?.type !== 'file') return undefined;
    using files = new TreeFiles(this.plan.tree);
    const fd = files.open(item.source);
    this.resources.defer(() => close(fd));
    if (!isUnchanged(tryBriefStatAt(fd, ''), item)) this.changed = true;
    return await this.unpacked(fd, Buffer.from(item.source, 'latin1').toString());
  }

  private async unpacked(fd: number, name: string): Promise<Ready | undefined> {
    const { isArchiveFile, unpackArchive } = await import('./add-archive.ts');
    if (!(await isArchiveFile(fd))) return undefined;
    const write = (extractor: Extractor, base: CopyBase): Promise<void> =>
      unpackArchive(fd, name, extractor, base.path);
    return { isFolder: true, write };
  }

  private async download(source: DownloadSource): Promise<Ready> {
    const { openDownload } = await import('./add-url.ts');
    const { path, lastModified } = await openDownload(this.engine, source, this.rules.signal);
    const fd = open(path, O.RDONLY);
    this.resources.defer(() => close(fd));
    const archive =
      this.plan.words.unpack === true ? await this.unpacked(fd, shownUrl(source.url)) : undefined;
    if (archive !== undefined) return archive;
    const status = tryStatAt(fd, '');
    const size = typeof status === 'number' ? 0 : status.size;
    // Without a time of the server's it is the epoch, so that the same file is the same layer.
    const time = Date.parse(lastModified ?? '');
    const mtime = { sec: Number.isNaN(time) ? 0 : Math.floor(time / 1000), nsec: 0 };
    const write = (extractor: Extractor, base: CopyBase): void =>
      writeFileFrom(extractor, pathOf(base, source.name), { fd, size, mode: 0o600, mtime }, this.rules);
    return { isFolder: false, write };
  }

  private async git(source: GitSource): Promise<Ready> {
    const { checkOutSource } = await import('./add-git.ts');
    const { path } = this.resources.use(await checkOutSource(this.engine, source, this.rules.signal));
    const name = redacted(source.url.remote);
    const tree: CopyTree = { path, name, ignore: [], keepsOwners: false, lasting: false };
    const nothing = new Ignored([]);
    const excluded = new Ignored(this.plan.words.exclude);
    const walk = new CopyWalk(tree, { ignored: nothing, excluded, known: KnownContents.none() });
    const items = [...walk.folder('', '')];
    const write = (extractor: Extractor, base: CopyBase): Promise<void> =>
      this.writer(extractor, tree).write({ kind: 'tree', isFolder: true, name: '', items }, base);
    return { isFolder: true, write };
  }

  private writer(extractor: Extractor, tree: CopyTree): TreeWriter {
    const writer = this.resources.use(new TreeWriter(extractor, tree, this.rules));
    this.writers.push(writer);
    return writer;
  }
}

function pathOf(base: CopyBase, name: ByteString): ByteString {
  return base.isFile ? base.path : joinName(base.path, name);
}
