/** Go's regular expressions (https://github.com/google/re2/wiki/Syntax) as JavaScript's. */
import { wrong } from './value.ts';

const FLAGS: Readonly<Record<string, string>> = { i: 'i', m: 'm', s: 's' };

/** What differs: names of groups, flags at the start, a few classes and anchors. */
export function toGoPattern(pattern: string, flags: string): RegExp {
  let text = pattern.replaceAll('(?P<', '(?<');
  let more = flags;
  text = text.replace(/^\(\?([ims]+)\)/, (_, letters: string) => {
    more += [...letters].map((letter) => FLAGS[letter]).join('');
    return '';
  });
  text = text
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
    .replace(/\[\[:(\^?)(\w+):\]\]/g, (_, not, name) => `[${not}${CLASSES[name] ?? name}]`)
    .replace(/\[:(\w+):\]/g, (_, name) => CLASSES[name] ?? name);
  try {
    return new RegExp(text, `${more}u`);
  } catch (error) {
    throw wrong(`no regular expression: ${JSON.stringify(pattern)}: ${(error as Error).message}`);
  }
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};
