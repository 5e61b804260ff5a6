/** One line of a .dockerignore, as github.com/moby/patternmatcher understands it. */
import { posix } from 'node:path';
import { ProaError } from '../core/error.ts';
import { fileMatcher } from './file-match.ts';

export interface IgnorePattern {
  /** `!pattern`: what matches is kept after all. */
  readonly exception: boolean;
  /** Of a path relative to the context, alone: its parents are the caller's. */
  matches(path: string): boolean;
  /** Whether it may match anything below this folder; true when in doubt. */
  mayMatchBelow(folder: string): boolean;
}

/**
 * The patterns of a file's lines: `#` in the first column begins a comment; blanks around, a slash at the front and empty
 * lines count for nothing.
 */
export function patternsOfLines(lines: readonly string[]): string[] {
  const patterns: string[] = [];
  for (const [index, line] of lines.entries()) {
    const text = index === 0 ? line.replace(/^\uFEFF/, '') : line;
    if (text.startsWith('#') || text.trim() === '') continue;
    const exception = text.trim().startsWith('!');
    const pattern = exception ? text.trim().slice(1).trim() : text.trim();
    const clean = pattern === '' ? '' : posix.normalize(pattern).replace(/(?<=.)\/$/, '');
    patterns.push((exception ? '!' : '') + (clean.length > 1 ? clean.replace(/^\//, '') : clean));
  }
  return patterns;
}

/** @throws ProaError INVALID_PATTERN with the pattern */
export function ignorePattern(text: string): IgnorePattern {
  const exception = text.startsWith('!');
  const pattern = exception ? text.slice(1) : text;
  if (pattern === '') {
    throw new ProaError('INVALID_PATTERN', 'invalid pattern "!": it has nothing after the exclamation mark');
  }
  fileMatcher(pattern);
  return { exception, matches: matcherOf(pattern), mayMatchBelow: belowOf(pattern) };
}

/**
 * `**` stands for any number of folders, `*` and `?` stop at a slash. All else is taken over into a regular expression
 * character by character, brackets too: that is how the original does it, so a star between brackets is no plain star.
 */
function matcherOf(pattern: string): (path: string) => boolean {
  if (pattern === '**') return () => true;
  if (!/[*?[\]\\]/.test(pattern)) return (path) => path === pattern;
  const ends = pattern.slice(2);
  if (pattern.startsWith('**') && !/[*?[\]\\]/.test(ends)) {
    return (path) => path.endsWith(ends) || (ends.startsWith('/') && path === ends.slice(1));
  }
  const begins = pattern.slice(0, -2);
  if (pattern.endsWith('**') && !/[*?[\]\\]/.test(begins)) return (path) => path.startsWith(begins);
  const expression = expressionOf(pattern);
  return (path) => expression.test(path);
}

/** A character beyond the basic plane is two units of a JavaScript string, but one to `?`. */
const ONE = '(?:[\\ud800-\\udbff][\\udc00-\\udfff]|[^/])';

function expressionOf(pattern: string): RegExp {
  const one = pattern.includes('[') ? '[^/]' : ONE;
  const source = pattern.replace(/\*\*\/?|\*|\?|\\[\s\S]|[.+()|{}$/]/g, (token, at: number) => {
    if (token.startsWith('**')) return at + token.length === pattern.length ? '[^\\n]*' : '(?:[^\\n]*/)?';
    if (token === '*') return '[^/]*';
    if (token === '?') return one;
    // Before a letter it says nothing: neither of JavaScript's classes is meant, nor one of Go's.
    if (token.length === 2) return /\w/.test(token) ? token.slice(1) : token;
    return `\\${token}`;
  });
  try {
    return new RegExp(`^${source}$`);
  } catch (cause) {
    throw new ProaError(
      'INVALID_PATTERN',
      `invalid pattern ${JSON.stringify(pattern)}: its brackets make no range`,
      {
        cause,
      },
    );
  }
}

/** Compares folder by folder, up to the first part that may reach over several. */
function belowOf(pattern: string): (folder: string) => boolean {
  const parts = pattern.split('/');
  const open = parts.findIndex((part) => /\*\*|[[\]\\]/.test(part));
  const matchers = (open < 0 ? parts : parts.slice(0, open)).map(matcherOf);
  return (folder) => {
    const names = folder.split('/');
    if (open < 0 && names.length >= parts.length) return false;
    return names.every((name, index) => matchers[index]?.(name) ?? true);
  };
}
