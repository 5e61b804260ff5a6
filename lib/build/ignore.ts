/**
 * What a .dockerignore leaves out of a build context (https://docs.docker.com/build/concepts/context/#dockerignore-files),
 * by the rules of github.com/moby/patternmatcher as BuildKit's walk uses them: the last pattern that matches decides; what
 * matched a folder matches all below it.
 */
import { type IgnorePattern, ignorePattern, patternsOfLines } from './ignore-pattern.ts';

/** Folders whose results are remembered; a walk needs no more than its depth. */
const REMEMBERED = 1024;

export class IgnoreRules {
  readonly #patterns: readonly IgnorePattern[];
  readonly #hasExceptions: boolean;
  /** For each folder, which of the patterns matched it or one above it. */
  readonly #folders = new Map<string, Uint8Array>();
  readonly #none: Uint8Array;
  /** The last folder asked about: files of one folder come one after the other. */
  #folder = '';
  #matched: Uint8Array;

  /**
   * @param lines of the file as they stand there, comments and all
   * @throws ProaError INVALID_PATTERN with the pattern
   */
  constructor(lines: readonly string[]) {
    this.#patterns = patternsOfLines(lines).map(ignorePattern);
    this.#hasExceptions = this.#patterns.some(({ exception }) => exception);
    this.#none = new Uint8Array(this.#patterns.length);
    this.#matched = this.#none;
  }

  /** @param path relative to the context, with slashes, neither `.` nor `..` in it */
  isIgnored(path: string): boolean {
    if (this.#patterns.length === 0 || path === '' || path === '.') return false;
    const above = this.#matchedAbove(path);
    let ignored = false;
    for (let i = 0; i < this.#patterns.length; i++) {
      const { exception } = this.#patterns[i]!;
      if (above[i] === 1) ignored = !exception;
      else if (exception === ignored && this.#patterns[i]!.matches(path)) ignored = !exception;
    }
    return ignored;
  }

  /** False when all that is in this folder is ignored, so that nobody need read it. */
  mayContainKept(folder: string): boolean {
    if (!this.isIgnored(folder)) return true;
    if (!this.#hasExceptions) return false;
    const matched = this.#matchedBy(folder);
    const decided = this.#patterns.findLastIndex(({ exception }, i) => !exception && matched[i] === 1);
    return this.#patterns.some(
      ({ exception, mayMatchBelow }, i) => exception && i > decided && mayMatchBelow(folder),
    );
  }

  #matchedAbove(path: string): Uint8Array {
    const slash = path.lastIndexOf('/');
    if (slash < 0) return this.#none;
    const folder = path.slice(0, slash);
    if (folder !== this.#folder) {
      this.#matched = this.#matchedBy(folder);
      this.#folder = folder;
    }
    return this.#matched;
  }

  /**
   * Which patterns count as matching all in a folder. One that could not have changed the result for the folder (an
   * exception where nothing was ignored, and the reverse) is not asked, and so does not count: BuildKit's walk does so too.
   */
  #matchedBy(folder: string): Uint8Array {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const slash = folder.lastIndexOf('/');
    const matched = Uint8Array.from(slash < 0 ? this.#none : this.#matchedBy(folder.slice(0, slash)));
    let ignored = false;
    for (const [i, { exception, matches }] of this.#patterns.entries()) {
      if (matched[i] === 0 && exception === ignored && matches(folder)) matched[i] = 1;
      if (matched[i] === 1) ignored = !exception;
    }
    if (this.#folders.size >= REMEMBERED) this.#folders.clear();
    this.#folders.set(folder, matched);
    return matched;
  }
}
