/** `--output type=local` and `type=tar`: the files of the result, in a folder of this machine or as one archive. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { addContext, ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { O, open } from '../../core/sys/file.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { isKeptXattr } from '../../storage/tar/attributes.ts';
import type { Entry } from '../../storage/tar/entry.ts';
import { Extractor } from '../../storage/tar/extract.ts';
import { joinName } from '../../storage/tar/path.ts';
import { type Member, TreeWalk } from '../../storage/tar/walk.ts';
import { writeTar } from '../../storage/tar/write.ts';
import { isExportedXattr } from '../container/export.ts';
import type { Engine } from '../engine.ts';
import { writeSavedFile } from '../image/save-output.ts';
import { openImageFiles } from './image-files.ts';
import type { FilesOutput } from './output.ts';
import type { BuiltImage } from './request.ts';

/** A small file that the output holds besides the image's own: an attestation. */
export interface ExtraFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Milliseconds for which the thread is kept from other work (progress, a signal). */
const SLICE = 50;

/**
 * Writes the files of all platforms.
 * @param extras by image, for its top folder
 * @returns bytes of files' contents, or of the archive
 * @throws ProaError EACCES, ENOSPC, EISDIR, …
 */
export async function writeFiles(
  engine: Engine,
  images: readonly BuiltImage[],
  output: FilesOutput,
  extras: ReadonlyMap<BuiltImage, readonly ExtraFile[]>,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const split = output.platformSplit ?? images.length > 1;
  if (!split && images.length > 1)
    throw new ProaError(
      'CONFLICTING_OPTIONS',
      'write files of several platforms: platform-split=false puts them into one folder',
    );
  const members = function* (): Generator<Member> {
    for (const image of images) {
      const top = split ? folderName(image.platform) : '';
      if (split) yield { entry: extraEntry('folder', top, 0) };
      yield* imageMembers(engine, image, top, output.kind === 'tar');
    }
  };
  const files = images.flatMap((image) => {
    const top = split ? folderName(image.platform) : '';
    return (extras.get(image) ?? []).map(({ name, bytes }) => ({ name: joinName(top, name), bytes }));
  });
  return output.kind === 'tar'
    ? await writeArchive(members(), files, output.target, onBytes)
    : await writeFolder(engine, members(), files, output, onBytes);
}

/** `linux_arm_v7`, as BuildKit names the folders. */
function folderName({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join('_');
}

/** @param forArchive extended attributes are those that archives of containers have */
function* imageMembers(
  { store }: Engine,
  { diffIds }: BuiltImage,
  top: string,
  forArchive: boolean,
): Generator<Member> {
  using files = openImageFiles(store, diffIds);
  const walk = new TreeWalk({ xattrs: forArchive ? isExportedXattr : isKeptXattr });
  for (const member of walk.members(files.fd, top)) if (member.entry.path !== top) yield member;
}

async function writeArchive(
  members: Iterable<Member>,
  files: readonly ExtraFile[],
  target: string | number,
  onBytes: (bytes: number) => void,
): Promise<number> {
  let total = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of withFiles(members, files)) {
      total += chunk.length;
      onBytes(total);
      yield chunk;
    }
  };
  await writeStream(target, counted());
  return total;
}

/** The archive, the extra files before its end mark. */
async function* withFiles(
  members: Iterable<Member>,
  files: readonly ExtraFile[],
): AsyncGenerator<Uint8Array> {
  if (files.length === 0) {
    yield* writeTar(members);
    return;
  }
  const { Header } = await import('tar');
  for (const { name, bytes } of files) {
    const header = Buffer.alloc(512);
    new Header({
      path: name,
      size: bytes.length,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: new Date(0),
      type: 'File',
    }).encode(header, 0);
    yield header;
    yield bytes;
    if (bytes.length % 512 !== 0) yield Buffer.alloc(512 - (bytes.length % 512));
  }
  yield* writeTar(members);
}

/** To a descriptor, or to a file, which appears when it is whole. */
export async function writeStream(target: string | number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  if (typeof target === 'string') return await writeSavedFile(target, bytes);
  const writer = new FdWriter(target);
  for await (const chunk of bytes) await writer.write(chunk);
}

async function writeFolder(
  engine: Engine,
  members: Iterable<Member>,
  files: readonly ExtraFile[],
  { target, replace }: FilesOutput,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const folder = String(target);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new ProaError('ENOTDIR', `write the result to ${folder}: it is not a folder`, {
      hint: 'For an archive of the files: --output type=tar,dest=FILE',
    });
  try {
    mkdirSync(folder, { recursive: true });
    if (replace) for (const name of readdirSync(folder)) removeTree(`${folder}/${name}`);
    // They belong to who builds, as with BuildKit: what is built is not to be run from there.
    using extractor = new Extractor(open(folder, O.RDONLY | O.DIRECTORY), {
      xattrPrefix: engine.store.xattrPrefix,
      ignoreOwner: true,
      copy: { overwrite: true },
    });
    let rested = performance.now();
    let bytes = 0;
    for (const { entry, fd } of members) {
      if (entry.type === 'char' || entry.type === 'block') continue;
      extractor.entry(entry);
      if (fd !== undefined) extractor.content(fd);
      extractor.entryEnd();
      bytes += entry.size;
      if (performance.now() - rested < SLICE) continue;
      onBytes(bytes);
      await Bun.sleep(0);
      rested = performance.now();
    }
    for (const { name, bytes: content } of files) {
      extractor.entry(extraEntry('file', name, content.length));
      extractor.data(Buffer.from(content));
      extractor.entryEnd();
    }
    const { diskSize } = extractor.finish();
    onBytes(diskSize);
    return diskSize;
  } catch (error) {
    throw addContext(error, `write the result to ${folder}`);
  }
}

function extraEntry(type: 'file' | 'folder', path: string, size: number): Entry {
  return {
    type,
    path,
    linkPath: '',
    mode: type === 'folder' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size,
    stored: size,
    mtime: { sec: Math.floor(Date.now() / 1000), nsec: 0 },
    atime: undefined,
    major: 0,
    minor: 0,
    xattrs: undefined,
    sparse: undefined,
  };
}
