/** A place in an HCL text that moves on: spaces, comments, words. */
import { ProaError } from '../../../core/error.ts';
import type { Expression, Source } from './ast.ts';

const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;

/** How an expression that begins at the reader's place is read; `lines`: ends of lines mean nothing. */
export type ExpressionParser = (reader: Reader, lines: boolean) => Expression;

export class Reader {
  at = 0;

  /** @param parser given, as templates are in expressions and expressions in templates */
  constructor(
    readonly source: Source,
    readonly parser: ExpressionParser,
  ) {}

  expression(lines: boolean): Expression {
    return this.parser(this, lines);
  }

  get text(): string {
    return this.source.text;
  }
  get ended(): boolean {
    return this.at >= this.text.length;
  }

  /** Whether `word` stands here. */
  sees(word: string): boolean {
    return this.text.startsWith(word, this.at);
  }

  /** Passes `word` if it stands here. */
  takes(word: string): boolean {
    if (!this.sees(word)) return false;
    this.at += word.length;
    return true;
  }

  /** Passes spaces and comments, and with `lines` the ends of lines. */
  skip(lines: boolean): void {
    for (;;) {
      const space = this.match(lines ? /[ \t\r\n]+/y : /(?:[ \t]|\r(?=\n))+/y);
      if (space !== undefined) continue;
      if (this.sees('#') || this.sees('//')) this.match(/[^\n]*/y);
      else if (this.sees('/*')) {
        const end = this.text.indexOf('*/', this.at + 2);
        if (end < 0) throw this.error('a comment has no end');
        this.at = end + 2;
      } else return;
    }
  }

  /** What a sticky pattern finds here. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.at += found.length;
    return found;
  }

  name(): string | undefined {
    return this.match(NAME);
  }

  /** Passes `word`, behind spaces. */
  expect(word: string, lines: boolean): void {
    this.skip(lines);
    if (!this.takes(word)) throw this.error(`expected ${JSON.stringify(word)}, found ${this.here()}`);
  }

  /** What stands here, for messages. */
  here(): string {
    if (this.ended) return 'the end of the file';
    const [word = ''] = /^(\n|\w+|.)/u.exec(this.text.slice(this.at, this.at + 40)) ?? [];
    return word === '\n' ? 'the end of the line' : JSON.stringify(word);
  }

  error(what: string, at = this.at): ProaError {
    return errorAt(this.source, at, what);
  }
}

/** `file:line: what`, code BAKE_SYNTAX. */
export function errorAt({ name, text }: Source, at: number, what: string, cause?: unknown): ProaError {
  const line = text.slice(0, at).split('\n').length;
  return new ProaError('BAKE_SYNTAX', `${name}:${line}: ${what}`, { cause });
}
