/**
 * Quotes, escapes and variables of a Dockerfile's word, as BuildKit's lexer has them
 * (https://docs.docker.com/reference/dockerfile/#environment-replacement). It resembles a shell, but: inside braces the
 * word after `:-` and the like may hold quotes and variables; a `$` before anything that is no name stays; patterns know
 * `*`, `?` and backslashes alone.
 */
import type { ProaError } from '../../core/error.ts';
import { replaced, withoutPrefix, withoutSuffix } from './shell-pattern.ts';
import { syntaxError } from './syntax-error.ts';

export interface WordRules {
  /** `# escape=` of the Dockerfile. */
  readonly escape?: '\\' | '`';
  /** `plain`: quotes are ordinary characters, as in a heredoc. `keep`: they count, but stay in the result. */
  readonly quotes?: 'plain' | 'keep';
  /** The escape character stays before what it escapes. */
  readonly keepEscapes?: boolean;
  /** A variable that is not set stays as it is written. */
  readonly keepUnset?: boolean;
  /** Blanks after `<<` belong to the word, as in `<< EOF`. */
  readonly heredocs?: boolean;
  /** Told the name of each variable that was used unset, unless a modifier such as `:-` provides for that. */
  unset?(name: string): void;
}

export interface ExpandedWord {
  readonly text: string;
  /** The same, split at blanks that were neither quoted nor escaped; those of a variable's value do split. */
  readonly words: readonly string[];
}

/**
 * @throws ProaError DOCKERFILE_SYNTAX for a quote or brace that is not closed, a modifier that does not exist, and
 *   `${x:?why}` of a variable that is not there
 */
export function expandWord(
  text: string,
  env: ReadonlyMap<string, string>,
  rules: WordRules = {},
): ExpandedWord {
  return new Lexer(text, env, rules).read();
}

/** The words of a text while it grows. */
class Words {
  readonly done: string[] = [];
  #word = '';

  /** Blanks end a word. */
  add(text: string): void {
    for (const character of text) {
      if (!isBlank(character)) this.#word += character;
      else this.end();
    }
  }

  /** Blanks are part of the word. */
  addWhole(text: string): void {
    this.#word += text;
  }

  end(): void {
    if (this.#word !== '') this.done.push(this.#word);
    this.#word = '';
  }
}

class Lexer {
  readonly #characters: readonly string[];
  readonly #env: ReadonlyMap<string, string>;
  readonly #rules: WordRules;
  readonly #escape: string;
  #keepEscapes: boolean;
  #at = 0;

  constructor(text: string, env: ReadonlyMap<string, string>, rules: WordRules) {
    this.#characters = [...text];
    this.#env = env;
    this.#rules = rules;
    this.#escape = rules.escape ?? '\\';
    this.#keepEscapes = rules.keepEscapes ?? false;
  }

  /** To the end, or up to and over `stop`. */
  read(stop?: string): ExpandedWord {
    let text = '';
    const words = new Words();
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      if (next === stop) {
        this.#at++;
        words.end();
        return { text, words: words.done };
      }
      const part = this.#part(next);
      text += part.text;
      if (part.splits) words.add(part.text);
      else words.addWhole(part.text);
    }
    if (stop !== undefined) throw syntaxError(`a ${stop} is missing after \${`);
    words.end();
    return { text, words: words.done };
  }

  #part(next: string): { text: string; splits: boolean } {
    if (next === '$') return { text: this.#dollar(), splits: true };
    if (this.#rules.quotes !== 'plain') {
      if (next === "'") return { text: this.#singleQuoted(), splits: false };
      if (next === '"') return { text: this.#doubleQuoted(), splits: false };
    }
    if (next === '<' && this.#rules.heredocs === true) return { text: this.#angle(), splits: false };
    this.#at++;
    if (next !== this.#escape) return { text: next, splits: true };
    const escaped = this.#peek() ?? '';
    this.#at++;
    return { text: this.#keepEscapes ? next + escaped : escaped, splits: false };
  }

  /** `<<` and the blanks after it. */
  #angle(): string {
    this.#at++;
    if (this.#peek() !== '<') return '<';
    let text = '<';
    while (this.#peek() === '<' && text.length < 2) text += this.#next();
    while (this.#peek() !== undefined && isBlank(this.#peek()!)) text += this.#next();
    return text;
  }

  #singleQuoted(): string {
    const quote = this.#next();
    let text = '';
    for (;;) {
      const next = this.#next();
      if (next === undefined) throw syntaxError("a single quote ' is not closed");
      if (next === quote) break;
      text += next;
    }
    return this.#rules.quotes === 'keep' ? `'${text}'` : text;
  }

  #doubleQuoted(): string {
    this.#at++;
    let text = '';
    for (;;) {
      const next = this.#peek();
      if (next === undefined) throw syntaxError('a double quote " is not closed');
      if (next === '$') {
        text += this.#dollar();
        continue;
      }
      this.#at++;
      if (next === '"') break;
      text += next === this.#escape ? this.#escapedInQuotes() : next;
    }
    return this.#rules.quotes === 'keep' ? `"${text}"` : text;
  }

  /** Only a quote, a dollar and the escape character itself can be escaped there. */
  #escapedInQuotes(): string {
    const next = this.#peek();
    const kept = this.#keepEscapes ? this.#escape : '';
    if (next === undefined) return kept;
    if (next !== '"' && next !== '$' && next !== this.#escape)
      return kept === '' ? this.#escape : kept + this.#escape;
    this.#at++;
    return kept + next;
  }

  #dollar(): string {
    this.#at++;
    if (this.#peek() === '{') {
      this.#at++;
      return this.#braces();
    }
    const name = this.#name();
    return name === '' ? '$' : this.#value(name, `$${name}`);
  }

  #braces(): string {
    const first = this.#peek();
    if (first === undefined) throw syntaxError('a } is missing after ${');
    if (first === '{' || first === '}' || first === ':') throw syntaxError(`bad substitution \${${first}`);
    const name = this.#name();
    const operator = this.#next();
    switch (operator) {
      case '}':
        return this.#value(name, `\${${name}}`);
      case ':': {
        const modifier = this.#next();
        if (modifier !== undefined && '-+?'.includes(modifier)) return this.#fallback(name, modifier, true);
        throw unknownModifier(name, `:${modifier ?? ''}`);
      }
      case '-':
      case '+':
      case '?':
        return this.#fallback(name, operator, false);
      case '#':
      case '%':
        return this.#trimmed(name, operator);
      case '/':
        return this.#replacedIn(name);
      default:
        throw operator === undefined
          ? syntaxError(`a } is missing after \${${name}`)
          : unknownModifier(name, operator);
    }
  }

  /** `${x:-word}`, `${x:+word}`, `${x:?word}` and the same without the colon, where an empty value counts as set. */
  #fallback(name: string, modifier: string, emptyIsUnset: boolean): string {
    const { text: word } = this.read('}');
    const value = this.#env.get(name);
    if (value === undefined && this.#rules.keepUnset === true) {
      return `\${${name}${emptyIsUnset ? ':' : ''}${modifier}${word}}`;
    }
    const missing = value === undefined || (emptyIsUnset && value === '');
    if (modifier === '+') return missing ? '' : word;
    if (!missing) return value;
    if (modifier === '-') return word;
    const why = word || `is not allowed to be ${value === undefined ? 'unset' : 'empty'}`;
    throw syntaxError(
      `${name}: ${why}`,
      `set it: ARG ${name}=VALUE, ENV ${name}=VALUE or --build-arg ${name}=VALUE`,
    );
  }

  #trimmed(name: string, operator: '#' | '%'): string {
    const written = this.#withEscapesKept(() => this.read('}').text);
    const unset = this.#unset(name, `\${${name}${operator}${written}}`);
    if (unset !== undefined) return unset;
    const longest = written.startsWith(operator);
    const trim = operator === '#' ? withoutPrefix : withoutSuffix;
    return trim(this.#env.get(name) ?? '', longest ? written.slice(1) : written, longest);
  }

  #replacedIn(name: string): string {
    const every = this.#peek() === '/';
    if (every) this.#at++;
    const [pattern, replacement] = this.#withEscapesKept(() => [this.read('/').text, this.read('}').text]);
    const unset = this.#unset(name, `\${${name}${every ? '//' : '/'}${pattern}/${replacement}}`);
    return unset ?? replaced(this.#env.get(name) ?? '', pattern, replacement, every);
  }

  #withEscapesKept<T>(read: () => T): T {
    const before = this.#keepEscapes;
    this.#keepEscapes = true;
    const result = read();
    this.#keepEscapes = before;
    return result;
  }

  #value(name: string, written: string): string {
    return this.#env.get(name) ?? this.#unset(name, written) ?? '';
  }

  /** What stands for a variable that is not set, if that is not simply nothing. */
  #unset(name: string, written: string): string | undefined {
    if (this.#env.has(name)) return undefined;
    if (this.#rules.keepUnset === true) return written;
    this.#rules.unset?.(name);
    return undefined;
  }

  /** Letters, digits and `_`; digits alone; or one of the shell's special parameters. */
  #name(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    if ('@*#?-$!'.includes(first)) return this.#next()!;
    const part = DIGIT.test(first) ? DIGIT : NAME;
    let name = '';
    for (let next = this.#peek(); next !== undefined && part.test(next); next = this.#peek())
      name += this.#next();
    return name;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #next(): string | undefined {
    return this.#characters[this.#at++];
  }
}

const DIGIT = /^\p{Nd}$/u;
const NAME = /^[\p{L}\p{Nd}_]$/u;
const isBlank = (character: string): boolean => /^\s$/.test(character);

function unknownModifier(name: string, modifier: string): ProaError {
  return syntaxError(
    `unsupported modifier ${modifier} in \${${name}${modifier}`,
    'there are :- :+ :? - + ? # ## % %% / and //',
  );
}
