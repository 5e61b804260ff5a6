/** Plain text as roff source in the macros of man(7). See groff_char(7) for the names of characters. */

const CHARACTERS: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
  '"': '\\(dq',
};

/** Running text: options bold, with real minus signs; a line never begins with a control character. */
export function text(plain: string): string {
  return plain
    .split(/((?<![\w-])--?[a-z][\w-]*)/)
    .map((part, at) => (at % 2 === 1 ? bold(part) : escaped(part)))
    .join('')
    .replace(/^([.'])/gm, '\\&$1');
}

/** What is typed as it stands, each hyphen a minus sign and each quote the plain one. */
export function literal(plain: string): string {
  return escaped(plain).replaceAll('-', '\\-').replaceAll("'", '\\(aq').replace(/^\./gm, '\\&.');
}

export function bold(plain: string): string {
  return `\\fB${literal(plain)}\\fP`;
}

export function italic(plain: string): string {
  return `\\fI${literal(plain)}\\fP`;
}

function escaped(plain: string): string {
  return plain.replace(/[\\`^~"]|[^\0-\x7f]/gu, (character) => {
    const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return CHARACTERS[character] ?? `\\[u${point}]`;
  });
}
