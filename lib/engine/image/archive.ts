/**
 * What `load` reads: a tar file or a folder, both as named members that are read wherever they lie. What comes as a
 * stream, or compressed, is spooled to ROOT/tmp first, because an archive may have its manifest behind its layers; so
 * memory stays the same however large the layers are.
 */
import { fstatSync } from 'node:fs';
import { addContext, hasCode, messageOf, ProaError } from '../../core/error.ts';
import { openInRoot } from '../../core/rooted.ts';
import { tryReadAt } from '../../core/sys/descriptor.ts';
import { close, O, open, writeAll } from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import type { Store } from '../../storage/store.ts';
import { type ArchiveMember, indexArchive } from '../../storage/tar/archive-index.ts';
import { detectCompression, MAGIC_LENGTH, openDecoder } from '../../storage/tar/compression.ts';
import { openSpool, readRange } from './spool.ts';

/** Where an archive comes from: a file or folder by its path, or a stream. The name is for messages. */
export type ArchiveInput =
  | { path: string; name?: string }
  | { stream: Iterable<Uint8Array> | AsyncIterable<Uint8Array>; name: string };

export interface MemberReader extends Disposable {
  readonly size: number;
  /** The bytes in pieces, each valid until the next is asked for. */
  chunks(): Iterable<Uint8Array>;
}

export interface ImageArchive extends Disposable {
  /** For messages. */
  readonly name: string;
  /** Opens a regular member, through links inside the archive; undefined when there is none of that name. */
  open(path: string): MemberReader | undefined;
}

/** A link to a link to a link …: no archive has more. */
const MAX_LINKS = 10;

/**
 * Opens an image archive.
 * @throws ProaError ENOENT, BAD_ARCHIVE, BAD_COMPRESSION, ENOSPC
 */
export async function openArchive(store: Store, input: ArchiveInput): Promise<ImageArchive> {
  const name = 'path' in input ? (input.name ?? input.path) : input.name;
  try {
    if ('path' in input) {
      const fd = open(input.path, O.RDONLY);
      const stat = fstatSync(fd);
      if (stat.isDirectory()) {
        close(fd);
        return new FolderArchive(input.path);
      }
      // A fifo, a device or a process substitution can be read only once.
      if (stat.isFile()) return await openFile(store, name, fd);
      close(fd);
    }
    const stream = 'path' in input ? Bun.file(input.path).stream() : input.stream;
    return await openStream(store, name, stream);
  } catch (error) {
    throw explain(error, name);
  }
}

/** The bytes of a small member, or undefined. */
export function readMember(archive: ImageArchive, path: string, limit: number): Buffer | undefined {
  using member = archive.open(path);
  if (member === undefined) return undefined;
  if (member.size > limit) {
    throw new ProaError(
      'BAD_ARCHIVE',
      `read ${archive.name}: ${path} has ${member.size} bytes, more than ${limit}`,
    );
  }
  const parts: Uint8Array[] = [];
  for (const chunk of member.chunks()) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

function explain(error: unknown, name: string): unknown {
  if (!hasCode(error, 'BAD_ARCHIVE')) return addContext(error, `read ${name}`);
  const why = messageOf(error).replace(/^read (?:layer|archive): /, '');
  return new ProaError('BAD_ARCHIVE', `read ${name}: it is no tar archive, or it is damaged: ${why}`, {
    cause: error,
    hint: 'proa load takes what docker save, podman save, skopeo or umoci write',
  });
}

/** Takes over `fd`. What was decompressed is not decompressed again: there are archives that unfold to themselves. */
async function openFile(store: Store, name: string, fd: number, decoded = false): Promise<ImageArchive> {
  using closing = new DisposableStack();
  closing.defer(() => close(fd));
  const { size } = fstatSync(fd);
  if (size === 0) throw new ProaError('EMPTY_INPUT', 'it is empty');
  const start = Buffer.alloc(MAGIC_LENGTH);
  check(tryReadAt(fd, start, 0), 'read', name);
  const compression = decoded ? 'none' : detectCompression(start);
  if (compression === 'none') {
    const archive = new TarArchive(name, fd, indexArchive(fd, size));
    closing.move();
    return archive;
  }
  using decoder = openDecoder(compression);
  return await openStream(store, name, decoder.decode(readRange(fd, 0, size)), true);
}

/** Writes a stream to a file that has no name any more, so that it goes with its descriptor, and opens that. */
async function openStream(
  store: Store,
  name: string,
  stream: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  decoded = false,
): Promise<ImageArchive> {
  using closing = new DisposableStack();
  const fd = openSpool(store);
  closing.defer(() => close(fd));
  for await (const chunk of stream) {
    writeAll(fd, chunk, `${store.tmp} (the archive's copy)`);
    // Decoding happens on this thread, chunk by chunk: others get their turn in between.
    await new Promise(setImmediate);
  }
  closing.move();
  return await openFile(store, name, fd, decoded);
}

class TarArchive implements ImageArchive {
  constructor(
    readonly name: string,
    private readonly fd: number,
    private readonly members: ReadonlyMap<string, ArchiveMember>,
  ) {}

  open(path: string): MemberReader | undefined {
    let key = Buffer.from(path.replace(/^(\.?\/)+/, '')).toString('latin1');
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      const member = this.members.get(key);
      if (member === undefined) return undefined;
      if (member.kind === 'file') {
        const { offset, size } = member;
        const chunks = (): Iterable<Uint8Array> => readRange(this.fd, offset, size);
        return { size, chunks, [Symbol.dispose]: () => {} };
      }
      key = member.target;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    close(this.fd);
  }
}

class FolderArchive implements ImageArchive {
  constructor(readonly name: string) {}

  open(path: string): MemberReader | undefined {
    // The folder is the root of all paths and links: what a manifest names cannot be a file of the host's.
    const file = openInRoot(this.name, path, O.RDONLY | O.NONBLOCK);
    if (file === undefined) return undefined;
    const stat = fstatSync(file.fd);
    if (!stat.isFile()) {
      file[Symbol.dispose]();
      return undefined;
    }
    const chunks = (): Iterable<Uint8Array> => readRange(file.fd, 0, stat.size);
    return { size: stat.size, chunks, [Symbol.dispose]: () => file[Symbol.dispose]() };
  }

  [Symbol.dispose](): void {}
}
