/** `--chmod`: octal, or symbolic as chmod(1) has it. */
import { ProaError } from '../core/error.ts';

/** Gives a file's new permission bits (0…07777) from its old ones. */
export type ModeChange = (mode: number, isFolder: boolean) => number;

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };
const BITS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111 };

/** @throws ProaError INVALID_MODE */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]{1,5}$/.test(text) && Number.parseInt(text, 8) <= 0o7777) {
    const mode = Number.parseInt(text, 8);
    return () => mode;
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text));
  return (mode, isFolder) => clauses.reduce((bits, change) => change(bits, isFolder), mode & 0o7777);
}

function parseClause(clause: string, text: string): ModeChange {
  const [, who = '', actions = ''] = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause) ?? [];
  if (actions === '') {
    throw new ProaError(
      'INVALID_MODE',
      `use --chmod=${text}: neither octal nor a change as chmod(1) has it`,
      {
        hint: 'for example --chmod=755, or --chmod=u=rwX,go=rX',
      },
    );
  }
  const mask = [...(who || 'a')].reduce((bits, letter) => bits | WHO[letter]!, 0);
  const changes = [...actions.matchAll(/([-+=])([ugo](?=[-+=]|$)|[rwxXst]*)/g)].map(
    ([, sign, letters]): ModeChange =>
      (mode, isFolder) => {
        const bits = bitsOf(letters!, mode, isFolder) & mask;
        if (sign === '+') return mode | bits;
        if (sign === '-') return mode & ~bits;
        // chmod(1): a folder keeps its set-id bits unless they are named.
        const cleared = mask & (isFolder ? 0o1777 : 0o7777);
        return (mode & ~cleared) | bits;
      },
  );
  return (mode, isFolder) => changes.reduce((bits, change) => change(bits, isFolder), mode);
}

function bitsOf(letters: string, mode: number, isFolder: boolean): number {
  if (/^[ugo]$/.test(letters)) {
    const three = (mode >> { u: 6, g: 3, o: 0 }[letters as 'u']) & 7;
    return three * 0o111;
  }
  let bits = 0;
  for (const letter of letters) {
    if (letter === 's') bits |= 0o6000;
    else if (letter === 't') bits |= 0o1000;
    else if (letter === 'X') bits |= isFolder || (mode & 0o111) !== 0 ? 0o111 : 0;
    else bits |= BITS[letter]!;
  }
  return bits;
}
