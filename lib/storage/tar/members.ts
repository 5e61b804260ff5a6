/** Makes folders, links, devices and fifos. (Files, whose content arrives bit by bit, are in extract.ts.) */
import { makedev, tryChmodAt, tryLinkAt, tryMkdirAt, tryMknodAt, trySymlinkAt } from '../../core/sys/file.ts';
import type { PathLike } from '../../core/sys/libc.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { hostileArchive, show } from './archive-error.ts';
import { isWhiteout } from './displace.ts';
import type { Entry } from './entry.ts';
import type { Folder } from './folders.ts';
import { type ByteString, toPath } from './header.ts';
import { baseOf, cleanName, joinName, parentOf } from './path.ts';
import { must, stepError } from './step-error.ts';
import type { Target } from './target.ts';

const EPERM = -1;
const EEXIST = -17;

/** A folder that is there already keeps its children and gets the entry's attributes. */
export function makeFolder(target: Target, entry: Entry, folder: Folder, name: ByteString): void {
  const { attributes, folders } = target;
  const path = toPath(name);
  const real = joinName(folder.real, name);
  let opaque = false;
  let result = tryMkdirAt(folder.fd, path, entry.mode);
  const merged = result === EEXIST && isFolder(folder, path);
  if (result === EEXIST && !merged) {
    const replaced = target.makeRoom(folder, name, true);
    opaque = replaced !== undefined && isWhiteout(replaced);
    result = tryMkdirAt(folder.fd, path, entry.mode);
  }
  if (merged) {
    attributes.setOwner(entry, folder.fd, path);
  } else {
    must(result, entry, 'create');
    attributes.setNewOwner(entry, folder, folder.fd, path);
  }
  // Always: mkdir(2) drops the set-id bits and may add the parent's. The name is a folder, so no link is followed.
  must(tryChmodAt(folder.fd, path, entry.mode), entry, 'set mode');
  if (opaque) attributes.setOpaque(folders.get(real).fd, real);
  if (entry.xattrs) attributes.setXattrs(entry, folders.get(real).fd);
  target.noteFolder(entry, real);
  if (folders.peek(real) === undefined) target.setTimes(entry, folder, path);
}

/** A symbolic link may lead anywhere: nothing here follows it but folders.ts, inside the root. */
export function makeSymlink(target: Target, entry: Entry, folder: Folder, name: ByteString): void {
  const path = toPath(name);
  const to = toPath(entry.linkPath);
  must(
    target.make(folder, name, () => trySymlinkAt(to, folder.fd, path)),
    entry,
    'create',
  );
  finishNode(target, entry, folder, path);
}

/** A hard link has its target's attributes. */
export function makeLink(target: Target, entry: Entry, folder: Folder, name: ByteString): void {
  const to = cleanName(entry.linkPath);
  if (to === '') throw hostileArchive(entry.path, 'it is a hard link to the root');
  const path = toPath(name);
  // Looked up each time: making room may have closed the target's folder.
  const parent = (): number => target.folders.get(parentOf(to)).fd;
  const base = toPath(baseOf(to));
  if (isSame(tryStatAt(folder.fd, path), tryStatAt(parent(), base))) return;
  const result = target.make(folder, name, () => tryLinkAt(parent(), base, folder.fd, path));
  if (result < 0) throw stepError(-result, entry.path, `make a hard link to ${show(to)}`);
  target.displacer.linked(joinName(folder.real, name));
}

/** A device or a fifo. */
export function makeNode(target: Target, entry: Entry, folder: Folder, name: ByteString): void {
  const { major, minor } = entry;
  // makedev(3) has 12 and 20 bits for them.
  if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff) {
    throw hostileArchive(entry.path, `it is a device ${major}:${minor}, which cannot be`);
  }
  const path = toPath(name);
  const type = entry.type === 'fifo' ? S_IFIFO : entry.type === 'char' ? S_IFCHR : S_IFBLK;
  const device = type === S_IFIFO ? 0 : makedev(major, minor);
  const result = target.make(folder, name, () => tryMknodAt(folder.fd, path, type | entry.mode, device));
  if (result === EPERM && type !== S_IFIFO && target.options.xattrPrefix === 'user') {
    target.skippedDevices++;
    return;
  }
  must(result, entry, 'create');
  finishNode(target, entry, folder, path);
}

function finishNode(target: Target, entry: Entry, folder: Folder, path: PathLike): void {
  target.attributes.setNewOwner(entry, folder, folder.fd, path);
  target.attributes.skipXattrs(entry);
  target.setTimes(entry, folder, path);
}

function isFolder(folder: Folder, path: PathLike): boolean {
  const status = tryStatAt(folder.fd, path);
  return typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
}

/** True when a link is already what it shall be; making room for it would remove its target. */
function isSame(here: ReturnType<typeof tryStatAt>, there: ReturnType<typeof tryStatAt>): boolean {
  return typeof here !== 'number' && typeof there !== 'number' && here.inode === there.inode;
}
