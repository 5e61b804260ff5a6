/** How the text of an instruction falls apart. Quotes and escapes stay in the words: expand-word.ts resolves them. */
import { syntaxError } from './syntax-error.ts';

const BLANKS = /[\t\v\f\r ]+/;

export interface SplitInstruction {
  /** As written. */
  readonly keyword: string;
  /** `--name=value`, without quotes. */
  readonly flags: readonly string[];
  readonly rest: string;
}

/** `RUN --mount=… make all` → `RUN`, its flags, `make all`. */
export function splitInstruction(line: string): SplitInstruction {
  const match = /^(\S+)(?:[\t\v\f\r ]+(.*))?$/s.exec(line.trim());
  return { keyword: match?.[1] ?? '', ...splitFlags(match?.[2] ?? '') };
}

/**
 * The words with two dashes that come first. `--` alone ends them. Quotes and backslashes work as in a shell, whatever the
 * Dockerfile's escape character is.
 */
function splitFlags(text: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && /\s/.test(text[at]!)) at++;
    if (!text.startsWith('--', at)) break;
    const [flag, end] = flagAt(text, at);
    at = end;
    if (flag === '--') break;
    flags.push(flag);
  }
  return { flags, rest: text.slice(at).trim() };
}

function flagAt(text: string, start: number): [flag: string, end: number] {
  let flag = '';
  let quote = '';
  let at = start;
  for (; at < text.length; at++) {
    const character = text[at]!;
    if (quote === '' && /\s/.test(character)) break;
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === '\\') flag += text[++at] ?? '';
    else flag += character;
  }
  return [flag, at];
}

/** Words between blanks, quotes being ordinary characters. */
export function splitBlanks(text: string): string[] {
  return text === '' ? [] : text.split(BLANKS);
}

/** Words between blanks that are neither quoted nor escaped. */
export function splitQuoted(text: string, escapeMark: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === escapeMark && quote !== "'") {
      if (at + 1 < text.length) word += character + text[++at];
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (character === quote) quote = '';
      else if (quote === '' && (character === '"' || character === "'")) quote = character;
      word += character;
    }
  }
  if (word !== '') words.push(word);
  return words;
}

export interface Pairs {
  readonly pairs: readonly { readonly name: string; readonly value: string }[];
  /** `name the rest of the line`. */
  readonly old: boolean;
}

/** `a=1 b="x y"` or the old form: the first word decides. Throws ProaError DOCKERFILE_SYNTAX. */
export function splitPairs(text: string, escapeMark: string): Pairs {
  const words = splitQuoted(text, escapeMark);
  if (words.length === 0) throw syntaxError('it needs at least one NAME=VALUE');
  if (!words[0]!.includes('=')) {
    const match = /^(.*?)[\t\v\f\r ]+(.*)$/s.exec(text);
    if (match === null) throw syntaxError(`${words[0]} has no value`, 'write NAME=VALUE');
    return { pairs: [{ name: match[1]!, value: match[2]! }], old: true };
  }
  return { pairs: words.map(pairOf), old: false };
}

function pairOf(word: string): { name: string; value: string } {
  const equals = word.indexOf('=');
  if (equals < 0) throw syntaxError(`${word} is not NAME=VALUE`, 'quote a value that has blanks: NAME="a b"');
  if (equals === 0) throw syntaxError(`${word} has no name before its =`);
  return { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

/**
 * `["a", "b"]` → a, b; undefined for what is no JSON list, as then it is a line for the shell or plain words.
 * @throws ProaError DOCKERFILE_SYNTAX for a list that holds anything but strings
 */
export function jsonWords(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // `[ -f x ] && y` is a command line too
  }
  if (!Array.isArray(value)) return undefined;
  if (!value.every((word) => typeof word === 'string')) {
    throw syntaxError(
      `the JSON list ${text} holds more than strings`,
      'put every word between double quotes',
    );
  }
  return value;
}
