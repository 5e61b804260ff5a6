/** Functions of numbers and of conditions. */
import {
  type HclFunction,
  isEqual,
  isList,
  toBool,
  toInteger,
  toNumber,
  toText,
  type Value,
  wrong,
} from './value.ts';

/** Numbers, or the numbers of one list. */
const numbers = (args: Value[]): number[] =>
  (isList(args[0]!) && args.length === 1 ? args[0] : args).map(toNumber);

function some(name: string, args: Value[]): number[] {
  const list = numbers(args);
  if (list.length === 0) throw wrong(`${name}: at least one number is needed`);
  return list;
}

function nonZero(value: Value): number {
  const number = toNumber(value);
  if (number === 0) throw wrong('division by zero');
  return number;
}

export const NUMBERS: Readonly<Record<string, HclFunction>> = {
  absolute: (a) => Math.abs(toNumber(a)),
  add: (a, b) => toNumber(a) + toNumber(b!),
  and: (a, b) => toBool(a) && toBool(b!),
  ceil: (a) => Math.ceil(toNumber(a)),
  divide: (a, b) => toNumber(a) / nonZero(b!),
  equal: (a, b) => isEqual(a, b!),
  floor: (a) => Math.floor(toNumber(a)),
  greaterthan: (a, b) => toNumber(a) > toNumber(b!),
  greaterthanorequalto: (a, b) => toNumber(a) >= toNumber(b!),
  int: (a) => Math.trunc(toNumber(a)),
  lessthan: (a, b) => toNumber(a) < toNumber(b!),
  lessthanorequalto: (a, b) => toNumber(a) <= toNumber(b!),
  log: (a, base) => Math.log(toNumber(a)) / Math.log(toNumber(base!)),
  max: (...args) => Math.max(...some('max', args)),
  min: (...args) => Math.min(...some('min', args)),
  modulo: (a, b) => toNumber(a) % nonZero(b!),
  multiply: (a, b) => toNumber(a) * toNumber(b!),
  negate: (a) => -toNumber(a),
  not: (a) => !toBool(a),
  notequal: (a, b) => !isEqual(a, b!),
  or: (a, b) => toBool(a) || toBool(b!),
  parseint: (text, base) => {
    const [digits, radix] = [toText(text), toInteger(base!)];
    const number = Number.parseInt(digits, radix);
    if (Number.isNaN(number) || number.toString(radix) !== digits.toLowerCase().replace(/^(-?)0+(?=.)/, '$1'))
      throw wrong(`parseint: ${JSON.stringify(digits)} is no number of base ${radix}`);
    return number;
  },
  pow: (a, b) => toNumber(a) ** toNumber(b!),
  range: (...args) => range(args.map(toNumber)),
  signum: (a) => Math.sign(toInteger(a)),
  subtract: (a, b) => toNumber(a) - toNumber(b!),
};

/** `range(end)`, `range(start, end)`, `range(start, end, step)`. */
function range(args: readonly number[]): number[] {
  const [start, end] = args.length === 1 ? [0, args[0]!] : [args[0]!, args[1]!];
  const step = args[2] ?? (end < start ? -1 : 1);
  if (step === 0 || end > start !== step > 0) return end === start ? [] : refuse(step);
  const list: number[] = [];
  for (let n = start; step > 0 ? n < end : n > end; n += step) {
    if (list.push(n) > 1024) throw wrong('range: more than 1024 numbers');
  }
  return list;
}

function refuse(step: number): never {
  throw wrong(`range: a step of ${step} never leads to the end`);
}
