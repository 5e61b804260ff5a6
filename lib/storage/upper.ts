/**
 * What a container changed: its upper folder, compared with the layers below (overlayfs.rst). Only the upper folder is
 * walked. Of the layers just those names are looked up that it holds, so it costs what was changed, not what the image has.
 *
 * The container may run and change things meanwhile, so the upper folder is walked by descriptors that follow no link.
 * Layers never change, and their folders are named by their paths: each part of such a path was seen to be a folder.
 */
import { tryFgetxattr } from '../core/sys/descriptor.ts';
import { readEntries } from '../core/sys/directory.ts';
import { AT_FDCWD, close, O, open, tryGetXattr, tryOpenAt } from '../core/sys/file.ts';
import { check, sysError } from '../core/sys/libc.ts';
import {
  type FileStatus,
  S_IFCHR,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  type Time,
  tryStatAt,
} from '../core/sys/stat.ts';
import { show } from './tar/archive-error.ts';
import { isWhiteout } from './tar/displace.ts';
import { type ByteString, toPath } from './tar/header.ts';
import { joinName } from './tar/path.ts';
import { sortedNames } from './tar/walk.ts';

export interface UpperChange {
  /** `opaque`: whatever the layers below have in this folder is gone. It comes right after the folder. */
  kind: 'added' | 'changed' | 'deleted' | 'opaque';
  /** Without a leading slash. */
  path: ByteString;
  /** Of what was added or changed. */
  status?: FileStatus;
  /** That, open (a folder for reading, all else with O_PATH) until the next change is asked for. */
  fd?: number;
}

export interface UpperOptions {
  xattrPrefix: 'trusted' | 'user';
  /**
   * For a layer of its own: every file counts, also one that was opened for writing and left as it was, and an opaque
   * folder is told as one. For a list: a folder's deleted members are told one by one.
   */
  forLayer: boolean;
  /**
   * Told of what the upper folder holds and the changes do not: for who makes the folder itself a layer. `mark` is a folder's
   * mark of being opaque where nothing is below it. With it nothing counts as made by a start: who asks has taken that away.
   */
  untold?: (path: ByteString, what: 'entry' | 'folder' | 'mark') => void;
}

/** Empty files and folders that a start makes to mount on, when the image has no such. */
const MOUNT_POINTS = new Set([
  'dev',
  'proc',
  'sys',
  'run',
  'run/.containerenv',
  '.dockerenv',
  'etc',
  'etc/hosts',
  'etc/hostname',
  'etc/resolv.conf',
]);

/**
 * The changes, folders before their members, in the order of the names' bytes.
 * @param upper the container's own folder, or a layer's
 * @param lower the layers below, topmost first
 * @throws ProaError with an errno's name
 */
export function* upperChanges(
  upper: string,
  lower: readonly string[],
  options: UpperOptions,
): Generator<UpperChange, void, undefined> {
  const fd = open(upper, O.RDONLY | O.DIRECTORY);
  try {
    const below = lower.map((path) => Buffer.from(path).toString('latin1'));
    yield* new UpperWalk(options).members(fd, '', below, false);
  } finally {
    close(fd);
  }
}

class UpperWalk {
  private readonly opaqueName: string;

  constructor(private readonly options: UpperOptions) {
    this.opaqueName = `${options.xattrPrefix}.overlay.opaque`;
  }

  /**
   * @param below folders of the layers that were merged with this one, topmost first
   * @param opaque nothing of them shows any more
   */
  *members(
    fd: number,
    path: ByteString,
    below: readonly ByteString[],
    opaque: boolean,
  ): Generator<UpperChange, void, undefined> {
    const names = sortedNames(fd);
    const here = new Set(names);
    const gone = opaque ? this.visibleNames(below).filter((name) => !here.has(name)) : [];
    for (const name of gone.length > 0 ? [...names, ...gone].sort() : names) {
      const child = joinName(path, name);
      const found = here.has(name) ? tryOpenAt(fd, toPath(name), O.PATH | O.NOFOLLOW) : GONE;
      if (found === GONE) {
        if (!here.has(name)) yield { kind: 'deleted', path: child };
        continue;
      }
      check(found, 'read', show(child));
      try {
        const status = tryStatAt(found, '');
        if (typeof status === 'number') throw sysError(-status, 'read', show(child));
        const before = lookUp(below, name);
        if (isWhiteout(status)) {
          if (before !== undefined) yield { kind: 'deleted', path: child };
          else this.options.untold?.(child, 'entry');
        } else if ((status.mode & S_IFMT) === S_IFDIR) {
          yield* this.folder(found, child, status, before, this.merged(below, name));
        } else if (before !== undefined) {
          if (this.options.forLayer || isDifferent(status, before))
            yield { kind: 'changed', path: child, status, fd: found };
        } else if (this.options.untold !== undefined || !isOurs(child, status)) {
          yield { kind: 'added', path: child, status, fd: found };
        }
      } finally {
        close(found);
      }
    }
  }

  /** A folder is told when it is new, when its own attributes changed, or when something in it did. */
  private *folder(
    found: number,
    path: ByteString,
    status: FileStatus,
    before: FileStatus | undefined,
    below: readonly ByteString[],
  ): Generator<UpperChange, void, undefined> {
    const fd = check(
      tryOpenAt(AT_FDCWD, `/proc/self/fd/${found}`, O.RDONLY | O.DIRECTORY),
      'open',
      show(path),
    );
    try {
      const { forLayer, untold } = this.options;
      const opaque = below.length > 0 && this.isOpaque(fd);
      const self: UpperChange = { kind: before === undefined ? 'added' : 'changed', path, status, fd };
      const isOwn = before === undefined && (untold !== undefined || !MOUNT_POINTS.has(path));
      const isNews = before === undefined ? isOwn : isDifferent(status, before);
      if (untold !== undefined && below.length === 0 && this.isOpaque(fd)) untold(path, 'mark');
      let told = isNews || (opaque && forLayer);
      if (told) yield self;
      if (opaque && forLayer) yield { kind: 'opaque', path };
      for (const change of this.members(fd, path, opaque && forLayer ? [] : below, opaque && !forLayer)) {
        if (!told) yield self;
        told = true;
        yield change;
      }
      if (!told) untold?.(path, 'folder');
    } finally {
      close(fd);
    }
  }

  private isOpaque(fd: number): boolean {
    return isYes(tryFgetxattr(fd, this.opaqueName));
  }

  /** The folders of this name that are merged, as overlayfs merges them: down to the first that ends it. */
  private merged(below: readonly ByteString[], name: ByteString): ByteString[] {
    const folders: ByteString[] = [];
    for (const folder of below) {
      const path = `${folder}/${name}`;
      const status = tryStatAt(AT_FDCWD, toPath(path));
      if (typeof status === 'number') continue;
      if ((status.mode & S_IFMT) !== S_IFDIR) break;
      folders.push(path);
      if (isYes(tryGetXattr(toPath(path), this.opaqueName))) break;
    }
    return folders;
  }

  /** What the merged folders show together. */
  private visibleNames(folders: readonly ByteString[]): ByteString[] {
    const seen = new Map<ByteString, boolean>();
    for (const folder of folders) {
      const fd = open(toPath(folder), O.RDONLY | O.DIRECTORY);
      try {
        for (const { name: bytes } of readEntries(fd)) {
          const name = Buffer.from(bytes).toString('latin1');
          if (seen.has(name)) continue;
          const status = tryStatAt(fd, bytes);
          seen.set(name, typeof status !== 'number' && !isWhiteout(status));
        }
      } finally {
        close(fd);
      }
    }
    return [...seen].filter(([, visible]) => visible).map(([name]) => name);
  }
}

/** -ENOENT: it disappeared while we looked. */
const GONE = -2;

/** What the layers below show under a name. */
function lookUp(below: readonly ByteString[], name: ByteString): FileStatus | undefined {
  for (const folder of below) {
    const status = tryStatAt(AT_FDCWD, toPath(`${folder}/${name}`));
    if (typeof status === 'number') continue;
    return isWhiteout(status) ? undefined : status;
  }
  return undefined;
}

/** Docker's comparison: attributes, and for all but folders size and time. A copy that overlayfs makes keeps them. */
export function isDifferent(now: FileStatus, before: FileStatus): boolean {
  if (now.mode !== before.mode || now.uid !== before.uid || now.gid !== before.gid) return true;
  const type = now.mode & S_IFMT;
  if (type === S_IFDIR) return false;
  if (now.major !== before.major || now.minor !== before.minor) return true;
  return now.size !== before.size || !isSameTime(now.mtime, before.mtime);
}

function isSameTime(a: Time, b: Time): boolean {
  return a.sec === b.sec && a.nsec === b.nsec;
}

function isOurs(path: ByteString, { mode, size }: FileStatus): boolean {
  const type = mode & S_IFMT;
  return MOUNT_POINTS.has(path) && ((type === S_IFREG && size === 0) || type === S_IFCHR);
}

/** The value of an overlay mark that holds. */
export function isYes(value: Uint8Array | number): boolean {
  return typeof value !== 'number' && value.length === 1 && value[0] === 0x79;
}
