/** Go's string, character and number literals, read and written (Go specification, "Lexical elements"). */

const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
};
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/gsu;

/**
 * The text of a quoted literal's inside, or undefined for an escape that Go does not know. `\x` and octal escapes are
 * bytes, and what they spell is read as UTF-8.
 */
export function unquote(inside: string): string | undefined {
  if (!inside.includes('\\')) return inside;
  const parts: Buffer[] = [];
  let end = 0;
  for (const match of inside.matchAll(ESCAPE)) {
    parts.push(Buffer.from(inside.slice(end, match.index)));
    end = match.index + match[0].length;
    const [, hex, octal, short, long, letter] = match;
    if (hex ?? octal) {
      const byte = hex ? Number.parseInt(hex, 16) : Number.parseInt(octal!, 8);
      if (byte > 255) return undefined;
      parts.push(Buffer.of(byte));
    } else if (short ?? long) {
      const point = Number.parseInt((short ?? long)!, 16);
      if (point > 0x10ffff) return undefined;
      parts.push(Buffer.from(String.fromCodePoint(point)));
    } else if (letter !== undefined && letter in SIMPLE) parts.push(Buffer.of(SIMPLE[letter]!));
    else return undefined;
  }
  parts.push(Buffer.from(inside.slice(end)));
  return Buffer.concat(parts).toString();
}

/** A string as Go's strconv.Quote writes it; `ascii` escapes everything beyond ASCII (%+q). */
export function quote(text: string, ascii = false, mark = '"'): string {
  let out = mark;
  for (const character of text) out += character === mark ? `\\${mark}` : escapeCharacter(character, ascii);
  return out + mark;
}

function escapeCharacter(character: string, ascii: boolean): string {
  const point = character.codePointAt(0)!;
  if (character === '\\') return '\\\\';
  const control = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' }[point];
  if (control !== undefined) return `\\${control}`;
  if (point < 0x20 || point === 0x7f) return `\\x${point.toString(16).padStart(2, '0')}`;
  if (point < 0x7f) return character;
  if (!ascii && /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) return character;
  if (point <= 0xffff) return `\\u${point.toString(16).padStart(4, '0')}`;
  return `\\U${point.toString(16).padStart(8, '0')}`;
}

/** The value of a number literal (`-12`, `0x1F`, `1_000`, `0o17`, `1e3`, `.5`), or undefined when it is none. */
export function parseNumber(text: string): number | bigint | undefined {
  const match =
    /^([+-]?)(?:(0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)|(0(?:_?[0-7])+)|((?:\d+(?:_\d+)*)?(?:\.\d*)?(?:[eE][+-]?\d+)?))$/.exec(
      text,
    );
  if (match === null || !/\d/.test(match[2] ?? match[3] ?? match[4] ?? '')) return undefined;
  const [, sign, prefixed, octal, decimal] = match;
  const digits = (prefixed ?? (octal === undefined ? decimal! : octal.replace('0', '0o'))).replaceAll(
    '_',
    '',
  );
  const value = Number(digits);
  if (Number.isNaN(value)) return undefined;
  if (Number.isSafeInteger(value) || !/^(\d+|0[xob][0-9a-f]+)$/i.test(digits))
    return sign === '-' ? -value : value;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}
