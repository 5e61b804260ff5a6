/** `variable "NAME" { default, type, description, validation }`, which the environment overrides. */
import { messageOf, ProaError } from '../../core/error.ts';
import type { Block } from './hcl/ast.ts';
import { evaluate, type Scope, withNames } from './hcl/evaluate.ts';
import { csvFields } from './hcl/functions-encodings.ts';
import { errorAt } from './hcl/reader.ts';
import { convertTo, type Type, typeOfExpression } from './hcl/type.ts';
import { isList, isRecord, toBool, toText, type Value } from './hcl/value.ts';

export interface Variable {
  readonly name: string;
  readonly value: Value;
  readonly type?: string;
  readonly description?: string;
}

/**
 * @param blocks those of its name, the later ones over the earlier ones
 * @throws ProaError BAKE_SYNTAX: a value of the wrong type, or one that a validation refuses
 */
export function readVariable(
  name: string,
  blocks: readonly Block[],
  scope: Scope,
  environment: Readonly<Record<string, string | undefined>>,
): Variable {
  const attribute = (key: string) =>
    blocks.findLast(({ body }) => body.attributes.has(key))?.body.attributes.get(key);
  const said = attribute('type')?.value;
  const type = said && typeOfExpression(said);
  const fallback = attribute('default')?.value;
  const { source } = blocks.at(-1)!.body;
  let value: Value;
  try {
    const standard = fallback === undefined ? null : evaluate(fallback, scope);
    value = overridden(name, standard, type, environment) ?? standard;
    if (type !== undefined) value = convertTo(value, type);
  } catch (error) {
    if (error instanceof ProaError && error.code === 'BAKE_SYNTAX') throw error;
    throw errorAt(source, blocks.at(-1)!.at, `variable ${name}: ${messageOf(error)}`, error);
  }
  const description = attribute('description');
  for (const block of blocks) validate(name, block, value, scope);
  return {
    name,
    value,
    type: said && said.source.text.slice(said.at).split('\n', 1)[0]!.trim(),
    description: description && toText(evaluate(description.value, scope)),
  };
}

/** The environment's text as the type that the variable has: lists as CSV, all else in JSON, which `NAME_JSON` always is. */
function overridden(
  name: string,
  standard: Value,
  type: Type | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Value | undefined {
  const kind = type?.kind ?? kindOf(standard);
  const json = environment[`${name}_JSON`];
  if (json !== undefined && kind !== 'string') return fromJson(`${name}_JSON`, json);
  const text = environment[name];
  if (text === undefined) return undefined;
  switch (kind) {
    case 'bool':
      return toBool(text);
    case 'number':
      return convertTo(text, { kind: 'number' });
    case 'list':
    case 'set':
    case 'tuple': {
      const items = text === '' ? [] : (csvFields(text)[0] ?? []);
      if (type !== undefined) return items;
      // Without a type, the items are what the default's are.
      const of = isList(standard) && standard.length > 0 ? kindOf(standard[0]!) : 'string';
      return of === 'number' || of === 'bool' ? items.map((item) => convertTo(item, { kind: of })) : items;
    }
    case 'map':
    case 'object':
      return fromJson(name, text);
    default:
      return text;
  }
}

function fromJson(name: string, text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new ProaError('BAKE_VALUE', `${name} is no JSON: ${messageOf(error)}`);
  }
}

function kindOf(value: Value): Type['kind'] {
  if (isList(value)) return 'list';
  if (isRecord(value)) return 'map';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'number' : 'string';
}

function validate(name: string, { body }: Block, value: Value, scope: Scope): void {
  for (const block of body.blocks) {
    const condition = block.body.attributes.get('condition')?.value;
    if (block.type !== 'validation' || condition === undefined)
      throw errorAt(
        body.source,
        block.at,
        `variable ${name}: expected validation { condition = …, error_message = … }`,
      );
    const inner = withNames(scope, { [name]: value });
    if (toBool(evaluate(condition, inner))) continue;
    const message = block.body.attributes.get('error_message')?.value;
    const text = message === undefined ? 'its validation refuses it' : toText(evaluate(message, inner));
    throw errorAt(body.source, block.at, `variable ${name}: ${JSON.stringify(value)}: ${text}`);
  }
}
