/**
 * Rebuilds a layer's archive from its files and its tar-split record: gzip of one JSON object a line, which is either a
 * piece of the archive (type 2, in base64) or the place of a file's content (type 1, its name and size). Whether all of it
 * is right, the layer's diff id tells whoever reads it.
 */
import { hasCode, ProaError } from '../../core/error.ts';
import { openInRoot } from '../../core/rooted.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open, tryRead } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { S_IFMT, S_IFREG, tryStatAt } from '../../core/sys/stat.ts';
import { openDecoder } from '../tar/compression.ts';

const CHUNK = 1 << 20;
const NEWLINE = 0x0a;
/** The zeros behind an archive are one piece; nobody pads with more. */
const MAX_LINE = 64 << 20;

interface Entry {
  type: number;
  name?: string;
  /** In base64, where the name is no UTF-8. */
  name_raw?: string;
  size?: number;
  payload?: string | null;
}

/**
 * The archive's bytes, in one buffer that is valid until the next chunk is asked for.
 * @param record the .tar-split.gz
 * @param files the folder of the layer's files; no name and no link in there leads out of it
 * @throws ProaError BAD_STORE, BAD_COMPRESSION, EACCES
 */
export function* replayTarSplit(record: string, files: string): Generator<Uint8Array, void> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  let used = 0;
  for (const line of linesOf(record)) {
    const entry = parse(record, line);
    if (entry.type === 2) {
      const piece = Buffer.from(entry.payload ?? '', 'base64');
      // Room for one byte more, so that there is always some to read into.
      if (used + piece.length >= CHUNK) {
        yield buffer.subarray(0, used);
        used = 0;
      }
      if (piece.length >= CHUNK) yield piece;
      else used += piece.copy(buffer, used);
      continue;
    }
    const size = entry.size ?? 0;
    if (size === 0) continue;
    const name = entry.name_raw === undefined ? (entry.name ?? '') : Buffer.from(entry.name_raw, 'base64');
    using file = openContent(files, name);
    for (let at = 0; at < size; ) {
      const n = check(tryReadAt(file.fd, buffer.subarray(used, used + size - at), at), 'read', name);
      if (n === 0) throw damaged(files, name, `it has ${at} bytes, and should have ${size}`);
      at += n;
      used += n;
      if (used < CHUNK) continue;
      yield buffer;
      used = 0;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}

function openContent(files: string, name: string | Uint8Array) {
  let file: ReturnType<typeof openInRoot>;
  try {
    file = openInRoot(files, name, O.RDONLY | O.NONBLOCK | O.NOCTTY | O.NOFOLLOW);
  } catch (error) {
    // A link stands in its place; ENXIO: a socket.
    if (hasCode(error, 'ELOOP', 'ENXIO')) throw damaged(files, name, 'it is not a file');
    throw error;
  }
  if (file === undefined) throw damaged(files, name, 'it is not there');
  const status = tryStatAt(file.fd, '');
  if (typeof status !== 'number' && (status.mode & S_IFMT) === S_IFREG) return file;
  file[Symbol.dispose]();
  throw damaged(files, name, 'it is not a file');
}

function* linesOf(record: string): Generator<Buffer, void> {
  const fd = open(record, O.RDONLY);
  try {
    using decoder = openDecoder('gzip');
    let rest: Buffer = Buffer.alloc(0);
    // gzip is decoded on this thread, so its chunks come without waiting.
    for (const chunk of decoder.decode(read(fd)) as Iterable<Uint8Array>) {
      const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
      if (rest.length > MAX_LINE) throw new ProaError('BAD_STORE', `read ${record}: a line without an end`);
    }
    if (rest.length > 0) yield rest;
  } finally {
    close(fd);
  }
}

function* read(fd: number): Generator<Uint8Array, void> {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (;;) {
    const n = check(tryRead(fd, buffer), 'read tar-split');
    if (n === 0) return;
    yield buffer.subarray(0, n);
  }
}

function parse(record: string, line: Buffer): Entry {
  let entry: Entry;
  try {
    entry = JSON.parse(line.toString('utf8')) as Entry;
  } catch (cause) {
    throw new ProaError('BAD_STORE', `read ${record}: it is no tar-split record`, { cause });
  }
  if (entry.type === 1 || entry.type === 2) return entry;
  throw new ProaError('BAD_STORE', `read ${record}: an entry of type ${entry.type}`);
}

function damaged(files: string, name: string | Uint8Array, why: string): ProaError {
  return new ProaError('BAD_STORE', `read ${Buffer.from(name as string).toString()} in ${files}: ${why}`, {
    hint: 'The layer was changed since Podman made it: podman system check, or pull it from its registry',
  });
}
