/** The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*`, `?` and backslashes; brackets mean themselves. */
import { syntaxError } from './syntax-error.ts';

type Token = { readonly star: true } | { readonly any: true } | { readonly literal: string };

/** `value` without the shortest (or longest) beginning that matches. Throws ProaError DOCKERFILE_SYNTAX. */
export function withoutPrefix(value: string, pattern: string, longest: boolean): string {
  const found = new RegExp(`^${source(tokensOf(pattern), longest)}`, 'u').exec(value);
  return found === null ? value : value.slice(found[0].length);
}

/** `value` without the shortest (or longest) end that matches: both are turned round, as a regular expression goes on. */
export function withoutSuffix(value: string, pattern: string, longest: boolean): string {
  const found = new RegExp(`^${source(tokensOf(pattern).reverse(), longest)}`, 'u').exec(reversed(value));
  return found === null ? value : value.slice(0, value.length - found[0].length);
}

/** `value` with the first (or every) longest match replaced by these very characters. */
export function replaced(value: string, pattern: string, replacement: string, every: boolean): string {
  const expression = new RegExp(source(tokensOf(pattern), true), every ? 'gu' : 'u');
  return value.replace(expression, () => replacement);
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === '*') tokens.push({ star: true });
    else if (character === '?') tokens.push({ any: true });
    else if (character !== '\\') tokens.push({ literal: character });
    else tokens.push({ literal: escaped(characters[++i], pattern) });
  }
  return tokens;
}

/** `\}` and `\/` come from the braces around, the others from the pattern itself. */
function escaped(character: string | undefined, pattern: string): string {
  if (character !== undefined && '*?\\}/'.includes(character)) return character;
  throw syntaxError(
    `invalid pattern ${pattern}: invalid escape \\${character ?? ''}`,
    'a backslash in a pattern stands before * ? or another backslash',
  );
}

function source(tokens: readonly Token[], longest: boolean): string {
  return tokens
    .map((token) => {
      if ('star' in token) return longest ? '[^\\n]*' : '[^\\n]*?';
      if ('any' in token) return '[^\\n]';
      return token.literal.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
    })
    .join('');
}

const reversed = (text: string): string => [...text].reverse().join('');
