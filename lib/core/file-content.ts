/** Copying a file's content between two open files, in the kernel where it can, and with its holes. */
import {
  SEEK_DATA,
  SEEK_HOLE,
  tryCopyRange,
  tryReadAt,
  trySeek,
  tryTruncate,
  tryWriteAt,
} from './sys/descriptor.ts';

const ENXIO = -6;
/** Errors by which copy_file_range(2) says that it cannot serve these two files: EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF. */
const CANNOT = new Set([-18, -22, -38, -95, -1, -9]);
/** One call copies at most so much, so that a signal is not kept waiting for long. */
const RANGE = 128 << 20;
const CHUNK = 1 << 20;

let shared: Buffer | undefined;

/**
 * Copies all of `from` into the empty file `to`. What its size says is copied, however the file changes meanwhile; only
 * one of size 0 is read to its end, for files of procfs have no size.
 * @param size of `from`
 * @returns bytes that `to` has then, or -errno
 */
export function copyContent(from: number, to: number, size: number): number {
  if (size === 0) return pump(from, to, 0, Number.POSITIVE_INFINITY);
  let end = 0;
  let position = 0;
  while (position < size) {
    const data = trySeek(from, position, SEEK_DATA);
    if (data === ENXIO) break;
    // A file system that knows no holes: all is data.
    if (data >= 0) position = data;
    const hole = data < 0 ? size : trySeek(from, position, SEEK_HOLE);
    const until = Math.min(size, hole < 0 ? size : hole);
    end = copyRange(from, to, position, until);
    if (end < until) {
      if (end < 0) return end;
      break; // it is shorter by now
    }
    position = until;
  }
  if (end < size) {
    const result = tryTruncate(to, size);
    if (result < 0) return result;
  }
  return size;
}

/** Returns the position that it came to, or -errno. */
function copyRange(from: number, to: number, start: number, end: number): number {
  let position = start;
  while (position < end) {
    const n = tryCopyRange(from, to, position, Math.min(RANGE, end - position));
    if (n === -4) continue;
    // Some file systems (procfs among them) copy nothing and do not say that they cannot.
    if (n === 0 || CANNOT.has(n)) return pump(from, to, position, end);
    if (n < 0) return n;
    position += n;
  }
  return position;
}

function pump(from: number, to: number, start: number, end: number): number {
  shared ??= Buffer.allocUnsafeSlow(CHUNK);
  let position = start;
  while (position < end) {
    const n = tryReadAt(from, shared.subarray(0, Math.min(CHUNK, end - position)), position);
    if (n < 0) return n;
    if (n === 0) break;
    const result = tryWriteAt(to, shared.subarray(0, n), position);
    if (result < 0) return result;
    position += n;
  }
  return position;
}
