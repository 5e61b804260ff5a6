/** Bodies of HCL: attributes and blocks, and the same written as JSON. */
import type { Attribute, Block, Body, Expression, Source } from './ast.ts';
import { parseExpression } from './expression.ts';
import { errorAt, Reader } from './reader.ts';
import { parseTemplate } from './template.ts';

/** @throws ProaError BAKE_SYNTAX with the file's name and the line */
export function parseHcl(source: Source): Body {
  const reader = new Reader({ ...source, text: source.text.replace(/^\uFEFF/, '') }, parseExpression);
  return body(reader, false);
}

function body(reader: Reader, nested: boolean): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    reader.skip(true);
    if (nested && reader.takes('}')) break;
    if (reader.ended) {
      if (nested) throw reader.error('a block has no end: "}" is missing');
      break;
    }
    const at = reader.at;
    const name = reader.name();
    if (name === undefined) throw reader.error(`expected an attribute or a block, found ${reader.here()}`);
    reader.skip(false);
    if (reader.sees('=') && !reader.sees('==')) {
      reader.at++;
      if (attributes.has(name)) throw reader.error(`${name} is said twice`, at);
      attributes.set(name, { name, at, value: parseExpression(reader, false) });
      ended(reader, nested);
    } else blocks.push(block(reader, name, at, nested));
  }
  return { source: reader.source, attributes, blocks };
}

function block(reader: Reader, type: string, at: number, nested: boolean): Block {
  const labels: string[] = [];
  for (reader.skip(false); !reader.takes('{'); reader.skip(false)) {
    const label = reader.takes('"') ? labelText(reader) : reader.name();
    if (label === undefined) throw reader.error(`expected "=" or "{" after ${type}, found ${reader.here()}`);
    labels.push(label);
  }
  const inner = body(reader, true);
  ended(reader, nested);
  return { type, labels, at, body: inner };
}

function labelText(reader: Reader): string {
  const at = reader.at;
  const label = parseTemplate(reader, '"');
  if (label.kind !== 'literal') throw reader.error("a block's label must be plain text", at);
  return String(label.value);
}

/** What is said ends with its line, or with the block that it is in. */
function ended(reader: Reader, nested: boolean): void {
  reader.skip(false);
  if (reader.ended || reader.match(/\n/y) !== undefined || (nested && reader.sees('}'))) return;
  throw reader.error(`expected the end of the line, found ${reader.here()}`);
}

/**
 * The JSON form of HCL: what is in `blocks` with one label each, all else attributes, whose strings are templates.
 * @throws ProaError BAKE_SYNTAX
 */
export function parseHclJson(source: Source, blocks: ReadonlyMap<string, ReadonlySet<string>>): Body {
  let document: unknown;
  try {
    document = JSON.parse(source.text);
  } catch (error) {
    throw errorAt(source, 0, `this is no JSON: ${(error as Error).message}`, error);
  }
  if (!isObject(document)) throw errorAt(source, 0, 'expected an object');
  return jsonBody(source, document, blocks);
}

function jsonBody(
  source: Source,
  document: Record<string, unknown>,
  types: ReadonlyMap<string, ReadonlySet<string>>,
): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(document)) {
    const inner = types.get(name);
    // A comment, by the convention of this form.
    if (name === '//') continue;
    if (inner === undefined) {
      attributes.set(name, { name, at: 0, value: jsonExpression(source, value) });
      continue;
    }
    for (const each of [value].flat()) {
      if (!isObject(each)) throw errorAt(source, 0, `${name}: expected an object`);
      for (const [label, bodies] of Object.entries(each)) {
        for (const content of [bodies].flat()) {
          if (!isObject(content)) throw errorAt(source, 0, `${name} ${label}: expected an object`);
          const nested = new Map([...inner].map((type) => [type, new Set<string>()]));
          blocks.push({ type: name, labels: [label], at: 0, body: jsonInner(source, content, nested) });
        }
      }
    }
  }
  return { source, attributes, blocks };
}

/** The body of a labelled block: the blocks within it (`validation`) have no labels. */
function jsonInner(
  source: Source,
  content: Record<string, unknown>,
  nested: ReadonlyMap<string, unknown>,
): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(content)) {
    if (name === '//') continue;
    if (!nested.has(name)) attributes.set(name, { name, at: 0, value: jsonExpression(source, value) });
    else
      for (const each of [value].flat())
        if (isObject(each))
          blocks.push({ type: name, labels: [], at: 0, body: jsonInner(source, each, new Map()) });
  }
  return { source, attributes, blocks };
}

function jsonExpression(source: Source, value: unknown): Expression {
  const base = { source, at: 0 };
  if (typeof value === 'string') {
    const reader = new Reader({ name: source.name, text: value }, parseExpression);
    return parseTemplate(reader, { position: value.length });
  }
  if (Array.isArray(value))
    return { ...base, kind: 'tuple', items: value.map((each) => jsonExpression(source, each)) };
  if (isObject(value)) {
    const items = Object.entries(value).map(([key, each]) => {
      return [jsonExpression(source, key), jsonExpression(source, each)] as const;
    });
    return { ...base, kind: 'object', items };
  }
  return { ...base, kind: 'literal', value: value as number | boolean | null };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
