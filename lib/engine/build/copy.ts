/**
 * COPY and ADD, in two steps: a plan finds the files and says by one digest what they are, for the cache; applying it writes
 * them into the stage's root.
 */
import { destinationOf, isPattern, type SourcePath, sourcePath } from '../../build/copy-words.ts';
import { isGitUrl } from '../../build/git-url.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import { baseOf } from '../../storage/tar/path.ts';
import type { Engine } from '../engine.ts';
import { isUrl } from '../image/web-archive.ts';
import { CopyDigest } from './copy-digest.ts';
import { KnownContents } from './copy-known.ts';
import {
  type CopyPlan,
  type CopyWords,
  needsFolder,
  type PlannedSource,
  type TreeSource,
} from './copy-plan.ts';
import { type CopyTree, type FoundSource, findSources, Ignored, missing } from './copy-tree.ts';
import { type CopyItem, CopyWalk, type WalkRules } from './copy-walk.ts';

export { applyCopy, type CopyPlace, type CopyResult } from './copy-apply.ts';
export type { CopyPlan, CopyWords } from './copy-plan.ts';
export type { CopyTree } from './copy-tree.ts';

/** Milliseconds for which the thread is kept from other work. */
const SLICE = 50;

/**
 * Finds what an instruction copies.
 * @throws ProaError COPY_SOURCE_MISSING, COPY_UNSUPPORTED, INVALID_PATTERN, INVALID_NAME, EACCES, …
 */
export async function planCopy(
  engine: Engine,
  tree: CopyTree,
  words: CopyWords,
  signal?: AbortSignal,
): Promise<CopyPlan> {
  using _ = span('plan copy');
  const isRemote = (word: string): boolean => words.kind === 'ADD' && (isGitUrl(word) || isUrl(word));
  const asksTree = tree.lasting && !words.sources.every(isRemote);
  const known = asksTree ? KnownContents.open(engine.store, tree.path) : KnownContents.none();
  const rules = { ignored: new Ignored(tree.ignore), excluded: new Ignored(words.exclude), known };
  const digest = new CopyDigest(tree.keepsOwners);
  const sources: PlannedSource[] = [];
  for (const word of words.sources) {
    const found = isRemote(word)
      ? [await remoteSource(engine, word, words, signal)]
      : await treeSources(tree, word, words, rules, signal);
    for (const source of found) digest.add(source);
    sources.push(...found);
  }
  for (const { name, content } of words.heredocs) {
    const source = { kind: 'text', name: Buffer.from(name).toString('latin1'), text: content } as const;
    digest.add(source);
    sources.push(source);
  }
  known.save(engine.store);
  if (sources.length === 0) throw missing(tree, { word: words.sources.join(' ') }, 'nothing matches');
  checkDestination(words, sources);
  return { digest: digest.finish(), words, tree, sources, files: digest.files, bytes: digest.bytes };
}

async function remoteSource(
  engine: Engine,
  word: string,
  words: CopyWords,
  signal: AbortSignal | undefined,
): Promise<PlannedSource> {
  // Few builds need it.
  if (isGitUrl(word)) return await (await import('./add-git.ts')).planGit(word, words, signal);
  return await (await import('./add-url.ts')).planDownload(engine, word, words, signal);
}

async function treeSources(
  tree: CopyTree,
  word: string,
  words: CopyWords,
  rules: WalkRules,
  signal: AbortSignal | undefined,
): Promise<TreeSource[]> {
  const path = sourcePath(word, words.parents);
  const sources: TreeSource[] = [];
  for (const found of findSources(tree, path, rules.ignored, words.parents)) {
    const source = await collectSource(new CopyWalk(tree, rules), path, found, words, signal);
    if (source !== undefined) sources.push(source);
  }
  return sources;
}

async function collectSource(
  walk: CopyWalk,
  path: SourcePath,
  found: FoundSource,
  words: CopyWords,
  signal: AbortSignal | undefined,
): Promise<TreeSource | undefined> {
  const items: CopyItem[] = [];
  // With --parents the folders on the way come along, as they are.
  const kept = words.parents ? found.path.split('/').slice(path.pivot).join('/') : '';
  if (words.parents) addParents(walk, found, kept, items);
  if (!found.isFolder) {
    if (walk.isExcluded(found.path)) return undefined;
    const item = walk.file(found.real, words.parents ? kept : baseOf(found.path));
    if (item === undefined) {
      if (path.parts.some(isPattern)) return undefined;
      throw new ProaError(
        'COPY_UNSUPPORTED',
        `copy ${path.word} from ${walk.name}: it is a socket, or gone by now`,
      );
    }
    items.push(item);
    return { kind: 'tree', isFolder: words.parents, name: baseOf(found.path), items };
  }
  if (kept !== '') items.push(walk.folderItem(found.real, kept));
  let rested = performance.now();
  for (const item of walk.folder(found.real, kept)) {
    items.push(item);
    if (performance.now() - rested < SLICE) continue;
    await Bun.sleep(0);
    signal?.throwIfAborted();
    rested = performance.now();
  }
  return { kind: 'tree', isFolder: true, name: baseOf(found.path), items };
}

/** Adds the folders above the last part of what is kept of a path. */
function addParents(walk: CopyWalk, found: FoundSource, kept: ByteString, items: CopyItem[]): void {
  const parts = kept.split('/').slice(0, -1);
  const above = found.path.split('/').slice(0, found.path.split('/').length - kept.split('/').length);
  for (let i = 0; i < parts.length; i++) {
    const target = parts.slice(0, i + 1).join('/');
    items.push(walk.folderItem([...above, ...parts.slice(0, i + 1)].join('/'), target));
  }
}

/** @throws ProaError COPY_NEEDS_FOLDER for several sources that would all become one file */
function checkDestination(words: CopyWords, sources: readonly PlannedSource[]): void {
  const named = words.sources.length + words.heredocs.length;
  if (named < 2 || sources.length < 1 || destinationOf('/', words.destination).isFolder) return;
  throw addContext(needsFolder(words), `${words.kind} to ${words.destination}`);
}
