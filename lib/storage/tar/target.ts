/** The folder that a tree is unpacked into, and the steps that making a name in it shares, whatever its type. */
import { ProaError } from '../../core/error.ts';
import { tryFremovexattr } from '../../core/sys/descriptor.ts';
import { tryUtimensAt } from '../../core/sys/file.ts';
import type { PathLike } from '../../core/sys/libc.ts';
import { umask } from '../../core/sys/process.ts';
import { type FileStatus, S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { show } from './archive-error.ts';
import { type AttributeOptions, Attributes } from './attributes.ts';
import { Displacer } from './displace.ts';
import type { Entry } from './entry.ts';
import { type Folder, Folders } from './folders.ts';
import { type ByteString, toPath } from './header.ts';
import { joinName } from './path.ts';
import type { RecipeWriter } from './recipe.ts';
import { must } from './step-error.ts';
import { replaceWhiteout } from './whiteout.ts';

const EEXIST = -17;

export interface ExtractOptions extends AttributeOptions {
  /** Gets what rebuilding the archive takes. */
  recipe?: RecipeWriter | undefined;
  /** Given for somebody's files instead of a new layer: whiteouts are files like any other, and what is there counts. */
  copy?: CopyRules | undefined;
}

/** How a tree is copied over one that is there already (docker-cp(1)). */
export interface CopyRules {
  /** A folder may take the place of something else, and the other way round. */
  overwrite: boolean;
}

export class Target implements Disposable {
  readonly folders: Folders;
  readonly displacer: Displacer;
  readonly attributes: Attributes;
  /** Devices that were left out. */
  skippedDevices = 0;
  /** Modes are given exactly; a process has one umask, which this object holds at 0. */
  private readonly oldUmask = umask(0);

  /** @param rootFd an open, empty folder; closed when this object is disposed of */
  constructor(
    rootFd: number,
    readonly options: ExtractOptions,
  ) {
    // A default ACL that the store's folder was given would take its toll on every mode. ENODATA: there is none.
    if (!options.copy) tryFremovexattr(rootFd, 'system.posix_acl_default');
    this.displacer = new Displacer(options.recipe);
    this.attributes = new Attributes(options);
    const onBlocked = (parent: Folder, name: ByteString): boolean =>
      replaceWhiteout(this.attributes, parent, name);
    this.folders = new Folders(rootFd, options.copy ? { keepTimes: false } : { keepTimes: true, onBlocked });
  }

  /** Runs `create`, once more after making room when the name is taken. Returns its last result. */
  make(folder: Folder, name: ByteString, create: () => number): number {
    const result = create();
    if (result !== EEXIST) return result;
    this.makeRoom(folder, name, false);
    return create();
  }

  /**
   * Removes what is at `name`. Returns the status of what was there.
   * @param forFolder a folder will take its place
   * @throws ProaError CANNOT_OVERWRITE when the rules of copying spare it
   */
  makeRoom(folder: Folder, name: ByteString, forFolder: boolean): FileStatus | undefined {
    const { copy } = this.options;
    if (copy && !copy.overwrite && forFolder !== isFolder(tryStatAt(folder.fd, toPath(name)))) {
      const [there, here] = forFolder ? ['non-directory', 'directory'] : ['directory', 'non-directory'];
      throw new ProaError(
        'CANNOT_OVERWRITE',
        `cannot overwrite ${there} ${show(joinName(folder.real, name))} with ${here}`,
        { hint: 'Use --overwrite' },
      );
    }
    return this.displacer.remove(this.folders, folder, name);
  }

  /** Sets the times of what `path` names in the folder. */
  setTimes(entry: Entry, folder: Folder, path: PathLike): void {
    must(tryUtimensAt(folder.fd, path, entry.atime ?? entry.mtime, entry.mtime), entry, 'set times');
  }

  /** Notes the times that a folder shall have in the end; of one that is open, its new group, too. */
  noteFolder(entry: Entry, real: ByteString): void {
    this.folders.give(real, { atime: entry.atime ?? entry.mtime, mtime: entry.mtime });
    const open = this.folders.peek(real);
    if (open !== undefined && !this.options.ignoreOwner) open.gid = entry.gid;
  }

  [Symbol.dispose](): void {
    this.folders[Symbol.dispose]();
    umask(this.oldUmask);
  }
}

function isFolder(status: FileStatus | number): boolean {
  return typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
}
