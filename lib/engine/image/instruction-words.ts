/** The words of a Dockerfile instruction: quotes and backslashes as the shell has them, but nothing is expanded. */
import { ProaError } from '../../core/error.ts';

/** `a "b c" d\ e` → `a`, `b c`, `d e`. Throws ProaError INVALID_CHANGE for a quote that is not closed. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === '\\' && quote !== "'" && i + 1 < text.length) word = (word ?? '') + text[++i];
    else if (quote !== '' && character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== '') throw new ProaError('INVALID_CHANGE', `the quote ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}

/** `a=1 b="x y"`, or the old form `name the rest of the line`. Throws ProaError INVALID_CHANGE. */
export function splitPairs(text: string): [name: string, value: string][] {
  if (!/^[^\s"']+=/.test(text)) {
    const match = /^(\S+)\s+(.*)$/s.exec(text);
    if (match === null) throw new ProaError('INVALID_CHANGE', 'it takes NAME=VALUE');
    return [[match[1]!, match[2]!]];
  }
  return splitWords(text).map((word) => {
    const equals = word.indexOf('=');
    if (equals < 1) throw new ProaError('INVALID_CHANGE', `${JSON.stringify(word)} is not NAME=VALUE`);
    return [word.slice(0, equals), word.slice(equals + 1)];
  });
}

/** `["a", "b"]` → a, b; undefined for anything else, which is then a shell's command line. */
export function jsonWords(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined;
  } catch {
    return undefined; // `[ -f x ] && y` is a command line too
  }
}
