/** ADD of a local archive: what it holds is unpacked, with the owners that it names. */
import { hasCode, ProaError } from '../../core/error.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { sysError } from '../../core/sys/libc.ts';
import { below } from '../../storage/tar/below.ts';
import { detectCompression, openDecoder } from '../../storage/tar/compression.ts';
import type { Extractor } from '../../storage/tar/extract.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import { TarReader } from '../../storage/tar/reader.ts';
import { isTar, START } from './context-archive.ts';

const CHUNK = 1 << 20;

/**
 * Whether a file is a tar, plain or packed, by its content, however it is called. A packed file of any other kind is a file
 * like any other.
 */
export async function isArchiveFile(fd: number): Promise<boolean> {
  const start = Buffer.alloc(START);
  const n = tryReadAt(fd, start, 0);
  if (n < 0) throw sysError(-n, 'read archive');
  const compression = detectCompression(start.subarray(0, n));
  if (compression === 'none') return isTar(start.subarray(0, n));
  using decoder = openDecoder(compression);
  let plain = Buffer.alloc(0);
  try {
    for await (const bytes of decoder.decode(fileChunks(fd))) {
      plain = Buffer.concat([plain, bytes]);
      if (plain.length >= START) break;
    }
  } catch (error) {
    // What does not even begin to unpack is no archive.
    if (hasCode(error, 'BAD_COMPRESSION')) return false;
    throw error;
  }
  return isTar(plain);
}

/**
 * Unpacks an archive's members below a folder.
 * @param name for messages
 * @throws ProaError BAD_ARCHIVE, BAD_COMPRESSION, HOSTILE_ARCHIVE, PROGRAM_MISSING, ENOSPC, …
 */
export async function unpackArchive(
  fd: number,
  name: string,
  extractor: Extractor,
  folder: ByteString,
): Promise<void> {
  const start = Buffer.alloc(START);
  tryReadAt(fd, start, 0);
  try {
    using decoder = openDecoder(detectCompression(start));
    const reader = new TarReader(below(folder, extractor));
    for await (const bytes of decoder.decode(fileChunks(fd))) {
      reader.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    }
    reader.end();
  } catch (error) {
    throw aboutArchive(error, name);
  }
}

function* fileChunks(fd: number): Generator<Uint8Array, void, undefined> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (let position = 0; ; ) {
    const n = tryReadAt(fd, buffer, position);
    if (n < 0) throw sysError(-n, 'read archive');
    if (n === 0) return;
    yield buffer.subarray(0, n);
    position += n;
  }
}

/** What the readers say of layers holds of this archive, but for what to do about it. */
function aboutArchive(error: unknown, name: string): unknown {
  if (!hasCode(error, 'BAD_ARCHIVE', 'HOSTILE_ARCHIVE', 'BAD_COMPRESSION')) return error;
  const { code, message, cause } = error as ProaError;
  const why = message.replace(/^(?:read|decompress(?: \w+)?) layer: /, '');
  return new ProaError(code, `unpack ${name}: ${why}`, {
    cause,
    hint: 'COPY copies an archive as it is, and so does ADD --unpack=false',
  });
}
