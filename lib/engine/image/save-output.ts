/** Where a save goes: a file that appears whole, or a folder that names nothing which is not there yet. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { removeTree } from '../../core/sys/directory.ts';
import {
  AT_FDCWD,
  close,
  fsync,
  O,
  open,
  renameAt2,
  startWriteback,
  tryOpenAt,
  tryUnlinkAt,
  writeAll,
} from '../../core/sys/file.ts';
import { check } from '../../core/sys/libc.ts';
import { mergeIndex } from './merge-index.ts';
import type { SaveFormat } from './save-layout.ts';
import type { SavedFile } from './saved-files.ts';

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Bytes after which the disk is told to begin, so that it works while we do and little is left to wait for. */
const WRITEBACK = 8 << 20;

/** Writes a file, which appears under its name when it is complete; a device or fifo is written as it is. */
export async function writeSavedFile(file: string, bytes: Bytes): Promise<void> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    throw new ProaError('EISDIR', `save images to ${file}: it is a folder`, {
      hint: 'Name a file in it, or save as a folder: --format oci-dir',
    });
  }
  if (stat === undefined || stat.isFile()) return await writeWhole(file, bytes);
  const fd = open(file, O.WRONLY);
  try {
    for await (const chunk of bytes) writeAll(fd, chunk, file);
  } finally {
    close(fd);
  }
}

async function writeWhole(file: string, bytes: Bytes): Promise<void> {
  // Beside its place, so that a rename can publish it.
  const target = `${file}.proa-${crypto.randomUUID().slice(0, 8)}`;
  const fd = check(tryOpenAt(AT_FDCWD, target, O.WRONLY | O.CREAT | O.EXCL, 0o666), 'create', file);
  try {
    let written = 0;
    let told = 0;
    for await (const chunk of bytes) {
      writeAll(fd, chunk, file);
      written += chunk.length;
      if (written - told < WRITEBACK) continue;
      startWriteback(fd, told, written - told);
      told = written;
    }
    fsync(fd, file);
    renameAt2(target, file);
  } catch (error) {
    tryUnlinkAt(AT_FDCWD, target);
    throw error;
  } finally {
    close(fd);
  }
}

/** What says which blobs a folder consists of: written when those are there. */
const LAST = ['index.json', 'manifest.json'];
/** A file that is named by the digest of its content. */
const BLOB = /(?:^|\/)[0-9a-f]{64}$/;

/**
 * Writes the files of a format that is a folder. An OCI layout that is there already gets one image more, as from skopeo
 * and umoci; the single image of a `dir:` is replaced.
 * @throws ProaError EEXIST for a folder that holds something else; what was new then goes
 */
export async function writeSavedFolder(
  folder: string,
  format: SaveFormat,
  files: AsyncIterable<SavedFile>,
): Promise<void> {
  const before = checkFolder(folder, format);
  using undo = new DisposableStack();
  const made = mkdirSync(folder, { recursive: true });
  if (made !== undefined) undo.defer(() => removeTree(made));
  const last: { path: string; bytes: Uint8Array }[] = [];
  const kept = new Set<string>();
  for await (const { path, size, bytes } of files) {
    const file = `${folder}/${path}`;
    kept.add(path);
    if (LAST.includes(path)) {
      last.push({ path, bytes: await whole(bytes) });
      continue;
    }
    const there = statSync(file, { throwIfNoEntry: false });
    if (BLOB.test(path) && there?.size === size) continue;
    const parent = mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
    if (parent !== undefined) undo.defer(() => removeTree(parent));
    await writeWhole(file, bytes);
    if (there === undefined) undo.defer(() => tryUnlinkAt(AT_FDCWD, file));
  }
  for (const { path, bytes } of last) {
    const file = `${folder}/${path}`;
    const old = format === 'oci-dir' && existsSync(file) ? readFileSync(file) : undefined;
    await writeWhole(file, [old === undefined ? bytes : mergeIndex(old, bytes, folder)]);
  }
  undo.move();
  if (format === 'docker-dir') removeStale(folder, before, kept);
}

/** What is in the folder by now. */
function checkFolder(folder: string, format: SaveFormat): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder);
  const mark = format === 'oci-dir' ? 'oci-layout' : 'version';
  if (names.length === 0 || names.includes(mark)) return names;
  const kind = format === 'oci-dir' ? 'OCI layout' : 'folder of an image';
  throw new ProaError('EEXIST', `save images to ${folder}: the folder is not empty, and is no ${kind}`, {
    hint: 'Name a folder that does not exist yet',
  });
}

/** The blobs and signatures of the image that was in a `dir:` before; nothing else is ours to delete. */
function removeStale(folder: string, before: readonly string[], kept: ReadonlySet<string>): void {
  const ours = before.filter((name) => BLOB.test(name) || /^signature-\d+$/.test(name));
  for (const name of ours) if (!kept.has(name)) tryUnlinkAt(AT_FDCWD, `${folder}/${name}`);
}

async function whole(bytes: Bytes): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of bytes) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}
