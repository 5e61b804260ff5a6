/** The folder that a layer is unpacked into, and the steps that making a name in it shares, whatever its type. */
import { tryFremovexattr } from '../../core/sys/descriptor.ts';
import { tryUtimensAt } from '../../core/sys/file.ts';
import type { PathLike } from '../../core/sys/libc.ts';
import { umask } from '../../core/sys/process.ts';
import { type AttributeOptions, Attributes } from './attributes.ts';
import { Displacer } from './displace.ts';
import type { Entry } from './entry.ts';
import { type Folder, Folders } from './folders.ts';
import type { ByteString } from './header.ts';
import type { RecipeWriter } from './recipe.ts';
import { must } from './step-error.ts';
import { replaceWhiteout } from './whiteout.ts';

const EEXIST = -17;

export interface ExtractOptions extends AttributeOptions {
  /** Gets what rebuilding the archive takes. */
  recipe?: RecipeWriter | undefined;
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
    tryFremovexattr(rootFd, 'system.posix_acl_default');
    this.displacer = new Displacer(options.recipe);
    this.attributes = new Attributes(options);
    this.folders = new Folders(rootFd, (parent, name) => replaceWhiteout(this.attributes, parent, name));
  }

  /** Runs `create`, once more after making room when the name is taken. Returns its last result. */
  make(folder: Folder, name: ByteString, create: () => number): number {
    const result = create();
    if (result !== EEXIST) return result;
    this.displacer.remove(this.folders, folder, name);
    return create();
  }

  /** Sets the times of what `path` names in the folder. */
  setTimes(entry: Entry, folder: Folder, path: PathLike): void {
    must(tryUtimensAt(folder.fd, path, entry.atime ?? entry.mtime, entry.mtime), entry, 'set times');
  }

  /** Sets the times that an open folder shall have when it is closed, and notes its new group. */
  noteFolder(entry: Entry, folder: Folder): void {
    folder.mtime = entry.mtime;
    folder.atime = entry.atime ?? entry.mtime;
    if (!this.options.ignoreOwner) folder.gid = entry.gid;
  }

  [Symbol.dispose](): void {
    this.folders[Symbol.dispose]();
    umask(this.oldUmask);
  }
}
