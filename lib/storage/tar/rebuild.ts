/**
 * Rebuilds a layer's tar archive, bit for bit, from its files and its recipe.
 *
 * Files are opened below the layer's folder without following any link, so that a path can only mean what was
 * unpacked there. Each content is checked against the CRC-32 that it had; whoever needs certainty against more than
 * accident hashes the whole and compares it with the diff id.
 */
import { crc32 } from 'node:zlib';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open } from '../../core/sys/file.ts';
import { sysError } from '../../core/sys/libc.ts';
import { RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, tryOpenAt2 } from '../../core/sys/openat2.ts';
import { S_IFMT, S_IFREG, tryStatAt } from '../../core/sys/stat.ts';
import { show } from './archive-error.ts';
import { toPath } from './header.ts';
import { type ContentRecord, layerDamaged, RecipeReader } from './recipe-reader.ts';

const CHUNK = 512 * 1024;

/** Reads exactly `into.length` bytes at a position of the content's file. */
type ReadAt = (into: Buffer, position: number) => void;

/**
 * Yields the archive in buffers of up to 512 KiB, which are the caller's to keep. Reading from disk blocks the thread.
 * @throws ProaError LAYER_DAMAGED when a file is missing or altered (naming it), or the recipe is
 */
export async function* rebuildTar(recipePath: string, diffDir: string): AsyncGenerator<Uint8Array, void> {
  using recipe = new RecipeReader(recipePath);
  using resources = new DisposableStack();
  const rootFd = open(diffDir, O.RDONLY | O.DIRECTORY);
  resources.defer(() => close(rootFd));

  let buffer = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  let total = 0;
  for (const piece of pieces(recipe, rootFd)) {
    let done = 0;
    while (done < piece.length) {
      const n = Math.min(piece.length - done, CHUNK - used);
      piece.fill(buffer.subarray(used, used + n), done);
      used += n;
      done += n;
      if (used < CHUNK) continue;
      yield buffer;
      buffer = Buffer.allocUnsafe(CHUNK);
      used = 0;
    }
    piece.finish();
    total += piece.length;
  }
  if (total !== recipe.total) throw layerDamaged(`rebuild layer: ${total} bytes instead of ${recipe.total}`);
  if (used > 0) yield buffer.subarray(0, used);
}

/** A run of the archive's bytes: `fill` is asked for all of them, in order, then `finish` is called. */
interface Piece {
  length: number;
  fill(into: Buffer, done: number): void;
  finish(): void;
}

function* pieces(recipe: RecipeReader, rootFd: number): Iterable<Piece> {
  for (const record of recipe.records()) {
    if ('raw' in record) {
      const { raw } = record;
      yield {
        length: raw.length,
        fill: (into, done) => raw.copy(into, 0, done, done + into.length),
        finish: () => {},
      };
      continue;
    }
    const { content } = record;
    const displaced = recipe.displacedContent(content);
    if (displaced) {
      yield contentPiece(content, displaced);
      continue;
    }
    const fd = openContent(rootFd, content);
    try {
      yield contentPiece(content, (into, position) => readFile(fd, content, into, position));
    } finally {
      close(fd);
    }
  }
}

function contentPiece(content: ContentRecord, readAt: ReadAt): Piece {
  const { fragments, stored } = content;
  const map = fragments.length > 0 ? fragments : [0, stored];
  let crc = 0;
  let fragment = 0;
  /** Bytes before the current fragment. */
  let before = 0;
  return {
    length: stored,
    fill(into, done) {
      for (let at = 0; at < into.length; ) {
        while (done + at >= before + map[fragment + 1]!) {
          before += map[fragment + 1]!;
          fragment += 2;
        }
        const inside = done + at - before;
        const n = Math.min(into.length - at, map[fragment + 1]! - inside);
        readAt(into.subarray(at, at + n), map[fragment]! + inside);
        at += n;
      }
      crc = crc32(into, crc);
    },
    finish() {
      if (crc !== content.crc) throw altered(content, 'its content has changed');
    },
  };
}

function openContent(rootFd: number, content: ContentRecord): number {
  const flags = O.RDONLY | O.NONBLOCK | O.NOCTTY | O.NOFOLLOW;
  const fd = tryOpenAt2(rootFd, toPath(content.path), flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  // ENOENT, ENXIO (a fifo or socket), ENOTDIR, ELOOP, EXDEV: something else is there, or nothing.
  if ([-2, -6, -20, -40, -18].includes(fd)) throw altered(content, 'it is not there any more');
  if (fd < 0) throw sysError(-fd, 'rebuild layer', show(content.path));
  const status = tryStatAt(fd, '');
  if (typeof status !== 'number' && (status.mode & S_IFMT) === S_IFREG) return fd;
  close(fd);
  throw altered(content, 'it is not a file any more');
}

function readFile(fd: number, content: ContentRecord, into: Buffer, position: number): void {
  const n = tryReadAt(fd, into, position);
  if (n < 0) throw sysError(-n, 'rebuild layer', show(content.path));
  if (n < into.length) throw altered(content, 'it is shorter than it was');
}

function altered(content: ContentRecord, why: string): Error {
  return layerDamaged(`rebuild layer: ${show(content.path)}: ${why}`);
}
