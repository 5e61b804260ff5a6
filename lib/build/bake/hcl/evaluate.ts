/** What expressions come to. */
import { messageOf, ProaError } from '../../../core/error.ts';
import { type BinaryOperator, type Expression, SPLAT_ITEM } from './ast.ts';
import { errorAt } from './reader.ts';
import { convertTo, typeOfExpression } from './type.ts';
import {
  isEqual,
  isList,
  isRecord,
  toBool,
  toInteger,
  toNumber,
  toText,
  typeOf,
  type Value,
  wrong,
} from './value.ts';

/** What names mean. */
export interface Scope {
  /** undefined: there is no such variable. */
  variable(name: string): Value | undefined;
  /**
   * Calls a function.
   * @param args values not yet worked out, as `try` and `can` need them
   * @returns undefined: there is no such function
   */
  call(name: string, args: readonly (() => Value)[]): Value | undefined;
}

/** @throws ProaError BAKE_SYNTAX with file and line: unknown names, wrong types */
export function evaluate(expression: Expression, scope: Scope): Value {
  try {
    return work(expression, scope);
  } catch (error) {
    if (error instanceof ProaError && error.code !== 'BAKE_VALUE') throw error;
    throw errorAt(expression.source, expression.at, messageOf(error), error);
  }
}

function work(expression: Expression, scope: Scope): Value {
  const of = (each: Expression): Value => evaluate(each, scope);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'template':
      // A value that stands alone keeps its type.
      return expression.parts.length === 1
        ? of(expression.parts[0]!)
        : expression.parts.map((part) => toText(of(part))).join('');
    case 'variable': {
      const value = scope.variable(expression.name);
      if (value === undefined) throw wrong(`there is no variable ${expression.name}`);
      return value;
    }
    case 'attribute':
      return part(of(expression.of), expression.name);
    case 'index':
      return part(of(expression.of), of(expression.key));
    case 'splat': {
      const over = of(expression.of);
      const items = isList(over) ? over : over === null ? [] : [over];
      return items.map((item) => evaluate(expression.each, withNames(scope, { [SPLAT_ITEM]: item })));
    }
    case 'call':
      return call(expression, scope);
    case 'unary':
      return expression.operator === '-' ? -toNumber(of(expression.of)) : !toBool(of(expression.of));
    case 'binary':
      return binary(expression.operator, of(expression.left), () => of(expression.right));
    case 'condition':
      return toBool(of(expression.test)) ? of(expression.yes) : of(expression.no);
    case 'tuple':
      return expression.items.map(of);
    case 'object':
      return Object.fromEntries(expression.items.map(([key, value]) => [toText(of(key)), of(value)]));
    case 'for':
      return forValue(expression, scope);
  }
}

function part(of: Value, key: Value): Value {
  if (isList(of)) {
    const at = toInteger(key);
    if (at < 0 || at >= of.length) throw wrong(`a list of ${of.length} has no element ${at}`);
    return of[at]!;
  }
  if (isRecord(of)) {
    const name = toText(key);
    if (!Object.hasOwn(of, name))
      throw wrong(`there is no ${name}: there are ${Object.keys(of).join(', ') || 'none'}`);
    return of[name]!;
  }
  throw wrong(`${typeOf(of)} has no ${toText(key)}`);
}

function call(expression: Expression & { kind: 'call' }, scope: Scope): Value {
  const { name, args, spread } = expression;
  if (name === 'convert' && args.length === 2)
    return convertTo(evaluate(args[0]!, scope), typeOfExpression(args[1]!));
  let values = args.map((each) => () => evaluate(each, scope));
  if (spread) {
    const rest = values.at(-1)!();
    if (!isList(rest)) throw wrong(`${name}(…): what "..." spreads must be a list, not ${typeOf(rest)}`);
    values = [...values.slice(0, -1), ...rest.map((each) => () => each)];
  }
  const value = scope.call(name, values);
  if (value === undefined) throw wrong(`there is no function ${name}`);
  return value;
}

function binary(operator: BinaryOperator, left: Value, right: () => Value): Value {
  switch (operator) {
    case '||':
      return toBool(left) || toBool(right());
    case '&&':
      return toBool(left) && toBool(right());
    case '==':
      return isEqual(left, right());
    case '!=':
      return !isEqual(left, right());
  }
  const [a, b] = [toNumber(left), toNumber(right())];
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
  }
  if (b === 0) throw wrong('division by zero');
  return operator === '/' ? a / b : a % b;
}

function forValue(expression: Expression & { kind: 'for' }, scope: Scope): Value {
  const over = evaluate(expression.over, scope);
  if (!isList(over) && !isRecord(over)) throw wrong(`for needs a list or an object, not ${typeOf(over)}`);
  const { keyName, valueName, key, value, condition } = expression;
  const pairs: [Value, Value][] = [];
  for (const [name, item] of Object.entries(over)) {
    const names: Record<string, Value> = { [valueName]: item };
    if (keyName !== undefined) names[keyName] = isList(over) ? Number(name) : name;
    const inner = withNames(scope, names);
    if (condition !== undefined && !toBool(evaluate(condition, inner))) continue;
    pairs.push([key === undefined ? null : evaluate(key, inner), evaluate(value, inner)]);
  }
  const values = pairs.map(([, each]) => each);
  if (expression.joined) return values.map(toText).join('');
  if (key === undefined) return values;
  if (!expression.grouped) return Object.fromEntries(pairs.map(([name, each]) => [toText(name), each]));
  const groups = Map.groupBy(pairs, ([name]) => toText(name));
  return Object.fromEntries([...groups].map(([name, list]) => [name, list.map(([, each]) => each)]));
}

/** A scope in which some names mean something else. */
export function withNames(scope: Scope, names: Readonly<Record<string, Value>>): Scope {
  return {
    variable: (name) => (Object.hasOwn(names, name) ? names[name] : scope.variable(name)),
    call: (name, args) => scope.call(name, args),
  };
}
