/**
 * Writes entries into a folder: an archive's as an overlayfs lower layer, or (with CopyRules) those of an archive or
 * another folder into one that is in use. Unpacking a layer is meant for a process of its own, chrooted into that folder
 * (unpack-child.ts); but it is safe without, see folders.ts, and copying into containers relies on that.
 *
 * What always holds: nothing is opened, written or linked through a name that an entry made, or that somebody else put
 * there meanwhile. A file is created with O_EXCL; if its name is taken, what is there goes first (displace.ts). Only
 * folders are merged. The one exception is a file that something is mounted on, whose name cannot go: it is opened
 * without following a link, and filled.
 *
 * What is left out, and counted in the result, as Podman leaves it out:
 * - block and character devices, where a user namespace does not allow them (containers get a /dev of their own);
 * - extended attributes other than `security.capability`, `user.*` and `trusted.*`; those that the file system or the
 *   namespace does not allow; all of overlayfs's own, with which an archive could redirect lookups; and those of
 *   anything but files and folders.
 */

import { copyContent } from '../../core/file-content.ts';
import { tryFutimens } from '../../core/sys/descriptor.ts';
import { AT_FDCWD, close, O, tryFchmod, tryOpenAt } from '../../core/sys/file.ts';
import type { PathLike } from '../../core/sys/libc.ts';
import { S_IFMT, S_IFREG, tryStatAt } from '../../core/sys/stat.ts';
import { hostileArchive } from './archive-error.ts';
import { openContent } from './content.ts';
import type { Entry } from './entry.ts';
import type { Folder } from './folders.ts';
import { type ByteString, toPath } from './header.ts';
import { makeFolder, makeLink, makeNode, makeSymlink } from './members.ts';
import { baseOf, cleanName, joinName, parentOf } from './path.ts';
import type { Visitor } from './reader.ts';
import type { RecipeWriter } from './recipe.ts';
import { must } from './step-error.ts';
import { type ExtractOptions, Target } from './target.ts';
import { hide, whiteoutOf } from './whiteout.ts';

export type { ExtractOptions } from './target.ts';

const CREATE = O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW;

export interface ExtractResult {
  /** Entries that were unpacked, of all types. */
  files: number;
  /** Bytes of files' contents. */
  diskSize: number;
  /** How much was left out (see above). */
  skipped: { devices: number; xattrs: number };
}

/** The file whose content is arriving. */
interface Arriving {
  fd: number;
  entry: Entry;
  folder: Folder;
  real: ByteString;
  /** Undefined until the first bytes come. */
  content: ReturnType<typeof openContent> | undefined;
  /** It was there before: a file that something is mounted on. */
  isOld: boolean;
  /** Bytes that came from another file. */
  copied?: number;
}

export class Extractor implements Visitor, Disposable {
  private readonly target: Target;
  private readonly recipe: RecipeWriter | undefined;
  private file: Arriving | undefined;
  private files = 0;
  private diskSize = 0;

  /** @param rootFd an open, empty folder; closed when this object is disposed of */
  constructor(rootFd: number, options: ExtractOptions) {
    this.target = new Target(rootFd, options);
    this.recipe = options.recipe;
  }

  raw(bytes: Buffer): void {
    this.recipe?.raw(bytes);
  }

  entry(entry: Entry): void {
    const { target } = this;
    const { folders } = target;
    folders.trim();
    if (entry.type === 'ignored') return;
    const path = cleanName(entry.path);
    const whiteout = target.options.copy ? undefined : whiteoutOf(path);
    if (whiteout?.kind === 'ignored') return;
    this.files++;
    if (path === '') {
      // As Docker: whoever copies `./` into a folder means its content.
      if (!target.options.copy) this.setRoot(entry);
      return;
    }
    const folder = folders.get(parentOf(path));
    const name = baseOf(path);
    if (whiteout?.kind === 'opaque') target.attributes.setOpaque(folder.fd, folder.real);
    else if (whiteout) hide(target.attributes, folders, folder, whiteout.name);
    else if (entry.type === 'file') this.openFile(entry, folder, name);
    else if (entry.type === 'folder') makeFolder(target, entry, folder, name);
    else if (entry.type === 'symlink') makeSymlink(target, entry, folder, name);
    else if (entry.type === 'link') makeLink(target, entry, folder, name);
    else makeNode(target, entry, folder, name);
  }

  data(bytes: Buffer): void {
    // What is in no file (a whiteout may have content) is in the recipe.
    if (this.file === undefined) this.recipe?.raw(bytes);
    else must(writerOf(this.file).write(bytes), this.file.entry, 'write');
  }

  /** The whole content of the current entry, when it is a file, from another file (instead of {@link data}). */
  content(from: number): void {
    if (this.file === undefined) return;
    const copied = copyContent(from, this.file.fd, this.file.entry.size);
    must(copied, this.file.entry, 'write');
    this.file.copied = copied;
  }

  entryEnd(): void {
    const { file } = this;
    if (file === undefined) return;
    const { fd, entry, folder } = file;
    const { attributes } = this.target;
    if (file.copied === undefined) must(writerOf(file).finish(), entry, 'write');
    // Writing and chown clear set-user-ID and capabilities, so these come after them.
    attributes.setNewOwner(entry, folder, fd);
    if (entry.mode & 0o7000 || file.isOld) must(tryFchmod(fd, entry.mode), entry, 'set mode');
    if (entry.xattrs) attributes.setXattrs(entry, fd);
    must(tryFutimens(fd, entry.atime ?? entry.mtime, entry.mtime), entry, 'set times');
    close(fd);
    this.file = undefined;
    this.diskSize += file.copied ?? entry.stored;
    if (entry.stored > 0) this.recipe?.content(file.real, entry.stored, writerOf(file).crc, entry.sparse);
  }

  /** Sets what is left to set, after the archive's end. */
  finish(): ExtractResult {
    const { attributes, folders, skippedDevices: devices } = this.target;
    folders.finish();
    return { files: this.files, diskSize: this.diskSize, skipped: { devices, xattrs: attributes.skipped } };
  }

  [Symbol.dispose](): void {
    if (this.file) close(this.file.fd);
    this.target[Symbol.dispose]();
  }

  private setRoot(entry: Entry): void {
    if (entry.type !== 'folder')
      throw hostileArchive(entry.path, `the layer's root cannot be a ${entry.type}`);
    const { attributes, folders } = this.target;
    attributes.setOwner(entry, folders.root.fd);
    must(tryFchmod(folders.root.fd, entry.mode), entry, 'set mode');
    attributes.setXattrs(entry, folders.root.fd);
    this.target.noteFolder(entry, '');
  }

  private openFile(entry: Entry, folder: Folder, name: ByteString): void {
    const path = toPath(name);
    const mode = entry.mode & 0o777;
    const old = this.target.options.copy ? tryOpenMounted(folder, path) : undefined;
    const fd = old ?? this.target.make(folder, name, () => tryOpenAt(folder.fd, path, CREATE, mode));
    must(fd, entry, old === undefined ? 'create' : 'open');
    this.file = {
      fd,
      entry,
      folder,
      real: joinName(folder.real, name),
      content: undefined,
      isOld: old !== undefined,
    };
  }
}

function writerOf(file: Arriving): ReturnType<typeof openContent> {
  file.content ??= openContent(file.fd, file.entry.size, file.entry.sparse);
  return file.content;
}

/** Opens and empties a file that is a mount point (a bind-mounted one, in a container). Undefined for anything else. */
function tryOpenMounted(folder: Folder, path: PathLike): number | undefined {
  const found = tryOpenAt(folder.fd, path, O.PATH | O.NOFOLLOW);
  if (found < 0) return undefined;
  try {
    const status = tryStatAt(found, '');
    if (typeof status === 'number' || !status.isMountRoot || (status.mode & S_IFMT) !== S_IFREG)
      return undefined;
    // This link of the kernel leads to exactly the file that was looked at.
    return tryOpenAt(AT_FDCWD, `/proc/self/fd/${found}`, O.WRONLY | O.TRUNC | O.NOCTTY);
  } finally {
    close(found);
  }
}
