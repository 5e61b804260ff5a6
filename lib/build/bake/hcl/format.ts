/** `format`'s verbs, as go-cty has them (https://pkg.go.dev/github.com/zclconf/go-cty/cty/function/stdlib#Format). */
import { isRecord, toBool, toInteger, toNumber, toText, type Value, wrong } from './value.ts';

const VERB = /%([-+# 0]*)(\d+|\*)?(?:\.(\d+))?(?:\[(\d+)\])?([a-zA-Z%])/g;

/** @throws ProaError BAKE_VALUE for a verb that is unknown, or has no argument */
export function formatText(format: string, args: readonly Value[]): string {
  let next = 0;
  const take = (at?: string): Value => {
    const index = at === undefined ? next : Number(at) - 1;
    next = index + 1;
    const value = args[index];
    if (value === undefined)
      throw wrong(`format: ${args.length} arguments are too few for ${JSON.stringify(format)}`);
    return value;
  };
  const text = format.replace(
    VERB,
    (whole, flags: string, width: string, precision: string, at: string, verb: string) => {
      if (verb === '%') return '%';
      const wide = width === '*' ? toInteger(take()) : Number(width ?? 0);
      const digits = precision === undefined ? undefined : Number(precision);
      return padded(formatted(whole, verb, flags, digits, take(at)), wide, flags, verb);
    },
  );
  if (next < args.length && !/%\[/.test(format))
    throw wrong(`format: ${args.length} arguments are too many for ${JSON.stringify(format)}`);
  return text;
}

function formatted(
  whole: string,
  verb: string,
  flags: string,
  digits: number | undefined,
  value: Value,
): string {
  const signed = (text: string): string => (flags.includes('+') && !text.startsWith('-') ? `+${text}` : text);
  switch (verb) {
    case 's':
    case 'v': {
      const text = verb === 'v' && typeof value === 'object' ? JSON.stringify(value) : toText(value);
      return digits === undefined ? text : Array.from(text).slice(0, digits).join('');
    }
    case 'q':
      return JSON.stringify(toText(value));
    case 't':
      return String(toBool(value));
    case 'd':
      return signed(String(Math.trunc(toNumber(value))));
    case 'b':
      return signed(toInteger(value).toString(2));
    case 'o':
      return signed(toInteger(value).toString(8));
    case 'x':
    case 'X': {
      const text =
        typeof value === 'string' ? Buffer.from(value).toString('hex') : toInteger(value).toString(16);
      return verb === 'X' ? text.toUpperCase() : text;
    }
    case 'f':
      return signed(toNumber(value).toFixed(digits ?? 6));
    case 'e':
    case 'E': {
      // Go writes at least two digits of the exponent.
      const text = toNumber(value)
        .toExponential(digits ?? 6)
        .replace(/([+-])(\d)$/, '$10$2');
      return signed(verb === 'E' ? text.toUpperCase() : text);
    }
    case 'g':
    case 'G':
      return signed(
        digits === undefined ? String(toNumber(value)) : String(Number(toNumber(value).toPrecision(digits))),
      );
  }
  throw wrong(`format: unknown verb ${whole}${isRecord(value) ? '' : ` for ${JSON.stringify(value)}`}`);
}

function padded(text: string, width: number, flags: string, verb: string): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0') || 'svqt'.includes(verb)) return ' '.repeat(missing) + text;
  const [, sign = '', digits = text] = /^([+-]?)(.*)$/.exec(text) ?? [];
  return sign + '0'.repeat(missing) + digits;
}
