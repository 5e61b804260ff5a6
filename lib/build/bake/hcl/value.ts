/** Values of HCL as plain data, and how they become each other (hashicorp/hcl, spec.md "Type Conversions"). */
import { ProaError } from '../../../core/error.ts';

/** Numbers are doubles: bake has no use for more. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [name: string]: Value };

/** A function of HCL: its arguments as values, checked by itself. */
export type HclFunction = (...args: Value[]) => Value;

/** A wrong value; the evaluator adds file and line. */
export function wrong(what: string): ProaError {
  return new ProaError('BAKE_VALUE', what);
}

export function isRecord(value: Value): value is { readonly [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The word for messages. */
export function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (isList(value)) return 'a list';
  if (isRecord(value)) return 'an object';
  return typeof value === 'boolean' ? 'a bool' : `a ${typeof value}`;
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'boolean') return String(value);
  throw wrong(`a string is needed, not ${typeOf(value)}`);
}

/** Without an exponent, as HCL prints numbers. */
function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) >= 1e21 ? BigInt(value).toString() : String(value);
}

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
  throw wrong(`a number is needed, not ${typeof value === 'string' ? JSON.stringify(value) : typeOf(value)}`);
}

export function toInteger(value: Value): number {
  const number = toNumber(value);
  if (!Number.isInteger(number)) throw wrong(`a whole number is needed, not ${number}`);
  return number;
}

export function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw wrong(
    `true or false is needed, not ${typeof value === 'string' ? JSON.stringify(value) : typeOf(value)}`,
  );
}

export function toList(value: Value): readonly Value[] {
  if (isList(value)) return value;
  throw wrong(`a list is needed, not ${typeOf(value)}`);
}

export function toRecord(value: Value): { readonly [name: string]: Value } {
  if (isRecord(value)) return value;
  throw wrong(`an object is needed, not ${typeOf(value)}`);
}

/** By content; 1 and "1" differ, as in HCL. */
export function isEqual(a: Value, b: Value): boolean {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((each, i) => isEqual(each, b[i]!));
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key]!, b[key]!))
    );
  }
  return a === b;
}
