/** Files that are there whole or not at all: written beside their place, then renamed. */
import { readFileSync } from 'node:fs';
import { messageOf, ProaError } from './error.ts';
import {
  AT_FDCWD,
  close,
  fsync,
  O,
  open,
  renameAt2,
  tryOpenAt,
  tryRead,
  tryUnlinkAt,
  writeAll,
} from './sys/file.ts';
import { check } from './sys/libc.ts';

const ENOENT = 2;
const ENOTDIR = 20;

export interface WriteOptions {
  /** Wait until the bytes and the name would survive a power cut. */
  sync?: boolean;
  /** Permission bits, 0644 when left out. */
  mode?: number;
}

/**
 * Replaces a file by one rename. Writers of one file hold its object's lock, so the temporary name beside it is fixed
 * and a crash leaves at most one such file, which the next write takes over.
 */
export function writeFileAtomic(file: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const temporary = `${file}.new`;
  try {
    writeFile(temporary, data, options);
    renameAt2(temporary, file);
  } catch (error) {
    tryUnlinkAt(AT_FDCWD, temporary);
    throw error;
  }
  if (options.sync) syncFolder(file.slice(0, file.lastIndexOf('/')));
}

/** Writes a new file, or over an old one, in place. Only for files that no reader can see yet. */
export function writeFile(file: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const fd = open(file, O.WRONLY | O.CREAT | O.TRUNC, options.mode ?? 0o644);
  try {
    writeAll(fd, typeof data === 'string' ? Buffer.from(data) : data, file);
    if (options.sync) fsync(fd, file);
  } finally {
    close(fd);
  }
}

/** Deletes a file; absent is fine. */
export function removeFile(file: string): void {
  const result = tryUnlinkAt(AT_FDCWD, file);
  if (result !== -ENOENT) check(result, 'remove', file);
}

/** Makes the names in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const fd = open(folder, O.RDONLY | O.DIRECTORY);
  try {
    fsync(fd, folder);
  } finally {
    close(fd);
  }
}

/** A JSON record with its `version`, as all of Proa's records are written. */
export function writeRecord<T extends { version: number }>(
  file: string,
  record: T,
  options: WriteOptions = {},
): void {
  writeFileAtomic(file, `${JSON.stringify(record)}\n`, options);
}

/**
 * Reads a JSON record.
 * @returns undefined when the file is not there
 * @throws ProaError CORRUPT_RECORD naming the file when it is not JSON or has a version that we do not know
 */
export function readRecord<T extends { version: number }>(file: string, version = 1): T | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  let record: T | null;
  try {
    record = JSON.parse(text) as T | null;
  } catch (error) {
    throw corrupt(file, messageOf(error), error);
  }
  if (typeof record !== 'object' || record === null) throw corrupt(file, 'it is not an object');
  if (record.version !== version) {
    throw corrupt(file, `it has version ${JSON.stringify(record.version)}, this proa reads ${version}`);
  }
  return record;
}

/** Longer records are rare. */
const readBuffer = Buffer.alloc(65_536);

/**
 * A small file's text, undefined when it is not there. By system calls of our own: a listing reads thousands, and
 * `readFileSync` takes twice as long, four times where there is no file and an error would be built.
 */
function readText(file: string): string | undefined {
  const fd = tryOpenAt(AT_FDCWD, file, O.RDONLY);
  if (fd === -ENOENT || fd === -ENOTDIR) return undefined;
  check(fd, 'read', file);
  try {
    const n = check(tryRead(fd, readBuffer), 'read', file);
    if (n < readBuffer.length) return readBuffer.toString('utf8', 0, n);
  } finally {
    close(fd);
  }
  return readFileSync(file, 'utf8');
}

function corrupt(file: string, why: string, cause?: unknown): ProaError {
  return new ProaError('CORRUPT_RECORD', `read record ${file}: ${why}`, {
    cause,
    hint: 'proa system check --repair',
  });
}
