/** The folder behind a build context, whatever kind of text named it. */
import { mkdirSync, statSync } from 'node:fs';
import { resolve } from 'node:path/posix';
import { isGitUrl, parseGitUrl, redacted } from '../../build/git-url.ts';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../core/input.ts';
import { Staging } from '../../core/staging.ts';
import { close, O, open, writeAll } from '../../core/sys/file.ts';
import type { Engine } from '../engine.ts';
import { openSpool, readRange } from '../image/spool.ts';
import { isUrl, readUrl, shownUrl } from '../image/web-archive.ts';
import { isArchive, Peeked, unpackContext } from './context-archive.ts';
import { collect, type DockerfileText } from './context-dockerfile.ts';
import { checkOut, findCommit } from './git.ts';

/** Temporary ones go when it is disposed of. */
export interface OpenedFolder extends AsyncDisposable {
  readonly path: string;
  /** As people know it. */
  readonly shown: string;
  /** Somebody else made what is in it, so its links may not lead out of it. */
  readonly foreign: boolean;
  /** Where a Dockerfile came in place of a context. */
  readonly dockerfile?: DockerfileText;
}

/**
 * Opens the folder that a context's text means.
 * @param stdin descriptor of what `-` means; undefined where it means nothing
 * @throws ProaError CONTEXT_NOT_FOUND, CONTEXT_NOT_A_FOLDER, BAD_ARCHIVE, DOWNLOAD_FAILED, GIT_FAILED, …
 */
export async function contextFolder(
  engine: Engine,
  text: string,
  stdin: number | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenedFolder> {
  if (text === '-' && stdin !== undefined) {
    return await streamContext(engine, readDescriptor(stdin), 'standard input');
  }
  if (isGitUrl(text)) return await gitContext(engine, text, signal);
  if (isUrl(text)) return await downloadedContext(engine, text, signal);
  return await ownContext(engine, text);
}

async function ownContext(engine: Engine, text: string): Promise<OpenedFolder> {
  const path = resolve(text);
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `open build context ${text}: ${why}`, {
      hint: 'the last word of build is a folder, a git repository, the URL of an archive, or - for standard input',
    });
  try {
    const status = statSync(path, { throwIfNoEntry: false });
    if (status === undefined) throw fail('CONTEXT_NOT_FOUND', 'no such folder');
    if (status.isDirectory())
      return { path, shown: text, foreign: false, [Symbol.asyncDispose]: async () => {} };
    if (!status.isFile()) throw fail('CONTEXT_NOT_A_FOLDER', 'not a folder');
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'ENOTDIR', 'ELOOP')) throw error;
    throw fail('CONTEXT_NOT_FOUND', hasCode(error, 'EACCES') ? 'permission denied' : 'no such folder');
  }
  const fd = open(path, O.RDONLY);
  try {
    const archive = new Peeked(readDescriptor(fd));
    if (!isArchive(archive.start)) throw fail('CONTEXT_NOT_A_FOLDER', 'neither a folder nor an archive');
    return await unpacked(engine, archive, text);
  } finally {
    close(fd);
  }
}

/** An archive, or a Dockerfile that needs no context. */
async function streamContext(
  engine: Engine,
  chunks: Iterable<Uint8Array>,
  shown: string,
): Promise<OpenedFolder> {
  const input = new Peeked(chunks);
  if (isArchive(input.start)) return await unpacked(engine, input, shown);
  const text = collect(input.all(), shown);
  if (text.trim() === '') {
    throw new ProaError('EMPTY_INPUT', `read build context from ${shown}: it is empty`, {
      hint: 'put a Dockerfile or an archive of the context into it',
    });
  }
  return { ...temporary(engine, shown), dockerfile: { text, name: 'Dockerfile' } };
}

async function unpacked(engine: Engine, archive: Peeked, shown: string): Promise<OpenedFolder> {
  await using folder = new AsyncDisposableStack();
  const opened = folder.use(temporary(engine, shown));
  try {
    await unpackContext(engine, archive, opened.path);
  } catch (error) {
    throw addContext(error, `unpack build context ${shown}`);
  }
  folder.move();
  return opened;
}

async function downloadedContext(
  engine: Engine,
  url: string,
  signal: AbortSignal | undefined,
): Promise<OpenedFolder> {
  const spool = openSpool(engine.store);
  try {
    let size = 0;
    try {
      for await (const chunk of readUrl(url)) {
        signal?.throwIfAborted();
        writeAll(spool, chunk, 'build context');
        size += chunk.length;
      }
    } catch (error) {
      throw addContext(error, `download build context ${shownUrl(url)}`);
    }
    return await streamContext(engine, readRange(spool, 0, size), shownUrl(url));
  } finally {
    close(spool);
  }
}

async function gitContext(
  engine: Engine,
  text: string,
  signal: AbortSignal | undefined,
): Promise<OpenedFolder> {
  const url = parseGitUrl(text);
  await using folder = new AsyncDisposableStack();
  const opened = folder.use(temporary(engine, redacted(text)));
  try {
    const commit = await findCommit(url, signal);
    const path = await checkOut(url, commit, opened.path, { keepGitDir: url.keepGitDir ?? false, signal });
    if (!statSync(path).isDirectory()) {
      throw new ProaError('GIT_FOLDER_NOT_FOUND', `open ${url.folder}: it is a file`, {
        hint: 'a context is a folder; name the Dockerfile in it with -f',
      });
    }
    folder.move();
    return { ...opened, path };
  } catch (error) {
    throw addContext(error, `open build context ${redacted(text)}`);
  }
}

/** An empty folder that is ours; a sweep takes it should we die. */
function temporary(engine: Engine, shown: string): OpenedFolder {
  const staging = Staging.open(engine.store.tmp, `context-${crypto.randomUUID()}`);
  const path = `${staging.path}/files`;
  mkdirSync(path, { mode: 0o755 });
  return { path, shown, foreign: true, [Symbol.asyncDispose]: async () => staging[Symbol.dispose]() };
}
