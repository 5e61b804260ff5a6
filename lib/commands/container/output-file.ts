/** Files that appear when they are complete, for `--output`. */
import { statSync } from 'node:fs';
import { AT_FDCWD, close, O, open, renameAt2, tryUnlinkAt, writeAll } from '../../core/sys/file.ts';

/** Writes chunks to a file, which is there whole or not at all; a device or fifo is written as it is. */
export async function writeNewFile(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const stat = statSync(file, { throwIfNoEntry: false });
  const special = stat !== undefined && !stat.isFile();
  const target = special ? file : `${file}.proa-${crypto.randomUUID().slice(0, 8)}`;
  const fd = open(target, special ? O.WRONLY : O.WRONLY | O.CREAT | O.EXCL, 0o600);
  try {
    for await (const chunk of chunks) writeAll(fd, chunk, file);
    if (!special) renameAt2(target, file);
  } catch (error) {
    if (!special) tryUnlinkAt(AT_FDCWD, target);
    throw error;
  } finally {
    close(fd);
  }
}
