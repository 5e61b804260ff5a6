/** Writes a tar as a stream of files whose sizes are known: the archive around the layers' archives. */
import { Header } from 'tar';
import type { SavedFile } from './saved-files.ts';

const BLOCK = 512;

/**
 * The archive's bytes. All metadata is fixed (root's, 0644, at the epoch), so equal files give equal archives. Paths
 * have at most 100 bytes; sizes beyond 8 GiB are written in GNU's base-256, which every reader of images knows.
 */
export async function* streamTar(files: AsyncIterable<SavedFile>): AsyncGenerator<Uint8Array, void> {
  for await (const { path, size, bytes } of files) {
    const header = Buffer.alloc(BLOCK);
    new Header({ path, size, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0), type: 'File' }).encode(
      header,
      0,
    );
    yield header;
    yield* bytes;
    if (size % BLOCK !== 0) yield Buffer.alloc(BLOCK - (size % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}
