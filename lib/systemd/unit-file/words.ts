/**
 * Words in the values of unit files: quotes and escapes as systemd reads them in lists and command lines (systemd.syntax(7),
 * "Quoting"; systemd.service(5), "Command lines"), and the way back.
 */

/** Escapes of one letter. */
const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  s: ' ',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** `\xHH`, `\NNN`, `\uHHHH`, `\UHHHHHHHH`, or a backslash and any other character. */
const ESCAPE = /^\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))/su;

/**
 * The words of a value, without their quotes and escapes. An escape that there is not is left as it is.
 * @returns undefined when a quote is not closed
 */
export function splitWords(value: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < value.length; ) {
    const letter = value[at]!;
    if (letter === '\\') {
      const [taken, meant] = readEscape(value.slice(at));
      word = (word ?? '') + meant;
      at += taken;
      continue;
    }
    at++;
    if (quote !== '') {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== '') return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/** How long the escape at the beginning of `text` is, and what it means. */
function readEscape(text: string): [number, string] {
  const match = ESCAPE.exec(text);
  if (match === null) return [1, '\\'];
  const [whole, hex, octal, short, long, letter] = match;
  if (letter !== undefined) return [whole.length, LETTERS[letter] ?? whole];
  const code = octal === undefined ? Number.parseInt((hex ?? short ?? long)!, 16) : Number.parseInt(octal, 8);
  return [whole.length, code === 0 || code > 0x10ffff ? whole : String.fromCodePoint(code)];
}

/** A value that is one text: the quotes around all of it are taken away. */
export function unquote(value: string): string {
  return /^"[^"]*"$|^'[^']*'$/.test(value) ? value.slice(1, -1) : value;
}

/** A word as it has to stand in a list or command line. `%` and `$` are left to systemd. */
export function quoteWord(word: string): string {
  if (word !== '' && word !== ';' && !/[\s"'\\\x00-\x1f\x7f]/.test(word)) return word;
  const escaped = word.replace(/["\\\x00-\x1f\x7f]/g, (letter) => {
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    const known = Object.entries(LETTERS).find(([, meant]) => meant === letter);
    return known ? `\\${known[0]}` : `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

export function joinWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

/** A text in which systemd is to see no specifier: `%` is doubled. */
export function literalText(text: string): string {
  return text.replaceAll('%', '%%');
}

/** A word of a command line that systemd is to pass on as it is: neither specifiers nor variables. */
export function literalWord(word: string): string {
  return literalText(word).replaceAll('$', '$$$$');
}
