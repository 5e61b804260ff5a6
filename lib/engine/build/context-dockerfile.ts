/** Which Dockerfile a build reads, and which ignore file belongs to it. */
import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path/posix';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../core/input.ts';
import { pathInRoot, readInRoot } from '../../core/rooted.ts';
import { isUrl, readUrl, shownUrl } from '../image/web-archive.ts';
import type { OpenedFolder } from './context-folder.ts';

/** Where instructions come from; `name` is for messages. */
export interface DockerfileText {
  readonly text: string;
  readonly name: string;
}

interface FoundDockerfile extends DockerfileText {
  /** Text of the ignore file beside it, which wins over the context's. */
  readonly ignore?: string;
}

interface DockerfileChoice {
  readonly files: readonly string[];
  readonly defaultFiles: readonly string[];
}

/** A Dockerfile is small; what is larger was meant to be something else. */
const LARGEST = 16 << 20;

/**
 * Reads the Dockerfiles that were asked for, one text after the other, or the context's own.
 * @throws ProaError DOCKERFILE_NOT_FOUND, DOCKERFILE_UNREADABLE
 */
export async function findDockerfile(
  folder: OpenedFolder,
  stdin: number,
  { files, defaultFiles }: DockerfileChoice,
): Promise<FoundDockerfile> {
  if (files.length === 0) return folder.dockerfile ?? defaultDockerfile(folder, defaultFiles);
  const found: FoundDockerfile[] = [];
  for (const file of files) found.push(await namedDockerfile(folder, stdin, file));
  if (found.length === 1) return found[0]!;
  return { text: found.map(({ text }) => text).join('\n'), name: found[0]!.name };
}

function defaultDockerfile(folder: OpenedFolder, names: readonly string[]): FoundDockerfile {
  // Docker's client takes small letters too.
  for (const name of [...names, 'dockerfile']) {
    const found = readInContext(folder, name);
    if (found !== undefined) return found;
  }
  const wanted = names.join(' or ');
  throw new ProaError('DOCKERFILE_NOT_FOUND', `open ${wanted} in ${folder.shown}: no such file`, {
    hint: 'name the Dockerfile with -f FILE, or the folder that it is in as the last word',
  });
}

async function namedDockerfile(folder: OpenedFolder, stdin: number, file: string): Promise<FoundDockerfile> {
  if (file === '-') return { text: collect(readDescriptor(stdin), 'standard input'), name: 'Dockerfile' };
  if (isUrl(file)) return await downloaded(file);
  // A context from elsewhere has its Dockerfile with it; one on this machine may have it beside.
  const found = folder.foreign ? undefined : readOwn(file, resolve(file));
  const inside = found ?? readInContext(folder, file);
  if (inside !== undefined) return inside;
  throw new ProaError(
    'DOCKERFILE_NOT_FOUND',
    `open Dockerfile ${file}: neither in the current folder nor in ${folder.shown}`,
    { hint: 'check the path behind -f' },
  );
}

async function downloaded(url: string): Promise<FoundDockerfile> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of readUrl(url)) chunks.push(Buffer.from(chunk));
  } catch (error) {
    throw addContext(error, `download Dockerfile ${shownUrl(url)}`);
  }
  return { text: Buffer.concat(chunks).toString('utf8'), name: basename(new URL(url).pathname) };
}

/** A file in the context; links of a context that somebody else made lead nowhere else. */
function readInContext(folder: OpenedFolder, name: string): FoundDockerfile | undefined {
  if (!folder.foreign) return readOwn(name, resolve(folder.path, name));
  const path = pathInRoot(folder.path, name);
  const text = path === undefined ? undefined : readInRoot(folder.path, name);
  if (text === undefined) return undefined;
  const ignore = [`${name}.dockerignore`, `${name}.containerignore`];
  return found(text, name, ignore.map((file) => readInRoot(folder.path, file)).find(isText));
}

/** A file on this machine, of whoever builds. */
function readOwn(name: string, path: string): FoundDockerfile | undefined {
  const text = readOwnText(path);
  if (text === undefined) return undefined;
  const ignore = [`${path}.dockerignore`, `${path}.containerignore`];
  return found(text, name, ignore.map(readOwnText).find(isText));
}

function found(text: string, name: string, ignore: string | undefined): FoundDockerfile {
  return { text, name, ...(ignore !== undefined && { ignore }) };
}

function isText(text: string | undefined): text is string {
  return text !== undefined;
}

function readOwnText(path: string): string | undefined {
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) return undefined;
    if (status.isDirectory()) throw new ProaError('DOCKERFILE_UNREADABLE', 'it is a folder');
    // `-f <(…)` and `-f /dev/stdin` have no size.
    return collect(status.isFile() ? [readFileSync(path)] : readAll(path), path);
  } catch (error) {
    if (hasCode(error, 'ENOTDIR')) return undefined;
    if (hasCode(error, 'DOCKERFILE_UNREADABLE')) throw addContext(error, `read ${path}`);
    throw new ProaError('DOCKERFILE_UNREADABLE', `read ${path}: ${reason(error)}`, { cause: error });
  }
}

function* readAll(path: string): Generator<Uint8Array> {
  yield readFileSync(path);
}

function reason(error: unknown): string {
  return hasCode(error, 'EACCES') ? 'permission denied' : String((error as Error).message);
}

/** @throws ProaError DOCKERFILE_UNREADABLE when it is too large for a text that a person wrote */
export function collect(chunks: Iterable<Uint8Array>, name: string): string {
  const parts: Buffer[] = [];
  let size = 0;
  for (const chunk of chunks) {
    size += chunk.length;
    if (size > LARGEST)
      throw new ProaError(
        'DOCKERFILE_UNREADABLE',
        `read Dockerfile from ${name}: more than ${LARGEST} bytes`,
      );
    parts.push(Buffer.from(chunk));
  }
  return Buffer.concat(parts).toString('utf8');
}

/**
 * Lines of the ignore rules: those of a file that was named, else those beside the Dockerfile, else the context's.
 * @throws ProaError IGNORE_FILE_UNREADABLE
 */
export function readIgnore(
  folder: OpenedFolder,
  named: string | undefined,
  beside: string | undefined,
): readonly string[] {
  if (named !== undefined) return lines(readNamedIgnore(named));
  if (beside !== undefined) return lines(beside);
  for (const name of ['.containerignore', '.dockerignore']) {
    const text = folder.foreign ? readInRoot(folder.path, name) : readOwnIgnore(`${folder.path}/${name}`);
    if (text !== undefined) return lines(text);
  }
  return [];
}

function readNamedIgnore(path: string): string {
  const text = readOwnIgnore(path);
  if (text !== undefined) return text;
  throw new ProaError('IGNORE_FILE_UNREADABLE', `read ignore file ${path}: no such file`, {
    hint: 'check the path behind --ignorefile',
  });
}

function readOwnIgnore(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new ProaError('IGNORE_FILE_UNREADABLE', `read ignore file ${path}: ${reason(error)}`, {
      cause: error,
    });
  }
}

function lines(text: string): readonly string[] {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/);
}
