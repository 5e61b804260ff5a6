/** Pipelines: the part of the grammar between `{{` and `}}`. parser.ts has the part around it. */
import { syntaxError } from './failure.ts';
import { type Token, tokenize } from './lexer.ts';
import type { Call, Operand, Pipe } from './node.ts';

/** Words that are no function and no value. */
export const KEYWORDS: ReadonlySet<string> = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'nil',
  'range',
  'template',
  'with',
]);

/** Reads tokens one after the other, and pipelines from them. */
export class PipelineParser {
  protected readonly tokens: Token[];
  protected at = 0;
  protected readonly functions = new Map<string, number>();
  /** Variables in sight; a block forgets its own at its end. */
  protected variables = ['$'];

  constructor(protected readonly source: string) {
    this.tokens = tokenize(source);
  }

  protected get token(): Token {
    return this.tokens[this.at]!;
  }

  protected fail(why: string, token = this.token): Error {
    return syntaxError(this.source, token.start, why);
  }

  protected is(kind: Token['kind'], text?: string): boolean {
    return this.token.kind === kind && (text === undefined || this.token.text === text);
  }

  /** Steps over a token of this kind, or throws. */
  protected expect(kind: Token['kind'], context: string): Token {
    if (this.token.kind === kind) return this.tokens[this.at++]!;
    throw this.unexpected(context);
  }

  protected unexpected(context: string): Error {
    if (this.token.kind === 'end') return this.fail('unexpected EOF');
    const what = this.token.kind === 'close' ? '"}}"' : JSON.stringify(this.sourceOf(this.token.start));
    return this.fail(`unexpected ${what} in ${context}`);
  }

  /** The text from `start` to the end of the token just read (or of the coming one, when none was read). */
  protected sourceOf(start: number): string {
    const last = this.tokens[this.at - 1];
    return this.source.slice(start, last !== undefined && last.end > start ? last.end : this.token.end);
  }

  /** A pipeline up to `}}` or `)`, which is stepped over. */
  protected pipe(context: string, until: 'close' | ')'): Pipe {
    const start = this.token.start;
    const [variables, assigns] = this.declaration(context);
    const calls: Call[] = [];
    for (;;) {
      if (until === 'close' ? this.is('close') : this.is('symbol', ')')) break;
      if (calls.length > 0 && !this.is('symbol', '|')) throw this.unexpected(context);
      if (calls.length > 0) this.at++;
      calls.push(this.call(context));
    }
    if (calls.length === 0) throw this.fail(`missing value for ${context}`);
    for (const [stage, call] of calls.entries()) {
      const kind = call.operands[0]!.kind;
      if (stage > 0 && (kind === 'dot' || kind === 'nil' || kind === 'literal')) {
        throw syntaxError(this.source, call.start, `non executable command in pipeline stage ${stage + 1}`);
      }
    }
    const source = this.sourceOf(start);
    this.at++;
    this.variables.push(...variables.filter(() => !assigns));
    return { variables, assigns, calls, start, source };
  }

  /** `$x :=`, `$x =` or, for a range, `$i, $x :=` at a pipeline's beginning. */
  private declaration(context: string): [variables: string[], assigns: boolean] {
    const begin = this.at;
    const names: string[] = [];
    while (this.is('variable')) {
      names.push(this.tokens[this.at++]!.text);
      if (this.is('symbol', ':=') || this.is('symbol', '=')) {
        if (names.length > (context === 'range' ? 2 : 1))
          throw this.fail(`too many declarations in ${context}`);
        const assigns = this.tokens[this.at++]!.text === '=';
        if (assigns) for (const name of names) this.checkVariable(name, this.tokens[begin]!);
        return [names, assigns];
      }
      if (!this.is('symbol', ',')) break;
      this.at++;
    }
    if (names.length > 1) throw this.unexpected(context);
    this.at = begin;
    return [[], false];
  }

  private checkVariable(name: string, token: Token): void {
    if (!this.variables.includes(name)) throw this.fail(`undefined variable ${JSON.stringify(name)}`, token);
  }

  private call(context: string): Call {
    const start = this.token.start;
    const operands: Operand[] = [];
    for (;;) {
      const operand = this.operand();
      if (operand === undefined) break;
      operands.push(operand);
      const ends = this.is('close') || (this.is('symbol') && this.token.text !== '(');
      if (ends) break;
      if (!this.token.spaced) throw this.unexpected('operand');
    }
    if (operands.length === 0) {
      if (this.is('close') || this.is('symbol', ')')) throw this.fail(`missing value for ${context}`);
      throw this.unexpected(context);
    }
    return { operands, start, source: this.sourceOf(start) };
  }

  /** A term and the fields chained to it (`$x.A`, `(f).A.B`), or undefined when no term begins here. */
  private operand(): Operand | undefined {
    const { start } = this.token;
    const term = this.term();
    if (term === undefined) return undefined;
    const names: string[] = [];
    // Go says where the chain goes on, not where it begins.
    const chained = this.token.start;
    const place = () => ({ start: chained, source: this.sourceOf(start) });
    while (this.is('field') && !this.token.spaced) names.push(this.tokens[this.at++]!.text);
    if (names.length === 0) return term;
    switch (term.kind) {
      case 'field':
        return { ...term, names: [...term.names, ...names], ...place() };
      case 'variable':
        return { ...term, names, ...place() };
      case 'pipe':
      case 'function':
        return { kind: 'chain', of: term, names, ...place() };
      default:
        throw syntaxError(this.source, start, `unexpected . after term ${JSON.stringify(term.source)}`);
    }
  }

  private term(): Operand | undefined {
    const token = this.token;
    const place = { start: token.start, source: this.source.slice(token.start, token.end) };
    switch (token.kind) {
      case 'dot':
        this.at++;
        return { kind: 'dot', ...place };
      case 'field':
        this.at++;
        return { kind: 'field', names: [token.text], ...place };
      case 'variable':
        this.checkVariable(token.text, token);
        this.at++;
        return { kind: 'variable', name: token.text, names: [], ...place };
      case 'string':
        this.at++;
        return { kind: 'literal', value: token.text, ...place };
      case 'number':
        this.at++;
        return { kind: 'literal', value: token.number, ...place };
      case 'word':
        return this.word(token, place);
      case 'symbol': {
        if (token.text !== '(') return undefined;
        this.at++;
        const pipe = this.pipe('parenthesized pipeline', ')');
        return { kind: 'pipe', pipe, start: token.start, source: this.sourceOf(token.start) };
      }
      case 'end':
        throw this.fail('unclosed action');
      default:
        return undefined;
    }
  }

  private word(token: Token, place: { start: number; source: string }): Operand {
    if (token.text === 'nil') {
      this.at++;
      return { kind: 'nil', ...place };
    }
    if (KEYWORDS.has(token.text)) throw this.unexpected('command');
    this.at++;
    if (token.text === 'true' || token.text === 'false') {
      return { kind: 'literal', value: token.text === 'true', ...place };
    }
    if (!this.functions.has(token.text)) this.functions.set(token.text, token.start);
    return { kind: 'function', name: token.text, ...place };
  }
}
