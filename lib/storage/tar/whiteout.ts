/**
 * Deletions in a layer. Archives spell them AUFS's way, which the image spec took over (layer.md, "Whiteouts"): a
 * file `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` all that its folder holds below, and other names in
 * `.wh..wh.` are AUFS's own book-keeping. On disk they are overlayfs's: a character device 0:0, and an extended
 * attribute on an opaque folder.
 *
 * By the image spec a whiteout never hides what its own layer brings, wherever in the archive that comes. So a folder
 * that is both hidden and brought is an opaque folder.
 */
import { close, O, tryMkdirAt, tryMknodAt, tryOpenAt, tryUnlinkAt } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { S_IFCHR, S_IFDIR, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { hostileArchive, show } from './archive-error.ts';
import type { Attributes } from './attributes.ts';
import { isWhiteout } from './displace.ts';
import type { Folder, Folders } from './folders.ts';
import { type ByteString, toPath } from './header.ts';
import { baseOf, joinName } from './path.ts';
import { stepError } from './step-error.ts';

const EPERM = -1;
const EEXIST = -17;

export type Whiteout =
  | { kind: 'hide'; name: ByteString }
  /** The folder that the entry is in. */
  | { kind: 'opaque' }
  /** Nothing to unpack. */
  | { kind: 'ignored' };

/**
 * What a clean name means as a whiteout; undefined for an ordinary name.
 * @throws ProaError HOSTILE_ARCHIVE for one that would hide its own folder or the one above
 */
export function whiteoutOf(path: ByteString): Whiteout | undefined {
  if (!path.includes('.wh.')) return undefined;
  const base = baseOf(path);
  if (base === '.wh..wh..opq') return { kind: 'opaque' };
  if (/(?:^|\/)\.wh\.\.wh\./.test(path)) return { kind: 'ignored' };
  if (!base.startsWith('.wh.')) return undefined;
  const name = base.slice('.wh.'.length);
  if (name === '' || name === '.' || name === '..') throw hostileArchive(path, 'it is a whiteout of nothing');
  return { kind: 'hide', name };
}

/** Marks `name` as deleted: an overlayfs whiteout, a character device 0:0. */
export function hide(attributes: Attributes, folders: Folders, folder: Folder, name: ByteString): void {
  const path = toPath(name);
  const real = joinName(folder.real, name);
  const result = tryMknodAt(folder.fd, path, S_IFCHR, 0);
  if (result === EEXIST) {
    // What this layer brings stays, and hides what is below it by being there; only folders would be merged.
    const status = tryStatAt(folder.fd, path);
    const isFolder = typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
    if (isFolder) attributes.setOpaque(folders.get(real).fd, real);
  } else if (result < 0) {
    const hint =
      result === EPERM ? 'users need Linux 5.8 or newer for this, root needs CAP_MKNOD' : undefined;
    throw stepError(-result, real, 'mark it deleted', hint);
  }
}

/**
 * Makes a hidden name an opaque folder, when it turns out that this layer brings children of it.
 * @returns false when there is no whiteout at `name`
 */
export function replaceWhiteout(attributes: Attributes, parent: Folder, name: ByteString): boolean {
  const path = toPath(name);
  const status = tryStatAt(parent.fd, path);
  if (typeof status === 'number' || !isWhiteout(status)) return false;
  const real = joinName(parent.real, name);
  check(tryUnlinkAt(parent.fd, path), 'remove', show(real));
  check(tryMkdirAt(parent.fd, path, 0o755), 'create folder', show(real));
  const fd = check(
    tryOpenAt(parent.fd, path, O.RDONLY | O.DIRECTORY | O.NOFOLLOW),
    'open folder',
    show(real),
  );
  try {
    attributes.setOpaque(fd, real);
  } finally {
    close(fd);
  }
  return true;
}
