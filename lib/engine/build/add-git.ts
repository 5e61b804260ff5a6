/** ADD of a git repository. */
import { mkdirSync } from 'node:fs';
import { parseGitUrl, redacted } from '../../build/git-url.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { Staging } from '../../core/staging.ts';
import type { Engine } from '../engine.ts';
import type { CopyWords, GitSource } from './copy-plan.ts';
import { checkOut, findCommit } from './git.ts';

/**
 * Asks which commit it is; nothing is fetched yet, as the step may be in the cache.
 * @throws ProaError GIT_FAILED, GIT_REF_NOT_FOUND, CHECKSUM_MISMATCH, PROGRAM_MISSING
 */
export async function planGit(
  word: string,
  { keepGitDir, checksum }: Pick<CopyWords, 'keepGitDir' | 'checksum'>,
  signal: AbortSignal | undefined,
): Promise<GitSource> {
  const url = parseGitUrl(word);
  try {
    const commit = await findCommit(url, signal);
    if (checksum !== undefined && !commit.startsWith(checksum)) {
      throw new ProaError('CHECKSUM_MISMATCH', `its commit is ${commit}, not ${checksum}`, {
        hint: 'the branch or tag was moved: look what changed before you take the new commit',
      });
    }
    return { kind: 'git', url, commit, keepGitDir: keepGitDir || (url.keepGitDir ?? false) };
  } catch (error) {
    throw addContext(error, `ADD ${redacted(word)}`);
  }
}

/** A commit's files, in a folder that goes when it is disposed of. */
export async function checkOutSource(
  engine: Engine,
  { url, commit, keepGitDir }: GitSource,
  signal: AbortSignal | undefined,
): Promise<{ path: string } & Disposable> {
  using resources = new DisposableStack();
  const staging = resources.use(Staging.open(engine.store.tmp, `git-${crypto.randomUUID()}`));
  const into = `${staging.path}/files`;
  mkdirSync(into, { mode: 0o755 });
  const path = await checkOut(url, commit, into, { keepGitDir, signal });
  const held = resources.move();
  return { path, [Symbol.dispose]: () => held.dispose() };
}
