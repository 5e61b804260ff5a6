/** Type expressions of HCL: `string`, `list(string)`, `map(any)`, … of `type =` and of `convert`. */
import type { Expression } from './ast.ts';
import { errorAt } from './reader.ts';
import { isList, isRecord, toBool, toNumber, toText, typeOf, type Value, wrong } from './value.ts';

export type Type =
  | { readonly kind: 'any' | 'string' | 'number' | 'bool' }
  | { readonly kind: 'list' | 'set' | 'map'; readonly of: Type }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'object'; readonly fields: Readonly<Record<string, { type: Type; optional: boolean }>> };

/** @throws ProaError BAKE_SYNTAX */
export function typeOfExpression(expression: Expression): Type {
  const refuse = (): never => {
    const known = 'string, number, bool, any, list(…), set(…), map(…), tuple([…]), object({…})';
    throw errorAt(expression.source, expression.at, `this is no type: there are ${known}`);
  };
  if (expression.kind === 'variable') {
    const { name } = expression;
    return name === 'any' || name === 'string' || name === 'number' || name === 'bool'
      ? { kind: name }
      : refuse();
  }
  const inner = expression.kind === 'call' ? expression.args[0] : undefined;
  if (expression.kind !== 'call' || inner === undefined) return refuse();
  const { name } = expression;
  if (name === 'list' || name === 'set' || name === 'map') return { kind: name, of: typeOfExpression(inner) };
  if (name === 'tuple' && inner.kind === 'tuple')
    return { kind: 'tuple', items: inner.items.map(typeOfExpression) };
  if (name === 'object' && inner.kind === 'object') {
    const fields = inner.items.map(([key, value]) => {
      if (key.kind !== 'literal') return refuse();
      const optional = value.kind === 'call' && value.name === 'optional';
      return [
        String(key.value),
        { type: typeOfExpression(optional ? value.args[0]! : value), optional },
      ] as const;
    });
    return { kind: 'object', fields: Object.fromEntries(fields) };
  }
  return refuse();
}

/** The value as that type; null is of each. @throws ProaError BAKE_VALUE */
export function convertTo(value: Value, type: Type): Value {
  if (value === null || type.kind === 'any') return value;
  switch (type.kind) {
    case 'string':
      return toText(value);
    case 'number':
      return toNumber(value);
    case 'bool':
      return toBool(value);
    case 'map':
      if (isRecord(value))
        return Object.fromEntries(
          Object.entries(value).map(([key, each]) => [key, convertTo(each, type.of)]),
        );
      break;
    case 'list':
    case 'set':
      if (isList(value)) {
        const items = value.map((each) => convertTo(each, type.of));
        if (type.kind === 'list') return items;
        const seen = new Set<string>();
        return items.filter((each) => seen.size < seen.add(JSON.stringify(each)).size);
      }
      break;
    case 'tuple':
      if (isList(value) && value.length === type.items.length)
        return value.map((each, i) => convertTo(each, type.items[i]!));
      break;
    case 'object':
      if (isRecord(value)) return convertFields(value, type.fields);
  }
  throw wrong(`${type.kind} is needed, not ${typeOf(value)}`);
}

function convertFields(
  value: { readonly [name: string]: Value },
  fields: Readonly<Record<string, { type: Type; optional: boolean }>>,
): Value {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { type, optional }]) => {
      const found = Object.hasOwn(value, name) ? value[name]! : null;
      if (found === null && !optional) throw wrong(`the field ${name} is missing`);
      return [name, convertTo(found, type)];
    }),
  );
}
