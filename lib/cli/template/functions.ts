/** The functions of a template: those of Go's text/template and those that Docker and Podman add to it. */
import { TemplateFailure } from './failure.ts';
import { formatValue, sprintf } from './printf.ts';
import { isTrue, kindOf, mapEntries, mapValue, NIL_LIST, NIL_MAP, structFields, typeName } from './value.ts';

// biome-ignore lint/suspicious/noExplicitAny: every function checks the arguments that a template hands it.
export type TemplateFunction = (...args: any[]) => unknown;
export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TemplateFailure(`expected string; found ${typeName(value)}`);
}

function integer(value: unknown): number {
  if (typeof value === 'bigint' || Number.isInteger(value)) return Number(value);
  throw new TemplateFailure(`expected integer; found ${typeName(value)}`);
}

function list(value: unknown): unknown[] {
  if (kindOf(value) === 'list') return [...(value as unknown[])];
  throw new TemplateFailure(`expected a list; found ${typeName(value)}`);
}

/** `and` and `or` are not here: they must not evaluate what they do not need, so evaluate.ts has them. */
export const BUILTINS: FunctionTable = {
  not: (value: unknown) => !isTrue(value),
  len: (value: unknown) => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (kindOf(value) === 'list') return (value as unknown[]).length;
    if (kindOf(value) === 'map') return mapEntries(value).length;
    throw new TemplateFailure(`len of type ${typeName(value)}`);
  },
  index: (value: unknown, ...keys: unknown[]) => keys.reduce(element, value),
  slice,
  print: (...values: unknown[]) => sprint(values),
  printf: (format: unknown, ...values: unknown[]) => sprintf(text(format), values),
  println: (...values: unknown[]) => `${values.map(formatValue).join(' ')}\n`,
  html: (...values: unknown[]) => sprint(values).replace(/[&'<>"\0]/g, (character) => HTML[character]!),
  js: (...values: unknown[]) => sprint(values).replace(/[\\'"<>&=\p{Cc}\p{Cn}\p{Zl}\p{Zp}]/gu, escapeScript),
  urlquery: (...values: unknown[]) =>
    encodeURIComponent(sprint(values))
      .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  eq: (value: unknown, ...others: unknown[]) => {
    if (others.length === 0) throw new TemplateFailure('missing argument for comparison');
    return others.some((other) => equal(value, other));
  },
  ne: (a: unknown, b: unknown) => !equal(a, b),
  lt: (a: unknown, b: unknown) => compare(a, b) < 0,
  le: (a: unknown, b: unknown) => compare(a, b) <= 0,
  gt: (a: unknown, b: unknown) => compare(a, b) > 0,
  ge: (a: unknown, b: unknown) => compare(a, b) >= 0,
  call: (called: unknown, ...args: unknown[]) => {
    if (typeof called !== 'function') throw new TemplateFailure(`non-function of type ${typeName(called)}`);
    return called(...args);
  },

  // Docker's and Podman's
  json: toJson,
  split: (value: unknown, separator: unknown) => text(value).split(text(separator)),
  join: (values: unknown, separator: unknown) => list(values).map(formatValue).join(text(separator)),
  title: (value: unknown) =>
    text(value).replace(/(?<![\p{L}\p{Nd}_]|[^\0-\x7f\s])\p{Ll}/gu, (letter) => letter.toUpperCase()),
  lower: (value: unknown) => text(value).toLowerCase(),
  upper: (value: unknown) => text(value).toUpperCase(),
  pad: (value: unknown, before: unknown, after: unknown) =>
    text(value) === '' ? '' : ' '.repeat(integer(before)) + text(value) + ' '.repeat(integer(after)),
  truncate: (value: unknown, length: unknown) =>
    [...text(value)].slice(0, Math.max(0, integer(length))).join(''),
};

/** How many arguments a function takes; functions that are not here take any number from their parameters' count up. */
export const FIXED_ARGUMENTS: Readonly<Record<string, number>> = {
  not: 1,
  len: 1,
  ne: 2,
  lt: 2,
  le: 2,
  gt: 2,
  ge: 2,
  json: 1,
  split: 2,
  join: 2,
  title: 1,
  lower: 1,
  upper: 1,
  pad: 3,
  truncate: 2,
};

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\0': '\uFFFD',
};

function escapeScript(character: string): string {
  if ('\\\'"'.includes(character)) return `\\${character}`;
  return `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** fmt.Sprint: a space stands between two operands when neither is a string. */
function sprint(values: readonly unknown[]): string {
  let out = '';
  for (const [at, value] of values.entries()) {
    if (at > 0 && typeof value !== 'string' && typeof values[at - 1] !== 'string') out += ' ';
    out += formatValue(value);
  }
  return out;
}

/** One step of `index`. A key that a map of strings lacks gives '', the zero value of its elements. */
function element(value: unknown, key: unknown): unknown {
  switch (kindOf(value)) {
    case 'map': {
      if (!(value instanceof Map) && typeof key !== 'string')
        throw new TemplateFailure(`value has type ${typeName(key)}; should be string`);
      const found = mapValue(value, key);
      if (found !== undefined) return found;
      return mapEntries(value).every(([, known]) => typeof known === 'string') ? '' : undefined;
    }
    case 'list':
    case 'string': {
      const elements = typeof value === 'string' ? Buffer.from(value) : (value as unknown[]);
      const at = integer(key);
      if (at < 0 || at >= elements.length) throw new TemplateFailure(`index out of range: ${at}`);
      return elements[at];
    }
    case 'nil':
      throw new TemplateFailure('index of untyped nil');
    default:
      throw new TemplateFailure(`can't index item of type ${typeName(value)}`);
  }
}

function slice(value: unknown, ...bounds: unknown[]): unknown {
  if (typeof value !== 'string' && kindOf(value) !== 'list') {
    throw new TemplateFailure(`can't slice item of type ${typeName(value)}`);
  }
  if (bounds.length > (typeof value === 'string' ? 2 : 3)) {
    throw new TemplateFailure(`too many slice indexes: ${bounds.length}`);
  }
  const elements = typeof value === 'string' ? Buffer.from(value) : (value as unknown[]);
  const [from = 0, to = elements.length] = bounds.map(integer);
  const outside = [from, to].find((bound) => bound < 0 || bound > elements.length);
  if (outside !== undefined) throw new TemplateFailure(`index out of range: ${outside}`);
  if (from > to) throw new TemplateFailure(`invalid slice index: ${from} > ${to}`);
  return typeof value === 'string' ? Buffer.from(value).toString('utf8', from, to) : elements.slice(from, to);
}

function equal(a: unknown, b: unknown): boolean {
  const [left, right] = [kindOf(a), kindOf(b)];
  for (const kind of [left, right]) {
    if (kind === 'list' || kind === 'map' || kind === 'struct' || kind === 'function') {
      throw new TemplateFailure(`non-comparable type ${typeName(kind === left ? a : b)}`);
    }
  }
  if (left === 'nil' || right === 'nil') return left === right;
  if (left !== right) throw new TemplateFailure('incompatible types for comparison');
  if (left === 'time') return (a as Date).getTime() === (b as Date).getTime();
  // biome-ignore lint/suspicious/noDoubleEquals: 1 and 1n are the same integer to a template.
  return a == b;
}

function compare(a: unknown, b: unknown): number {
  const [left, right] = [kindOf(a), kindOf(b)];
  if (left !== 'number' && left !== 'string') throw new TemplateFailure('invalid type for comparison');
  if (left !== right) throw new TemplateFailure('incompatible types for comparison');
  if (left === 'string') return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

/** A value as compact JSON: structs in their own order, maps in the order of their keys, as Go's encoding/json. */
export function toJson(value: unknown): string {
  return JSON.stringify(plain(value)) ?? 'null';
}

/** All digits of a number that JavaScript's own cannot hold. */
function exact(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

function plain(value: unknown): unknown {
  if (value === NIL_LIST || value === NIL_MAP) return null;
  switch (kindOf(value)) {
    case 'list':
      return [...(value as unknown[])].map(plain);
    case 'map':
      return Object.fromEntries(mapEntries(value).map(([key, known]) => [key, plain(known)]));
    case 'struct':
      return Object.fromEntries(structFields(value).map(([key, known]) => [key, plain(known)]));
    case 'number':
      return typeof value === 'bigint' ? exact(value) : value;
    default:
      return value;
  }
}
