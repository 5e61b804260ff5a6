/** The words of COPY and ADD as paths: what of them is text, what a pattern, and where a destination is. */
import { normalize } from 'node:path/posix';

/** A source as it is looked for in its tree. */
export interface SourcePath {
  /** The word, for messages. */
  readonly word: string;
  /** Names from the tree's root on; `..` never leads above that, as the reference has it. */
  readonly parts: readonly string[];
  /** With --parents: how many of the parts in front do not show in the destination (those before `/./`). */
  readonly pivot: number;
}

/** @param parents whether `./` means where the kept part of the path begins (`COPY --parents`) */
export function sourcePath(word: string, parents: boolean): SourcePath {
  const at = parents ? word.indexOf('/./') : -1;
  if (at < 0) return { word, parts: partsOf(word), pivot: 0 };
  const before = partsOf(word.slice(0, at));
  return { word, parts: [...before, ...partsOf(word.slice(at + 3))], pivot: before.length };
}

function partsOf(path: string): string[] {
  return normalize(`/${path}`)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
}

/** Whether a part is a pattern of Go's filepath.Match: what a backslash is in front of means itself. */
export function isPattern(part: string): boolean {
  return /^(?:[^\\*?[]|\\.)*[*?[]/.test(part);
}

/** Where the files go. */
export interface Destination {
  /** Absolute and tidy, as text: links in it are the root's own. */
  readonly path: string;
  /** It says that it is a folder: it ends in a slash, is `.`, or nothing. */
  readonly isFolder: boolean;
}

/** @param workdir absolute */
export function destinationOf(workdir: string, word: string): Destination {
  const isFolder = word === '' || word.endsWith('/') || /(?:^|\/)\.{1,2}$/.test(word);
  const whole = normalize(word.startsWith('/') ? word : `${workdir}/${word}`);
  return { path: whole === '/' ? '/' : whole.replace(/\/+$/, ''), isFolder: isFolder || whole === '/' };
}
