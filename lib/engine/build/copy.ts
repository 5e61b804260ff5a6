/**
 * COPY and ADD, in two steps: a plan finds the files and says by one digest what they are, for the cache; applying it writes
 * them into the stage's root.
 */
import { destinationOf, type SourcePath, sourcePath } from '../../build/copy-words.ts';
import type { CopyInstruction } from '../../build/dockerfile/ast.ts';
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { ByteString } from '../../storage/tar/header.ts';
import { baseOf } from '../../storage/tar/path.ts';
import type { Engine } from '../engine.ts';
import { CopyDigest } from './copy-digest.ts';
import { KnownContents } from './copy-known.ts';
import { type CopyTree, type FoundSource, findSources, Ignored, missing } from './copy-tree.ts';
import { type CopyItem, CopyWalk } from './copy-walk.ts';

export { applyCopy, type CopyPlace, type CopyResult } from './copy-apply.ts';
export type { CopyTree } from './copy-tree.ts';

/** What of an instruction matters here, variables replaced. */
export type CopyWords = Pick<
  CopyInstruction,
  | 'kind'
  | 'sources'
  | 'heredocs'
  | 'destination'
  | 'parents'
  | 'exclude'
  | 'checksum'
  | 'keepGitDir'
  | 'unpack'
> & {
  /** `--chown`, `--chmod`. */
  readonly chown?: string;
  readonly chmod?: string;
};

/** One source of a plan, ready to be written. */
export type PlannedSource = TreeSource | TextSource;

/** Files of a tree. */
export interface TreeSource {
  readonly kind: 'tree';
  /** Content of a folder, which makes the destination one; else one file. */
  readonly isFolder: boolean;
  /** The name that a file gets in a folder. */
  readonly name: ByteString;
  readonly items: readonly CopyItem[];
}

/** A heredoc. */
export interface TextSource {
  readonly kind: 'text';
  readonly name: ByteString;
  readonly text: string;
}

export interface CopyPlan {
  /**
   * `sha256:HEX` of all that is copied: names, types, modes, content, link targets, extended attributes, and owners where
   * those are kept. Not of times, nor of the instruction's own words.
   */
  readonly digest: string;
  readonly words: CopyWords;
  readonly tree: CopyTree;
  readonly sources: readonly PlannedSource[];
  /** Sources came from a pattern, so that it is only known now how many there are. */
  readonly files: number;
  readonly bytes: number;
}

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
  const known = tree.lasting ? KnownContents.open(engine.store, tree.path) : KnownContents.none();
  const rules = { ignored: new Ignored(tree.ignore), excluded: new Ignored(words.exclude), known };
  const digest = new CopyDigest(tree.keepsOwners);
  const sources: PlannedSource[] = [];
  for (const word of words.sources) {
    const path = sourcePath(word, words.parents);
    for (const found of findSources(tree, path, rules.ignored, words.parents)) {
      const walk = new CopyWalk(tree, rules);
      const source = await collectSource(walk, path, found, words, signal);
      if (source === undefined) continue;
      digest.tree(source);
      sources.push(source);
    }
  }
  for (const { name, content } of words.heredocs) {
    sources.push({ kind: 'text', name: Buffer.from(name).toString('latin1'), text: content });
    digest.text(name, content);
  }
  known.save(engine.store);
  if (sources.length === 0) throw missing(tree, { word: words.sources.join(' ') }, 'nothing matches');
  checkDestination(words, sources);
  return { digest: digest.finish(), words, tree, sources, files: digest.files, bytes: digest.bytes };
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
    items.push(walk.file(found.real, words.parents ? kept : baseOf(found.path)));
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
  throw needsFolder(words);
}

export function needsFolder(words: Pick<CopyWords, 'kind' | 'destination'>): ProaError {
  return new ProaError(
    'COPY_NEEDS_FOLDER',
    `${words.kind} to ${words.destination}: with more than one source, the destination must be a directory and end with a /`,
    { hint: `write ${words.destination}/` },
  );
}
