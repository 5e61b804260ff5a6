/** The folder behind a build context, whatever kind of text named it. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path/posix';
import { hasCode, ProaError } from '../../core/error.ts';
import type { Engine } from '../engine.ts';
import type { DockerfileText } from './context-dockerfile.ts';

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
 * @throws ProaError CONTEXT_NOT_FOUND, CONTEXT_NOT_A_FOLDER
 */
export async function contextFolder(_engine: Engine, text: string): Promise<OpenedFolder> {
  return ownFolder(text);
}

function ownFolder(text: string): OpenedFolder {
  const path = resolve(text);
  const fail = (code: string, why: string): ProaError =>
    new ProaError(code, `open build context ${text}: ${why}`, {
      hint: 'the last word of build is a folder, a git repository, the URL of an archive, or - for standard input',
    });
  let isFolder: boolean | undefined;
  try {
    isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'ENOTDIR', 'ELOOP')) throw error;
    throw fail('CONTEXT_NOT_FOUND', hasCode(error, 'EACCES') ? 'permission denied' : 'no such folder');
  }
  if (isFolder === undefined) throw fail('CONTEXT_NOT_FOUND', 'no such folder');
  if (!isFolder) throw fail('CONTEXT_NOT_A_FOLDER', 'not a folder');
  return { path, shown: text, foreign: false, [Symbol.asyncDispose]: async () => {} };
}
