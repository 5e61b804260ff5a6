/** Writes one file's content: in one piece, as fragments of a sparse file, and with holes where there are only zeros. */
import { crc32 } from 'node:zlib';
import { tryTruncate, tryWriteAt } from '../../core/sys/descriptor.ts';
import { tryWriteAll } from '../../core/sys/file.ts';
import { DirectContentWriter, LARGE } from './direct-content.ts';
import { HOLE, isHole } from './hole.ts';
import type { SparseMap } from './sparse.ts';

/** The writer of one file's content: takes its bytes in order, then {@link ContentWriter.finish} is called. */
export function openContent(
  fd: number,
  size: number,
  map: SparseMap | undefined,
): ContentWriter | DirectContentWriter {
  const direct = map === undefined && size >= LARGE ? DirectContentWriter.open(fd, size) : undefined;
  return direct ?? new ContentWriter(fd, size, map);
}

export class ContentWriter {
  /** CRC-32 of the stored bytes so far. */
  crc = 0;
  /** Position in the file of the next stored byte. */
  private position = 0;
  /** Where the file ends on disk by now. */
  private end = 0;
  private fragment = 0;
  private left = Number.POSITIVE_INFINITY;
  /** False as long as everything was written in one go, which needs no positions. */
  private scattered = false;

  constructor(
    private readonly fd: number,
    private readonly size: number,
    private readonly map: SparseMap | undefined,
  ) {
    if (map) {
      this.scattered = true;
      this.nextFragment();
    }
  }

  /** Takes the next stored bytes. Returns 0 or -errno. */
  write(bytes: Buffer): number {
    this.crc = crc32(bytes, this.crc);
    let at = 0;
    while (at < bytes.length) {
      const n = Math.min(this.left, bytes.length - at);
      const result = this.place(at === 0 && n === bytes.length ? bytes : bytes.subarray(at, at + n));
      if (result < 0) return result;
      at += n;
      this.left -= n;
      if (this.left === 0) this.nextFragment();
    }
    return 0;
  }

  /** Call after the last byte. Returns 0 or -errno. */
  finish(): number {
    return this.end < this.size ? tryTruncate(this.fd, this.size) : 0;
  }

  private nextFragment(): void {
    const { map } = this;
    while (map && this.fragment < map.length) {
      this.position = map[this.fragment]!;
      this.left = map[this.fragment + 1]!;
      this.fragment += 2;
      if (this.left > 0) return;
    }
  }

  private place(bytes: Buffer): number {
    if (bytes.length < HOLE) return this.put(bytes);
    let from = 0;
    for (let at = 0, next: number; at < bytes.length; at = next) {
      // Up to the next multiple of HOLE in the file, so that all holes but those at a chunk's ends have that size.
      next = Math.min(bytes.length, at + HOLE - ((this.position + at - from) & (HOLE - 1)));
      if (!isHole(bytes, at, next)) continue;
      const result = at > from ? this.put(bytes.subarray(from, at)) : 0;
      if (result < 0) return result;
      this.position += next - at;
      this.scattered = true;
      from = next;
    }
    return from < bytes.length ? this.put(from === 0 ? bytes : bytes.subarray(from)) : 0;
  }

  private put(bytes: Buffer): number {
    const result = this.scattered ? tryWriteAt(this.fd, bytes, this.position) : tryWriteAll(this.fd, bytes);
    this.position += bytes.length;
    this.end = Math.max(this.end, this.position);
    return result;
  }
}
