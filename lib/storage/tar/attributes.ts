/**
 * Owners and extended attributes of what is unpacked, under the two regimes there are: root, and a user inside a user
 * namespace that maps some ids or just one.
 */
import { ProaError } from '../../core/error.ts';
import { tryFsetxattr } from '../../core/sys/descriptor.ts';
import { tryFchown, tryLchownAt } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { show } from './archive-error.ts';
import type { Entry } from './entry.ts';
import type { Folder } from './folders.ts';
import { type ByteString, toPath } from './header.ts';

const EPERM = -1;
const EINVAL = -22;
const EOPNOTSUPP = -95;

export interface AttributeOptions {
  /**
   * Which extended attributes overlayfs reads its own marks from: `trusted` as root, `user` when it is mounted in a
   * user namespace (mount option `userxattr`).
   */
  xattrPrefix: 'trusted' | 'user';
  /** Everything belongs to who unpacks (0:0 inside the namespace), for users without subordinate ids. */
  ignoreOwner: boolean;
}

export class Attributes {
  private readonly uid = process.geteuid!();
  private readonly gid = process.getegid!();
  /** Extended attributes that were left out. */
  skipped = 0;

  constructor(private readonly options: AttributeOptions) {}

  /** Gives a new or merged file its owner. `fd` is the file itself, or `name` in the folder when that is given. */
  setOwner(entry: Entry, fd: number, name?: string | Uint8Array): void {
    if (this.options.ignoreOwner) return;
    const { uid, gid } = entry;
    const result = name === undefined ? tryFchown(fd, uid, gid) : tryLchownAt(fd, name, uid, gid);
    if (result < 0) throw ownerError(-result, entry);
  }

  /** Like {@link setOwner}, for what was just created; saves the call when it cannot make a difference. */
  setNewOwner(entry: Entry, folder: Folder, fd: number, name?: string | Uint8Array): void {
    // A new file has the group of its process or, by the folder's mode or a mount option, that of its folder.
    if (entry.uid === this.uid && entry.gid === this.gid && folder.gid === this.gid) return;
    this.setOwner(entry, fd, name);
  }

  /** Sets the extended attributes that may be set; counts the others. After chown, which drops capabilities. */
  setXattrs(entry: Entry, fd: number): void {
    for (const [name, value] of entry.xattrs ?? []) {
      const result = isKeptXattr(name) ? tryFsetxattr(fd, toPath(name), value) : EPERM;
      if (result === EPERM || result === EOPNOTSUPP) this.skipped++;
      else if (result < 0)
        throw sysError(-result, 'unpack', `${show(entry.path)}: set attribute ${show(name)}`);
    }
  }

  /** Counts what cannot have extended attributes of these kinds (xattr(7)). */
  skipXattrs(entry: Entry): void {
    this.skipped += entry.xattrs?.size ?? 0;
  }

  /** Hides what the folder of the same name in the layers below holds (overlayfs.rst, "whiteouts and opaque directories"). */
  setOpaque(fd: number, real: ByteString): void {
    const name = `${this.options.xattrPrefix}.overlay.opaque`;
    const result = tryFsetxattr(fd, name, Buffer.from('y'));
    if (result === 0) return;
    const error = sysError(-result, 'unpack', `${show(real) || '/'}: mark folder opaque (${name})`);
    throw new ProaError(error.code, error.message, {
      hint: 'keep the store on a file system with extended attributes (ext4, xfs, btrfs; a user needs Linux 5.11)',
    });
  }
}

/** Whether an extended attribute belongs to a file's content, as against the host's and overlayfs's own. */
export function isKeptXattr(name: string): boolean {
  if (name === 'security.capability') return true;
  if (name.startsWith('user.')) return !name.startsWith('user.overlay.');
  return name.startsWith('trusted.') && !name.startsWith('trusted.overlay.');
}

function ownerError(errno: number, entry: Entry): ProaError {
  const step = `unpack ${show(entry.path)}: set its owner to ${entry.uid}:${entry.gid}`;
  // user_namespaces(7): an id that the namespace does not map is EINVAL.
  if (errno === -EINVAL) {
    return new ProaError('ID_NOT_MAPPED', `${step}: this user namespace has no such id`, {
      hint:
        'give this user at least 65536 subordinate ids in /etc/subuid and /etc/subgid ' +
        '(usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER), then try again',
    });
  }
  return sysError(errno, step);
}
