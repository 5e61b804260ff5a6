/** Build contexts: whatever the last word of `build` names becomes a folder, with its Dockerfile and its ignore rules. */
import { addContext, ProaError } from '../../core/error.ts';
import type { Engine } from '../engine.ts';
import { type DockerfileText, findDockerfile, readIgnore } from './context-dockerfile.ts';
import { contextFolder, type OpenedFolder } from './context-folder.ts';
import type { FolderContext } from './request.ts';

export interface ContextOptions {
  /** `-f`, as typed: a path (in the current folder, else in the context), `-` for standard input, or a URL. */
  readonly files: readonly string[];
  /** Looked for in the context when there is no `-f`: `Dockerfile`, or Podman's `Containerfile` before it. */
  readonly defaultFiles: readonly string[];
  /** `--ignorefile`: takes the place of every other one. */
  readonly ignoreFile?: string;
  readonly signal?: AbortSignal;
}

/** Temporary folders go when it is disposed of. */
export interface OpenedContext extends AsyncDisposable {
  readonly context: FolderContext;
  readonly dockerfile: DockerfileText;
}

/**
 * Opens the context that `text` names.
 * @param stdin descriptor of what `-` means
 * @throws ProaError CONTEXT_NOT_FOUND, CONTEXT_NOT_A_FOLDER, DOCKERFILE_NOT_FOUND, …
 */
export async function openContext(
  engine: Engine,
  text: string,
  stdin: number,
  options: ContextOptions,
): Promise<OpenedContext> {
  if (text === '-' && options.files.includes('-')) {
    throw new ProaError(
      'STDIN_TWICE',
      'read standard input: it cannot be both the context and the Dockerfile',
      {
        hint: 'give the context as a folder, or put the Dockerfile into the archive',
      },
    );
  }
  await using opened = new AsyncDisposableStack();
  const folder: OpenedFolder = opened.use(await contextFolder(engine, text, stdin, options.signal));
  const dockerfile = await findDockerfile(folder, stdin, options);
  const ignore = readIgnore(folder, options.ignoreFile, dockerfile.ignore);
  const held = opened.move();
  return {
    context: { kind: 'folder', path: folder.path, ignore },
    dockerfile: { text: dockerfile.text, name: dockerfile.name },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** Opens `--build-context NAME=TEXT`, where that is a folder, an archive or a git repository. */
export async function openNamedContext(
  engine: Engine,
  name: string,
  text: string,
  options: Pick<ContextOptions, 'signal'> = {},
): Promise<Omit<OpenedContext, 'dockerfile'>> {
  try {
    const folder = await contextFolder(engine, text, undefined, options.signal);
    const ignore = readIgnore(folder, undefined, undefined);
    return {
      context: { kind: 'folder', path: folder.path, ignore },
      [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
    };
  } catch (error) {
    throw addContext(error, `open build context ${name}`);
  }
}
