/**
 * statx(2) for walks over tens of thousands of files: only what copying them needs, as plain numbers, and the raw bytes by
 * which a file that was not touched since is known again.
 */
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW } from './file.ts';
import { address, type PathLike, path, syscall } from './libc.ts';
import { NR } from './numbers.ts';

export interface BriefStatus {
  /** Type and permission bits. */
  mode: number;
  uid: number;
  gid: number;
  links: number;
  size: number;
  mtime: { sec: number; nsec: number };
  /** Device that a device node stands for. */
  major: number;
  minor: number;
}

/** Words of struct statx that make a stamp: inode, size, ctime, mtime, device. The first differ the most. */
const STAMP_WORDS = [8, 9, 10, 11, 24, 25, 26, 28, 29, 30, 34, 35];
/** Words of a stamp, see {@link copyStamp}. */
export const STAMP_LENGTH = STAMP_WORDS.length;

const BASIC = 0x7ff;
const buffer = Buffer.from(new ArrayBuffer(256));
const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const words = new Uint32Array(buffer.buffer, buffer.byteOffset, buffer.length / 4);
const base = address(buffer);

/** The status of `name` in the folder (of the descriptor itself, when that is empty), links not followed; or -errno. */
export function tryBriefStatAt(dirfd: number, name: PathLike): BriefStatus | number {
  const flags = AT_SYMLINK_NOFOLLOW | (name.length === 0 ? AT_EMPTY_PATH : 0);
  const result = syscall(NR.statx, dirfd, path(name), flags, BASIC, base);
  if (result < 0) return result;
  return {
    links: view.getUint32(16, true),
    uid: view.getUint32(20, true),
    gid: view.getUint32(24, true),
    mode: view.getUint16(28, true),
    size: int64(40),
    mtime: { sec: int64(112), nsec: view.getUint32(120, true) },
    major: view.getUint32(128, true),
    minor: view.getUint32(132, true),
  };
}

/**
 * Writes what identifies the last file that {@link tryBriefStatAt} saw, and its state, at a place counted in words. A file whose stamp is the same has the same content, mode, owner and attributes, as each change of one moves its ctime
 * (inode(7)).
 */
export function copyStamp(into: Uint32Array, at: number): void {
  for (let i = 0; i < STAMP_WORDS.length; i++) into[at + i] = words[STAMP_WORDS[i]!]!;
}

/** Whether the last file's stamp is the one at this place, counted in words of 32 bits. */
export function isStamp(stamps: Uint32Array, at: number): boolean {
  for (let i = 0; i < STAMP_WORDS.length; i++) {
    if (stamps[at + i] !== words[STAMP_WORDS[i]!]) return false;
  }
  return true;
}

/** The ctime of the last file, in milliseconds since 1970, and whether its file system counts less than whole seconds. */
export function lastChange(): { ms: number; fine: boolean } {
  const nsec = view.getUint32(104, true);
  return { ms: int64(96) * 1000 + nsec / 1e6, fine: nsec !== 0 };
}

/** The lower half of the last file's inode number: the first word of its stamp. */
export function lastInode(): number {
  return words[8]!;
}

/** Says which file the last one is, among all that are mounted now. */
export function lastIdentity(): string {
  return `${words[9]}:${words[8]}:${words[34]}:${words[35]}`;
}

function int64(at: number): number {
  return view.getInt32(at + 4, true) * 0x100000000 + view.getUint32(at, true);
}
