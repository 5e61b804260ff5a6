/** Expressions of HCL, by the precedence of their operators. */
import { type BinaryOperator, type Expression, SPLAT_ITEM } from './ast.ts';
import { parseHeredoc } from './heredoc.ts';
import type { Reader } from './reader.ts';
import { parseTemplate, readForHead } from './template.ts';

/** From the loosest to the tightest. Longer ones first, as `<` begins `<=`. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];

/**
 * The expression that begins here.
 * @param lines whether ends of lines mean nothing, as they do within brackets
 * @throws ProaError BAKE_SYNTAX
 */
export function parseExpression(reader: Reader, lines: boolean): Expression {
  reader.skip(lines);
  const at = reader.at;
  const test = binary(reader, lines, 0);
  reader.skip(lines);
  if (!reader.takes('?')) return test;
  const yes = parseExpression(reader, lines);
  reader.expect(':', lines);
  const no = parseExpression(reader, lines);
  return { source: reader.source, at, kind: 'condition', test, yes, no };
}

function binary(reader: Reader, lines: boolean, level: number): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(reader, lines);
  let left = binary(reader, lines, level + 1);
  for (;;) {
    reader.skip(lines);
    const at = reader.at;
    const operator = operators.find((each) => reader.takes(each));
    if (operator === undefined) return left;
    const right = binary(reader, lines, level + 1);
    left = { source: reader.source, at, kind: 'binary', operator, left, right };
  }
}

function unary(reader: Reader, lines: boolean): Expression {
  reader.skip(lines);
  const at = reader.at;
  for (const operator of ['-', '!'] as const) {
    if (operator === '!' && reader.sees('!=')) continue;
    if (reader.takes(operator))
      return { source: reader.source, at, kind: 'unary', operator, of: unary(reader, lines) };
  }
  return traversal(reader, lines, term(reader, lines));
}

/** What follows a term: `.name`, `.0`, `[key]`, `.*`, `[*]`. */
function traversal(reader: Reader, lines: boolean, start: Expression): Expression {
  let of = start;
  for (;;) {
    const base = { source: reader.source, at: reader.at };
    if (reader.sees('...')) return of;
    if (reader.takes('.*')) {
      const each = attributesOf(reader, { ...base, kind: 'variable', name: SPLAT_ITEM });
      of = { ...base, kind: 'splat', of, each };
    } else if (reader.takes('[*]')) {
      const each = traversal(reader, lines, { ...base, kind: 'variable', name: SPLAT_ITEM });
      return { ...base, kind: 'splat', of, each };
    } else if (reader.takes('.')) of = attribute(reader, of);
    else if (reader.takes('[')) {
      const key = parseExpression(reader, true);
      reader.expect(']', true);
      of = { ...base, kind: 'index', of, key };
    } else return of;
  }
}

/** `.a.b`: all that belongs to the items of a `.*`. */
function attributesOf(reader: Reader, start: Expression): Expression {
  let of = start;
  while (reader.sees('.') && !reader.sees('.*') && !reader.sees('...')) {
    reader.at++;
    of = attribute(reader, of);
  }
  return of;
}

function attribute(reader: Reader, of: Expression): Expression {
  const base = { source: reader.source, at: reader.at };
  const digits = reader.match(/\d+/y);
  if (digits !== undefined) {
    const key: Expression = { ...base, kind: 'literal', value: Number(digits) };
    return { ...base, kind: 'index', of, key };
  }
  const name = reader.name();
  if (name === undefined) throw reader.error(`expected a name after ".", found ${reader.here()}`);
  return { ...base, kind: 'attribute', of, name };
}

function term(reader: Reader, lines: boolean): Expression {
  const base = { source: reader.source, at: reader.at };
  if (reader.takes('(')) {
    const inner = parseExpression(reader, true);
    reader.expect(')', true);
    return inner;
  }
  if (reader.takes('"')) return parseTemplate(reader, '"');
  if (reader.sees('<<')) return parseHeredoc(reader);
  if (reader.takes('[')) return tuple(reader, base);
  if (reader.takes('{')) return object(reader, base);
  const number = reader.match(/\d+(\.\d+)?([eE][+-]?\d+)?/y);
  if (number !== undefined) return { ...base, kind: 'literal', value: Number(number) };
  const name = reader.name();
  if (name === undefined) throw reader.error(`expected a value, found ${reader.here()}`);
  if (name === 'true' || name === 'false') return { ...base, kind: 'literal', value: name === 'true' };
  if (name === 'null') return { ...base, kind: 'literal', value: null };
  const before = reader.at;
  reader.skip(lines);
  if (reader.takes('(')) return call(reader, base, name);
  reader.at = before;
  return { ...base, kind: 'variable', name };
}

type Base = Pick<Expression, 'source' | 'at'>;

function call(reader: Reader, base: Base, name: string): Expression {
  const args: Expression[] = [];
  let spread = false;
  for (reader.skip(true); !reader.takes(')'); reader.skip(true)) {
    args.push(parseExpression(reader, true));
    reader.skip(true);
    spread = reader.takes('...');
    reader.skip(true);
    if (spread || !reader.takes(',')) {
      reader.expect(')', true);
      break;
    }
  }
  return { ...base, kind: 'call', name, args, spread };
}

function tuple(reader: Reader, base: Base): Expression {
  reader.skip(true);
  if (takesWord(reader, 'for')) return forExpression(reader, base, ']');
  const items: Expression[] = [];
  for (; !reader.takes(']'); reader.skip(true)) {
    items.push(parseExpression(reader, true));
    reader.skip(true);
    if (!reader.takes(',')) {
      reader.expect(']', true);
      break;
    }
  }
  return { ...base, kind: 'tuple', items };
}

function object(reader: Reader, base: Base): Expression {
  reader.skip(true);
  if (takesWord(reader, 'for')) return forExpression(reader, base, '}');
  const items: [Expression, Expression][] = [];
  for (; !reader.takes('}'); reader.skip(true)) {
    const key = objectKey(reader);
    reader.skip(false);
    if (!reader.takes('=') && !reader.takes(':'))
      throw reader.error(`expected "=" or ":" after a key, found ${reader.here()}`);
    items.push([key, parseExpression(reader, false)]);
    reader.skip(false);
    const parted = reader.takes(',') || reader.match(/\n/y) !== undefined;
    reader.skip(true);
    if (!parted && !reader.sees('}'))
      throw reader.error(`expected a comma or the end of the line, found ${reader.here()}`);
  }
  return { ...base, kind: 'object', items };
}

/** A name alone is the key itself, not a variable. */
function objectKey(reader: Reader): Expression {
  const at = reader.at;
  const name = reader.name();
  const end = reader.at;
  reader.skip(false);
  if (name !== undefined && (reader.sees(':') || (reader.sees('=') && !reader.sees('==')))) {
    reader.at = end;
    return { source: reader.source, at, kind: 'literal', value: name };
  }
  reader.at = at;
  return parseExpression(reader, false);
}

function forExpression(reader: Reader, base: Base, end: ']' | '}'): Expression {
  const head = readForHead(reader);
  reader.expect(':', true);
  const first = parseExpression(reader, true);
  reader.skip(true);
  let [key, value, grouped]: [Expression | undefined, Expression, boolean] = [undefined, first, false];
  if (end === '}') {
    reader.expect('=>', true);
    [key, value] = [first, parseExpression(reader, true)];
    reader.skip(true);
    grouped = reader.takes('...');
    reader.skip(true);
  }
  const condition = takesWord(reader, 'if') ? parseExpression(reader, true) : undefined;
  reader.expect(end, true);
  return { ...base, kind: 'for', ...head, key, value, grouped, condition, joined: false };
}

/** Passes a whole word, not the start of a longer name. */
function takesWord(reader: Reader, word: string): boolean {
  const at = reader.at;
  if (reader.name() === word) {
    const after = reader.text[reader.at] ?? ' ';
    // `for = 1` and `if.x` are a key and a variable.
    if (/\s/.test(after)) {
      const end = reader.at;
      reader.skip(true);
      if (word !== 'for' || !/[=:,]/.test(reader.text[reader.at] ?? '')) {
        reader.at = end;
        return true;
      }
    }
  }
  reader.at = at;
  return false;
}
