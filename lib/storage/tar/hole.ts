/**
 * Zeros are left out of files in pieces of this size, so that an archive of nothing but zeros (10 GB of them compress to
 * 10 MB) does not fill the disk. Smaller runs are written: a hole would cost more than it saves.
 */
export const HOLE = 64 * 1024;
const ZEROS = Buffer.alloc(HOLE);

/** Whether there are only zeros from `start` to before `end`, at most {@link HOLE} bytes. */
export function isHole(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] === 0 && bytes.compare(ZEROS, 0, end - start, start, end) === 0;
}
