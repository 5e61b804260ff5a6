/** A template's text into tokens (Go text/template/parse, "Text and spaces", "Actions"). */
import { syntaxError } from './failure.ts';
import { parseNumber, unquote } from './literal.ts';

export type TokenKind =
  | 'text'
  | 'open' // {{
  | 'close' // }}
  | 'dot'
  | 'field' // .Name; value without the dot
  | 'variable' // $ or $name
  | 'word' // an identifier or keyword
  | 'string'
  | 'number'
  | 'symbol' // | ( ) , = :=
  | 'end';

export interface Token {
  kind: TokenKind;
  /** As written, but unquoted for a string and without the dot for a field. */
  text: string;
  /** The value of a number or character. */
  number?: number | bigint;
  start: number;
  end: number;
  /** White space stands before it: what separates arguments from each other and from chained fields. */
  spaced: boolean;
}

const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER = /[+-]?(?:\d|\.\d)[\p{L}\p{Nd}_.]*(?:(?<=[eE])[+-]\d+)?/uy;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const CHARACTER = /'(?:[^'\\\n]|\\.)*'/uy;

/** Reads the whole template. Throws ProaError TEMPLATE_SYNTAX. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimNext = false;
  const add = (
    kind: TokenKind,
    text: string,
    start: number,
    spaced = false,
    number?: number | bigint,
  ): void => {
    tokens.push({ kind, text, start, end: at, spaced, number });
  };
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const textEnd = open < 0 ? source.length : open;
    const trimsBefore = open >= 0 && /^-\s/.test(source.slice(open + 2, open + 4));
    let text = source.slice(at, textEnd);
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimsBefore) text = text.replace(/[ \t\r\n]+$/, '');
    const textStart = at;
    at = textEnd;
    if (text !== '') add('text', text, textStart);
    if (open < 0) break;
    at = open + (trimsBefore ? 4 : 2);
    if (source.startsWith('/*', at)) [at, trimNext] = skipComment(source, at);
    else {
      add('open', '{{', open);
      trimNext = lexAction();
    }
  }
  add('end', '', at);
  return tokens;

  /** Reads one action up to its end; true when it ends in `-}}`. */
  function lexAction(): boolean {
    for (let spaced = false; ; ) {
      const start = at;
      const space = /[ \t\r\n]+/y;
      space.lastIndex = at;
      if (space.test(source)) {
        at = space.lastIndex;
        spaced = true;
      }
      const trims = at > start && source.startsWith('-}}', at);
      if (trims || source.startsWith('}}', at)) {
        const close = at;
        at += trims ? 3 : 2;
        add('close', '}}', close, spaced);
        return trims;
      }
      const begin = at;
      const [kind, text, number] = lexOperand();
      add(kind, text, begin, spaced, number);
      spaced = false;
    }
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(source)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  }

  function lexOperand(): [kind: TokenKind, text: string, number?: number | bigint] {
    const start = at;
    const fail = (why: string) => syntaxError(source, start, why);
    if (at >= source.length) throw fail('unclosed action');
    const character = source[at]!;
    const number = take(NUMBER);
    if (number !== undefined) {
      const value = parseNumber(number);
      if (value === undefined) throw fail(`bad number syntax: ${JSON.stringify(number)}`);
      return ['number', number, value];
    }
    switch (character) {
      case '"': {
        const quoted = take(STRING);
        if (quoted === undefined) throw fail('unterminated quoted string');
        return ['string', unquoted(quoted, start)];
      }
      case '`': {
        const close = source.indexOf('`', at + 1);
        if (close < 0) throw fail('unterminated raw quoted string');
        at = close + 1;
        return ['string', source.slice(start + 1, close)];
      }
      case "'": {
        const quoted = take(CHARACTER);
        if (quoted === undefined) throw fail('unterminated character constant');
        const text = unquoted(quoted, start);
        if ([...text].length !== 1) throw fail(`malformed character constant: ${quoted}`);
        return ['number', quoted, text.codePointAt(0)!];
      }
      case '$':
        at++;
        return ['variable', `$${take(WORD) ?? ''}`];
      case '.': {
        at++;
        const name = take(WORD);
        return name === undefined ? ['dot', '.'] : ['field', name];
      }
      case ':':
        if (source[at + 1] !== '=') throw fail('expected :=');
        at += 2;
        return ['symbol', ':='];
      case '|':
      case '(':
      case ')':
      case ',':
      case '=':
        at++;
        return ['symbol', character];
    }
    const word = take(WORD);
    if (word !== undefined) return ['word', word];
    throw fail(`unexpected ${JSON.stringify(String.fromCodePoint(source.codePointAt(at)!))} in action`);
  }

  function unquoted(quoted: string, start: number): string {
    const text = unquote(quoted.slice(1, -1));
    if (text === undefined) throw syntaxError(source, start, `invalid escape in ${quoted}`);
    return text;
  }
}

/** Skips a comment; gives where it ends and whether the end trims the text after it. */
function skipComment(source: string, start: number): [at: number, trims: boolean] {
  const close = source.indexOf('*/', start + 2);
  if (close < 0) throw syntaxError(source, start, 'unclosed comment');
  const end = /^(?:[ \t\r\n]-)?\}\}/.exec(source.slice(close + 2))?.[0];
  if (end === undefined) throw syntaxError(source, close, 'comment ends before closing delimiter');
  return [close + 2 + end.length, end.length > 2];
}
