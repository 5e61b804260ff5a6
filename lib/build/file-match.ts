/**
 * Go's filepath.Match (https://pkg.go.dev/path/filepath#Match), by which COPY and ADD choose files: `*` and `?` stop at a
 * slash, `[a-z]` and `[^a-z]` do not, a backslash takes the next character as it is. The whole name must match.
 */
import { ProaError } from '../core/error.ts';

/** One character of the name. */
type Test = (character: string) => boolean;
/** What stands between two stars. */
interface Chunk {
  readonly afterStar: boolean;
  readonly tests: readonly Test[];
}
type FileMatcher = (name: string) => boolean;

const known = new Map<string, FileMatcher>();

/** @throws ProaError INVALID_PATTERN for brackets that do not close or are empty, and a backslash at the end */
export function matchFile(pattern: string, name: string): boolean {
  const matcher = known.get(pattern) ?? fileMatcher(pattern);
  known.set(pattern, matcher);
  return matcher(name);
}

/** {@link matchFile} for many names. */
export function fileMatcher(pattern: string): FileMatcher {
  const chunks = new PatternReader(pattern).chunks();
  return (name) => matches(chunks, [...name]);
}

/** As Go does it: the first place where a chunk fits is taken for good. */
function matches(chunks: readonly Chunk[], name: readonly string[]): boolean {
  let at = 0;
  for (const [index, { afterStar, tests }] of chunks.entries()) {
    const last = index === chunks.length - 1;
    if (afterStar && tests.length === 0) return !name.includes('/', at);
    const fits = (start: number): boolean =>
      (!last || start + tests.length === name.length) && fitsAt(tests, name, start);
    let start = at;
    if (afterStar) while (!fits(start) && start < name.length && name[start] !== '/') start++;
    if (!fits(start)) return false;
    at = start + tests.length;
  }
  return at === name.length;
}

function fitsAt(tests: readonly Test[], name: readonly string[], start: number): boolean {
  return start + tests.length <= name.length && tests.every((test, index) => test(name[start + index]!));
}

class PatternReader {
  readonly #characters: readonly string[];
  #at = 0;
  constructor(readonly pattern: string) {
    this.#characters = [...pattern];
  }

  chunks(): Chunk[] {
    const chunks: Chunk[] = [];
    while (this.#at < this.#characters.length) {
      const start = this.#at;
      while (this.#characters[this.#at] === '*') this.#at++;
      chunks.push({ afterStar: this.#at > start, tests: this.#tests() });
    }
    return chunks;
  }

  #tests(): Test[] {
    const tests: Test[] = [];
    for (
      let next = this.#characters[this.#at];
      next !== undefined && next !== '*';
      next = this.#characters[this.#at]
    ) {
      this.#at++;
      if (next === '?') tests.push((character) => character !== '/');
      else if (next === '[') tests.push(this.#brackets());
      else if (next === '\\')
        tests.push(same(this.#characters[this.#at++] ?? this.#refuse('it ends with a backslash')));
      else tests.push(same(next));
    }
    return tests;
  }

  #brackets(): Test {
    const negated = this.#characters[this.#at] === '^';
    if (negated) this.#at++;
    const ranges: [first: string, last: string][] = [];
    while (this.#characters[this.#at] !== ']' || ranges.length === 0) {
      const first = this.#member();
      const isRange = this.#characters[this.#at] === '-';
      if (isRange) this.#at++;
      ranges.push([first, isRange ? this.#member() : first]);
    }
    this.#at++;
    return (character) => ranges.some(([first, last]) => within(character, first, last)) !== negated;
  }

  /** A character of a range. `-` and `]` themselves need a backslash. */
  #member(): string {
    let next = this.#characters[this.#at++];
    if (next === undefined) return this.#refuse('a [ is not closed');
    if (next === ']') return this.#refuse('a range between [ and ] is empty or has no end');
    if (next === '-') return this.#refuse('a - between [ and ] needs a backslash');
    if (next === '\\') next = this.#characters[this.#at++];
    return next === undefined || this.#at === this.#characters.length
      ? this.#refuse('a [ is not closed')
      : next;
  }

  #refuse(why: string): never {
    throw new ProaError('INVALID_PATTERN', `invalid pattern ${JSON.stringify(this.pattern)}: ${why}`, {
      hint: 'put a backslash before a character that is meant as it is',
    });
  }
}

const same =
  (wanted: string): Test =>
  (character) =>
    character === wanted;

function within(character: string, first: string, last: string): boolean {
  const code = character.codePointAt(0)!;
  return first.codePointAt(0)! <= code && code <= last.codePointAt(0)!;
}
