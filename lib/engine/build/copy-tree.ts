/**
 * The files that COPY, ADD and `RUN --mount=type=bind` may take, and how they are found.
 *
 * A tree is a folder on this machine: a context, or the root of a stage or an image. Only a source's own path is resolved
 * through links, by the kernel with the tree as `/` (core/rooted.ts), so no link leads out of it. What is below is walked by
 * descriptors that follow no link.
 */
import { readlinkSync } from 'node:fs';
import { isPattern, type SourcePath } from '../../build/copy-words.ts';
import { matchFile } from '../../build/file-match.ts';
import { IgnoreRules } from '../../build/ignore.ts';
import { ProaError } from '../../core/error.ts';
import { type OpenFile, openInRoot } from '../../core/rooted.ts';
import { readEntries } from '../../core/sys/directory.ts';
import { O } from '../../core/sys/file.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, tryStatAt } from '../../core/sys/stat.ts';
import { show } from '../../storage/tar/archive-error.ts';
import { type ByteString, toPath } from '../../storage/tar/header.ts';
import { joinName } from '../../storage/tar/path.ts';

export interface CopyTree {
  /** Absolute path of the folder. */
  readonly path: string;
  /** For messages: `the build context`, `stage build`. */
  readonly name: string;
  /** Lines of its .dockerignore. */
  readonly ignore: readonly string[];
  /** Files keep their owners, as those of stages and images do; else they become root's. */
  readonly keepsOwners: boolean;
  /** The folder stays after the build, so that it pays to remember its files' digests. */
  readonly lasting: boolean;
}

/** What a source's word leads to. Paths are relative to the tree, '' is its root. */
export interface FoundSource {
  /** Where it is, links resolved. */
  readonly real: ByteString;
  /** As it was named: its last part is the name that a file keeps. */
  readonly path: ByteString;
  readonly isFolder: boolean;
}

/** Rules of an ignore file, asked with paths relative to the tree. */
export class Ignored {
  private readonly rules: IgnoreRules | undefined;

  constructor(lines: readonly string[]) {
    if (lines.some((line) => line.trim() !== '' && !line.startsWith('#')))
      this.rules = new IgnoreRules(lines);
  }

  has(path: ByteString): boolean {
    return this.rules !== undefined && path !== '' && this.rules.isIgnored(textOf(path));
  }

  /** The whole folder is left out, with all that is in it. */
  hasAll(folder: ByteString): boolean {
    return this.has(folder) && !this.rules!.mayContainKept(textOf(folder));
  }
}

/** Rules are text; a name that is not UTF-8 matches what its readable part matches. */
export function textOf(path: ByteString): string {
  return /[\x80-\xff]/.test(path) ? Buffer.from(path, 'latin1').toString('utf8') : path;
}

function bytesOf(text: string): ByteString {
  return /[^\x00-\x7f]/.test(text) ? Buffer.from(text).toString('latin1') : text;
}

/**
 * Finds what a source means, in the order of names. Nothing, when a pattern matches nothing.
 * @param deep `**` stands for any number of folders (`--parents`)
 * @throws ProaError COPY_SOURCE_MISSING for a path that is not there, or is ignored; INVALID_PATTERN
 */
export function findSources(
  tree: CopyTree,
  source: SourcePath,
  ignored: Ignored,
  deep: boolean,
): FoundSource[] {
  const { parts } = source;
  const first = parts.findIndex((part) => isPattern(part));
  if (first < 0) return [requireSource(tree, source, ignored)];
  const start = parts.slice(0, first).map(bytesOf).join('/');
  using folder = openInTree(tree, start, O.PATH | O.DIRECTORY);
  if (folder === undefined) return [];
  const found: FoundSource[] = [];
  const real = insideOf(tree, folder.path);
  match(
    { tree, ignored, patterns: parts.slice(first), deep, found: new Set() },
    { real, path: start },
    0,
    found,
  );
  return found;
}

function requireSource(tree: CopyTree, source: SourcePath, ignored: Ignored): FoundSource {
  const path = source.parts.map(bytesOf).join('/');
  using found = openInTree(tree, path, O.PATH);
  if (found === undefined) throw missing(tree, source, 'no such file or folder');
  const real = insideOf(tree, found.path);
  const isFolder = isFolderFd(found.fd);
  const left = [path, real].find((name) => (isFolder ? ignored.hasAll(name) : ignored.has(name)));
  if (left !== undefined) throw excluded(tree, source, textOf(left), left === path);
  return { real, path, isFolder };
}

export function missing(tree: CopyTree, source: Pick<SourcePath, 'word'>, why: string): ProaError {
  const where = tree.lasting ? `${tree.name} (${tree.path})` : tree.name;
  return new ProaError('COPY_SOURCE_MISSING', `find ${source.word} in ${tree.name}: ${why}`, {
    hint: `paths are relative to ${where}, and nothing outside of it can be copied`,
  });
}

function excluded(
  tree: CopyTree,
  source: Pick<SourcePath, 'word'>,
  name: string,
  asNamed: boolean,
): ProaError {
  const why = `it is excluded by .dockerignore${asNamed ? '' : ` (as ${name})`}`;
  return new ProaError('COPY_SOURCE_MISSING', `find ${source.word} in ${tree.name}: ${why}`, {
    hint: `take the pattern out of .dockerignore, or add the line !${name} at its end`,
  });
}

/** Opens a path with the tree as `/`. Undefined when nothing is there. Throws ProaError EACCES, ELOOP, … */
export function openInTree(tree: CopyTree, path: ByteString, flags: number): OpenFile | undefined {
  try {
    return openInRoot(tree.path, path === '' ? '/' : toPath(path), flags);
  } catch (error) {
    if (!(error instanceof ProaError)) throw error;
    const why = error.message.slice(error.message.lastIndexOf(': ') + 2);
    throw unreadable(tree, path, new ProaError(error.code, why));
  }
}

/** The error for a file of a tree that cannot be read. @param why with an errno's name, and its text */
export function unreadable(tree: CopyTree, path: ByteString, why: ProaError): ProaError {
  const hint = why.code === 'EACCES' ? 'make it readable, or add it to .dockerignore' : undefined;
  return new ProaError(why.code, `read ${show(path) || '.'} in ${tree.name}: ${why.message}`, { hint });
}

/** Where an open file is, as seen from the tree's root. */
function insideOf(tree: CopyTree, link: string): ByteString {
  using top = openInRoot(tree.path, '/', O.PATH)!;
  const start = readlinkSync(top.path, 'latin1');
  return readlinkSync(link, 'latin1').slice(start === '/' ? 1 : start.length + 1);
}

interface Search {
  readonly tree: CopyTree;
  readonly ignored: Ignored;
  readonly patterns: readonly string[];
  readonly deep: boolean;
  /** Paths that were found: `**` may lead to one in several ways. */
  readonly found: Set<ByteString>;
}

/** Adds what matches the patterns from number `at` on, below a folder. */
function match(
  search: Search,
  folder: { real: ByteString; path: ByteString },
  at: number,
  found: FoundSource[],
): void {
  const pattern = search.patterns[at]!;
  const last = at === search.patterns.length - 1;
  const any = search.deep && pattern === '**';
  if (any && !last) match(search, folder, at + 1, found);
  for (const { name, type } of entriesOf(search.tree, folder.real)) {
    if (!any && !matchFile(pattern, textOf(name))) continue;
    const path = joinName(folder.path, name);
    const real = joinName(folder.real, name);
    const isFolder = type === S_IFDIR;
    if (isFolder ? search.ignored.hasAll(real) : search.ignored.has(real)) continue;
    if (last) addFound(search, { real, path, isFolder }, type, found);
    else if (isFolder) match(search, { real, path }, any ? at : at + 1, found);
  }
}

function addFound(search: Search, source: FoundSource, type: number, found: FoundSource[]): void {
  if (search.found.has(source.path)) return;
  // With --parents a link stays one, as its folder comes along.
  const end = type === S_IFLNK && !search.deep ? behindLink(search, source.real, source.path) : source;
  search.found.add(source.path);
  found.push(end);
}

/** What a link that a pattern matched leads to. One that leads nowhere is not left out in silence. */
function behindLink({ tree, ignored }: Search, link: ByteString, path: ByteString): FoundSource {
  const word = textOf(path);
  using found = openInTree(tree, link, O.PATH);
  if (found === undefined) throw missing(tree, { word }, 'the link leads nowhere in there');
  const real = insideOf(tree, found.path);
  const isFolder = isFolderFd(found.fd);
  if (isFolder ? ignored.hasAll(real) : ignored.has(real))
    throw excluded(tree, { word }, textOf(real), false);
  return { real, path, isFolder };
}

function isFolderFd(fd: number): boolean {
  const status = tryStatAt(fd, '');
  return typeof status !== 'number' && (status.mode & S_IFMT) === S_IFDIR;
}

/** The entries of a folder, in the order of their names' bytes. */
function entriesOf(tree: CopyTree, folder: ByteString): { name: ByteString; type: number }[] {
  using opened = openInTree(tree, folder, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
  if (opened === undefined) return [];
  const entries = readEntries(opened.fd).map((entry) => {
    // d_type is the type's bits of the mode, shifted; 0 where the file system does not say.
    if (entry.type !== 0) return { name: Buffer.from(entry.name).toString('latin1'), type: entry.type << 12 };
    const status = tryStatAt(opened.fd, entry.name);
    const type = typeof status === 'number' ? 0 : status.mode & S_IFMT;
    return { name: Buffer.from(entry.name).toString('latin1'), type };
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
