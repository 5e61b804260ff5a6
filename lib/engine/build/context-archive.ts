/** Archives as contexts: what they are is told by their first bytes, and they are unpacked into a temporary folder. */
import { O, open } from '../../core/sys/file.ts';
import { detectCompression, openDecoder } from '../../storage/tar/compression.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import { BLOCK, isZeroBlock, parseHeader } from '../../storage/tar/header.ts';
import { TarReader } from '../../storage/tar/reader.ts';
import type { Engine } from '../engine.ts';

/** Whether bytes begin an archive, packed or not; anything else is a text, such as a Dockerfile. */
export function isArchive(start: Uint8Array): boolean {
  return detectCompression(start) !== 'none' || isTar(start);
}

/** Whether bytes begin a tar that is not packed. */
export function isTar(start: Uint8Array): boolean {
  if (start.length < BLOCK) return false;
  const block = Buffer.from(start.buffer, start.byteOffset, BLOCK);
  if (isZeroBlock(block)) return true;
  try {
    parseHeader(block);
    return true;
  } catch {
    return false; // no header: a wrong checksum is the answer, not an error
  }
}

/** What {@link Peeked} looks at. */
export const START = BLOCK;

/** Chunks of which the first bytes can be looked at before all of them are read. */
export class Peeked {
  private readonly input: Iterator<Uint8Array>;
  /** All bytes of it up to {@link START}, or all there are. */
  readonly start: Buffer;

  constructor(chunks: Iterable<Uint8Array>) {
    this.input = chunks[Symbol.iterator]();
    const parts: Buffer[] = [];
    let size = 0;
    while (size < START) {
      const next = this.input.next();
      if (next.done) break;
      parts.push(Buffer.from(next.value));
      size += next.value.length;
    }
    this.start = Buffer.concat(parts);
  }

  *all(): Generator<Uint8Array, void, undefined> {
    if (this.start.length > 0) yield this.start;
    for (let next = this.input.next(); !next.done; next = this.input.next()) yield next.value;
  }
}

/**
 * Unpacks an archive into a folder. Owners do not matter: what COPY makes is root's, or whose --chown says.
 * @throws ProaError BAD_ARCHIVE, BAD_COMPRESSION, HOSTILE_ARCHIVE, PROGRAM_MISSING, ENOSPC, …
 */
export async function unpackContext(engine: Engine, archive: Peeked, folder: string): Promise<void> {
  using decoder = openDecoder(detectCompression(archive.start));
  using extractor = new Extractor(open(folder, O.RDONLY | O.DIRECTORY), {
    xattrPrefix: engine.store.xattrPrefix,
    ignoreOwner: true,
    copy: { overwrite: true },
  });
  const reader = new TarReader(extractor);
  for await (const bytes of decoder.decode(archive.all()))
    reader.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
  reader.end();
  extractor.finish();
}
