/** Values as text: Go's `%v` and the printf of package fmt (its documentation, "Printing"). */
import { quote } from './literal.ts';
import { kindOf, mapEntries, structFields, typeName } from './value.ts';

/** One verb with its flags. */
interface Verb {
  letter: string;
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  width: number | undefined;
  precision: number | undefined;
}

const PLAIN: Verb = {
  letter: 'v',
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
};

/** A value as `%v` prints it: `map[a:b]`, `[a b]`, `{x y}`; nil is `<nil>`. */
export function formatValue(value: unknown): string {
  return formatOperand(value, PLAIN);
}

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(?:\[(\d+)\])?(.)?/gsu;

/** Go's fmt.Sprintf. Never throws: what does not fit shows up in the text as `%!d(string=x)`, as in Go. */
export function sprintf(format: string, operands: readonly unknown[]): string {
  let next = 0;
  let reordered = false;
  const text = format.replace(DIRECTIVE, (directive, flags: string, width, precision, index, letter) => {
    if (letter === undefined) return '%!(NOVERB)';
    if (letter === '%') return '%';
    const dynamic = (given: string | undefined): number | undefined =>
      given === '*' ? Number(operands[next++]) : given === undefined ? undefined : Number(given);
    const columns = dynamic(width);
    const verb: Verb = {
      letter,
      plus: flags.includes('+'),
      minus: flags.includes('-') || (columns ?? 0) < 0,
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !flags.includes('-'),
      width: columns === undefined ? undefined : Math.abs(columns),
      precision: dynamic(precision) ?? (/\.(?![\d*])/.test(directive) ? 0 : undefined),
    };
    if (index !== undefined) {
      next = Number(index) - 1;
      reordered = true;
      if (next < 0 || next >= operands.length) return `%!${letter}(BADINDEX)`;
    }
    if (next >= operands.length) return `%!${letter}(MISSING)`;
    return formatOperand(operands[next++], verb);
  });
  if (reordered || next >= operands.length) return text;
  const extra = operands.slice(next).map((value) => (kindOf(value) === 'nil' ? '<nil>' : described(value)));
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function described(value: unknown): string {
  return `${typeName(value)}=${formatValue(value)}`;
}

function badVerb(value: unknown, verb: Verb): string {
  return kindOf(value) === 'nil' ? `%!${verb.letter}(<nil>)` : `%!${verb.letter}(${described(value)})`;
}

function formatOperand(value: unknown, verb: Verb): string {
  if (verb.letter === 'T') return pad(typeName(value), verb);
  const goSyntax = verb.letter === 'v' && verb.sharp;
  const each = (element: unknown) => formatOperand(element, verb);
  switch (kindOf(value)) {
    case 'nil':
      return verb.letter === 'v' ? pad('<nil>', verb) : badVerb(value, verb);
    case 'list': {
      const elements = [...(value as unknown[])].map(each);
      return goSyntax ? `${typeName(value)}{${elements.join(', ')}}` : `[${elements.join(' ')}]`;
    }
    case 'map': {
      const pairs = mapEntries(value).map(([key, element]) => `${each(key)}:${each(element)}`);
      return goSyntax ? `${typeName(value)}{${pairs.join(', ')}}` : `map[${pairs.join(' ')}]`;
    }
    case 'struct': {
      const named = verb.letter === 'v' && (verb.plus || verb.sharp);
      const fields = structFields(value).map(([name, field]) =>
        named ? `${name}:${each(field)}` : each(field),
      );
      return goSyntax ? `${typeName(value)}{${fields.join(', ')}}` : `{${fields.join(' ')}}`;
    }
    case 'time':
      return formatText(goTime(value as Date), verb) ?? badVerb(value, verb);
    case 'string':
      return (
        formatText(value as string, goSyntax ? { ...verb, letter: 'q', sharp: false } : verb) ??
        badVerb(value, verb)
      );
    case 'bool':
      return 'vt'.includes(verb.letter) ? pad(String(value), verb) : badVerb(value, verb);
    case 'number':
      // With %v, plus asks for the names of fields, not for a sign.
      return (
        formatNumber(value as number | bigint, verb.letter === 'v' ? { ...verb, plus: false } : verb) ??
        badVerb(value, verb)
      );
    default:
      return badVerb(value, verb);
  }
}

/** A time as Go's Time.String prints it, in UTC. */
function goTime(time: Date): string {
  const [day, clock] = time.toISOString().split(/[TZ]/);
  return `${day} ${clock!.replace(/\.?0+$/, '')} +0000 UTC`;
}

function formatText(text: string, verb: Verb): string | undefined {
  const cut = () => (verb.precision === undefined ? text : [...text].slice(0, verb.precision).join(''));
  switch (verb.letter) {
    case 'v':
    case 's':
      return pad(cut(), verb);
    case 'q':
      return pad(verb.sharp && !/[`\n\r]/.test(text) ? `\`${cut()}\`` : quote(cut(), verb.plus), verb);
    case 'x':
    case 'X': {
      const bytes = [...Buffer.from(text).subarray(0, verb.precision)];
      const prefix = verb.sharp ? '0x' : '';
      const hex = bytes.map(
        (byte, at) => (verb.space || at === 0 ? prefix : '') + byte.toString(16).padStart(2, '0'),
      );
      const joined = hex.join(verb.space ? ' ' : '');
      return pad(verb.letter === 'X' ? joined.toUpperCase() : joined, verb);
    }
    default:
      return undefined;
  }
}

const BASES: Readonly<Record<string, [radix: number, prefix: string]>> = {
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  d: [10, ''],
  x: [16, '0x'],
  X: [16, '0X'],
};

function formatNumber(value: number | bigint, verb: Verb): string | undefined {
  const whole = typeof value === 'bigint' || Number.isInteger(value);
  const letter = verb.letter === 'v' ? (whole ? 'd' : 'g') : verb.letter;
  if ('eEfFgG'.includes(letter)) return signed(formatFloat(Number(value), letter, verb), verb);
  if (!whole) return undefined;
  if (letter === 'c' || letter === 'q' || letter === 'U') return formatPoint(Number(value), letter, verb);
  const base = BASES[letter];
  if (base === undefined) return undefined;
  const [radix, prefix] = base;
  const negative = value < 0;
  let digits = (negative ? -value : value).toString(radix);
  if (letter === 'X') digits = digits.toUpperCase();
  if (verb.precision !== undefined) digits = digits.padStart(verb.precision, '0');
  const shown = letter === 'O' || verb.sharp ? prefix : '';
  const zeroPadded = verb.precision === undefined ? verb : { ...verb, zero: false };
  return signed(`${negative ? '-' : ''}${shown}${digits}`, zeroPadded);
}

function formatPoint(value: number, letter: string, verb: Verb): string {
  const point = value >= 0 && value <= 0x10ffff ? value : 0xfffd;
  if (letter === 'c') return pad(String.fromCodePoint(point), verb);
  if (letter === 'q') return pad(quote(String.fromCodePoint(point), verb.plus, "'"), verb);
  return pad(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, verb);
}

/** %e %f %g; without a precision %e and %f have six decimals and %g as many digits as needed. */
function formatFloat(value: number, letter: string, verb: Verb): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const exponential = (digits?: number) =>
    value.toExponential(digits).replace(/e([+-])(\d)$/, (_, sign, digit) => `e${sign}0${digit}`);
  let text: string;
  if (letter === 'f' || letter === 'F') text = value.toFixed(Math.min(verb.precision ?? 6, 100));
  else if (letter === 'e' || letter === 'E') text = exponential(Math.min(verb.precision ?? 6, 100));
  else {
    const precision = verb.precision === undefined ? undefined : Math.max(1, Math.min(verb.precision, 100));
    const rounded = precision === undefined ? value : Number(value.toPrecision(precision));
    const exponent = Number(rounded.toExponential().split('e')[1]);
    // strconv decides with six digits when the precision is "as many as needed".
    const large = exponent < -4 || exponent >= (precision ?? 6);
    if (large) text = exponential(precision && precision - 1).replace(/\.?0+(?=e)/, '');
    else text = rounded.toFixed(Math.max(0, significantDigits(rounded) - 1 - exponent));
  }
  return letter < 'a' ? text.toUpperCase() : text;
}

function significantDigits(value: number): number {
  return value.toExponential().split('e')[0]!.replace(/[-.]/g, '').length;
}

/** Adds the sign that the flags ask for, and zeros between the sign and the digits. */
function signed(text: string, verb: Verb): string {
  const sign = /^[+-]/.exec(text)?.[0] ?? (verb.plus ? '+' : verb.space ? ' ' : '');
  const digits = text.replace(/^[+-]/, '');
  if (!verb.zero || verb.width === undefined) return pad(sign + digits, verb);
  return sign + digits.padStart(verb.width - sign.length, '0');
}

/** Fills up to the width, counted in characters. */
function pad(text: string, verb: Verb): string {
  const missing = (verb.width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  return verb.minus ? text + ' '.repeat(missing) : (verb.zero ? '0' : ' ').repeat(missing) + text;
}
