/**
 * Writes a large file's content past the page cache (O_DIRECT of open(2)). A pull writes every file to the disk before it
 * shows the image, so a copy of the large ones in memory would only push out what the machine works with; and pages of
 * memory that were not in use before cost a virtual machine several times the copying.
 */
import { crc32 } from 'node:zlib';
import { tryTruncate, tryWriteAt } from '../../core/sys/descriptor.ts';
import { alignedBuffer, setDirect } from '../../core/sys/file.ts';
import { HOLE, isHole } from './hole.ts';

/** Bytes from which on a file is large. Most programs and libraries are smaller, and run right after a pull. */
export const LARGE = 4 << 20;
/** Bytes of one write. */
const BLOCK = 1 << 20;

/** One serves all files, which are written one after the other. Made when the first large one comes. */
let shared: Buffer | undefined;

function block(): Buffer {
  shared ??= alignedBuffer(BLOCK);
  return shared;
}

export class DirectContentWriter {
  /** CRC-32 of the bytes so far. */
  crc = 0;
  private readonly block = block();
  /** Where `block` belongs in the file, a multiple of {@link BLOCK}. */
  private position = 0;
  private used = 0;
  /** Where the file ends on disk by now. */
  private end = 0;

  private constructor(
    private readonly fd: number,
    private readonly size: number,
  ) {}

  /** Returns undefined where the file system cannot. */
  static open(fd: number, size: number): DirectContentWriter | undefined {
    return setDirect(fd, true) ? new DirectContentWriter(fd, size) : undefined;
  }

  /** Takes the next bytes. Returns 0 or -errno. */
  write(bytes: Buffer): number {
    this.crc = crc32(bytes, this.crc);
    for (let at = 0; at < bytes.length; ) {
      const n = Math.min(bytes.length - at, BLOCK - this.used);
      bytes.copy(this.block, this.used, at, at + n);
      at += n;
      this.used += n;
      const result = this.used === BLOCK ? this.flush() : 0;
      if (result < 0) return result;
    }
    return 0;
  }

  /** Call after the last byte. Returns 0 or -errno. */
  finish(): number {
    // The rest is no multiple of the disk's blocks.
    setDirect(this.fd, false);
    const result = this.flush();
    if (result < 0) return result;
    return this.end < this.size ? tryTruncate(this.fd, this.size) : 0;
  }

  /** Writes what is in the block, and leaves holes where it has only zeros. */
  private flush(): number {
    const { used } = this;
    for (let at = 0, next: number; at < used; at = next) {
      const zeros = isHole(this.block, at, Math.min(used, at + HOLE));
      next = Math.min(used, at + HOLE);
      while (next < used && isHole(this.block, next, Math.min(used, next + HOLE)) === zeros)
        next = Math.min(used, next + HOLE);
      if (zeros) continue;
      const result = tryWriteAt(this.fd, this.block.subarray(at, next), this.position + at);
      if (result < 0) return result;
      this.end = this.position + next;
    }
    this.position += used;
    this.used = 0;
    return 0;
  }
}
