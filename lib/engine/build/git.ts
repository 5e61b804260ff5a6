/**
 * Repositories by the `git` program. Nothing of what a repository holds is run: no hooks, no monitors, no transports that are
 * commands. The caller's own configuration counts, as it has their credentials.
 */
import { existsSync } from 'node:fs';
import { type GitUrl, redacted } from '../../build/git-url.ts';
import { ProaError } from '../../core/error.ts';
import { findProgram } from '../../core/programs.ts';
import { pathInRoot } from '../../core/rooted.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { umask } from '../../core/sys/process.ts';

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

const HARMLESS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'protocol.ext.allow=never',
  'init.templateDir=',
  'advice.detachedHead=false',
].flatMap((setting) => ['-c', setting]);

/**
 * The commit that a repository's text means now: asked of the remote, unless it names one.
 * @throws ProaError PROGRAM_MISSING, GIT_FAILED, GIT_REF_NOT_FOUND
 */
export async function findCommit(url: GitUrl, signal?: AbortSignal): Promise<string> {
  const { remote, ref = 'HEAD' } = url;
  if (COMMIT.test(ref)) return ref;
  const said = await git(['ls-remote', '--', remote, ref, `${ref}^{}`], { url, signal });
  const found = new Map<string, string>();
  for (const line of said.split('\n')) {
    const [commit, name] = line.split('\t');
    if (name !== undefined) found.set(name, commit!);
  }
  const names = ['', 'refs/heads/', 'refs/tags/', 'refs/'].flatMap((start) => [
    `${start}${ref}^{}`,
    start + ref,
  ]);
  const name = names.find((candidate) => found.has(candidate));
  if (name !== undefined) return found.get(name)!;
  throw new ProaError('GIT_REF_NOT_FOUND', `find ${ref} in ${redacted(remote)}: no such branch or tag`, {
    hint: `git ls-remote ${redacted(remote)} shows what there is; a commit is named by all of its 40 digits`,
  });
}

/**
 * Checks a commit out, with its submodules.
 * @param into an empty folder
 * @returns the folder that was asked for, in `into`
 * @throws ProaError PROGRAM_MISSING, GIT_FAILED, GIT_FOLDER_NOT_FOUND
 */
export async function checkOut(
  url: GitUrl,
  commit: string,
  into: string,
  options: { keepGitDir: boolean; signal?: AbortSignal | undefined },
): Promise<string> {
  const here = { url, signal: options.signal, folder: into };
  await git(['init', '-q', into], { url, signal: options.signal });
  await git(['remote', 'add', 'origin', url.remote], here);
  await fetchCommit(url, commit, here);
  await git(['checkout', '-q', '--detach', commit], here);
  if (existsSync(`${into}/.gitmodules`))
    await git(['submodule', '-q', 'update', '--init', '--recursive', '--depth=1'], here);
  if (!options.keepGitDir) removeTree(`${into}/.git`);
  if (url.folder === '') return into;
  // The repository's own links may lead anywhere.
  const inside = pathInRoot(into, url.folder);
  if (inside !== undefined) return inside === '/' ? into : into + inside;
  throw new ProaError(
    'GIT_FOLDER_NOT_FOUND',
    `open ${url.folder} in ${redacted(url.remote)}: no such folder`,
    {
      hint: 'check what is behind the colon in #REF:FOLDER',
    },
  );
}

async function fetchCommit(url: GitUrl, commit: string, here: Call): Promise<void> {
  const quiet = ['fetch', '-q', '--no-tags', '--recurse-submodules=no'];
  // A branch or tag is always served; a commit by most servers. Depth is unknown to the oldest protocol.
  const wanted = url.ref === undefined || COMMIT.test(url.ref) ? commit : url.ref;
  for (const what of new Set([commit, wanted])) {
    if (await tryGit([...quiet, '--depth=1', 'origin', what], here)) {
      if (await tryGit(['cat-file', '-e', `${commit}^{commit}`], here)) return;
    }
  }
  await git([...quiet, 'origin', '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'], here);
}

interface Call {
  readonly url: GitUrl;
  readonly signal: AbortSignal | undefined;
  readonly folder?: string;
}

async function tryGit(words: readonly string[], call: Call): Promise<boolean> {
  try {
    await git(words, call);
    return true;
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof ProaError && error.code === 'GIT_FAILED') return false;
    throw error;
  }
}

async function git(words: readonly string[], { url, signal, folder }: Call): Promise<string> {
  const where = folder === undefined ? [] : ['-C', folder];
  // Modes of files are to be the same for everyone.
  const own = umask(0o022);
  const child = Bun.spawn([findProgram('git'), ...HARMLESS, ...where, ...words], {
    env: environment(),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    ...(signal && { signal }),
  });
  umask(own);
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  signal?.throwIfAborted();
  if (code === 0) return out;
  const said = err.trim().split('\n').slice(-3).join('; ').replaceAll(url.remote, redacted(url.remote));
  throw new ProaError(
    'GIT_FAILED',
    `git ${words[0]} ${redacted(url.remote)}: ${said || `exit code ${code}`}`,
    {
      hint: 'check the address, the network and whether git needs credentials for it (git ls-remote ADDRESS)',
    },
  );
}

/** Called from a hook of git, we would inherit which repository that works on. */
function environment(): Record<string, string> {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|TEMPLATE_DIR)$/.test(
        name,
      ),
  ) as [string, string][];
  return { GIT_SSH_COMMAND: 'ssh -o BatchMode=yes', ...Object.fromEntries(own), GIT_TERMINAL_PROMPT: '0' };
}
