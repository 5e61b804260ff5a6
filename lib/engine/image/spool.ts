/** Bytes that are set aside on the disk because they are needed out of order, or before it is known what they are. */
import { ProaError } from '../../core/error.ts';
import { Staging } from '../../core/staging.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { O, open } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import type { Store } from '../../storage/store.ts';

const CHUNK = 1 << 20;

/** Opens a new file that has no name any more, so that it goes with its descriptor. Throws ProaError ENOSPC, EROFS. */
export function openSpool(store: Store): number {
  // Should we die in here, the folder is unlocked and the next sweep takes it.
  using staging = Staging.open(store.tmp, `archive-${crypto.randomUUID()}`);
  return open(`${staging.path}/archive`, O.RDWR | O.CREAT | O.EXCL, 0o600);
}

/** The bytes of a part of an open file, in one buffer that is valid until the next chunk is asked for. */
export function* readRange(fd: number, offset: number, size: number): Iterable<Uint8Array> {
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(size, CHUNK)));
  for (let at = 0; at < size; ) {
    const wanted = buffer.subarray(0, Math.min(buffer.length, size - at));
    const n = check(tryReadAt(fd, wanted, offset + at), 'read archive');
    if (n === 0) throw new ProaError('BAD_ARCHIVE', 'read archive: it became shorter while it was read');
    yield wanted.subarray(0, n);
    at += n;
  }
}
