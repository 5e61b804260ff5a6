/** The functions of bake's language (https://docs.docker.com/build/bake/stdlib/), by name. */
import { COLLECTIONS } from './functions-collections.ts';
import { ENCODINGS } from './functions-encodings.ts';
import { NUMBERS } from './functions-numbers.ts';
import { TEXTS } from './functions-texts.ts';
import type { HclFunction, Value } from './value.ts';

const ALL: Readonly<Record<string, HclFunction>> = { ...TEXTS, ...COLLECTIONS, ...NUMBERS, ...ENCODINGS };

/** undefined: there is no such function. */
export function callFunction(name: string, args: readonly (() => Value)[]): Value | undefined {
  if (name === 'try') return tried(args);
  if (name === 'can') return succeeds(args[0]!);
  const found = Object.hasOwn(ALL, name) ? ALL[name] : undefined;
  return found?.(...args.map((arg) => arg()));
}

/** The first that can be worked out; the last one's error. */
function tried(args: readonly (() => Value)[]): Value {
  for (const arg of args.slice(0, -1)) if (succeeds(arg)) return arg();
  return args.at(-1)!();
}

function succeeds(arg: () => Value): boolean {
  try {
    arg();
    return true;
  } catch {
    // That it fails is the answer.
    return false;
  }
}
