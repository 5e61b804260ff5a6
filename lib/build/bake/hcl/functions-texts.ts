/** Functions of strings. */
import { formatText } from './format.ts';
import { toGoPattern } from './pattern.ts';
import { type HclFunction, isList, toInteger, toList, toText, type Value, wrong } from './value.ts';

/** What a person sees as one character. */
const characters = (text: string): string[] =>
  Array.from(new Intl.Segmenter('und').segment(text), ({ segment }) => segment);

const bytesOf = (value: Value): Buffer => Buffer.from(toText(value));

/** `end` or `length` of -1: to the end. */
function part<T>(list: readonly T[], offset: Value, length: Value): T[] {
  const [from, count] = [toInteger(offset), toInteger(length)];
  const start = from < 0 ? Math.max(0, list.length + from) : from;
  return list.slice(start, count < 0 ? undefined : start + count);
}

function matches(pattern: Value, text: Value, all: boolean): Value[] {
  const regexp = toGoPattern(toText(pattern), 'g');
  const found: Value[] = [];
  for (const match of toText(text).matchAll(regexp)) {
    const groups = match.slice(1).map((group) => group ?? null);
    found.push(match.groups ? { ...match.groups } : groups.length > 0 ? groups : match[0]);
    if (!all) break;
  }
  return found;
}

export const TEXTS: Readonly<Record<string, HclFunction>> = {
  basename: (path) => toText(path).replace(/\/+$/, '').split('/').at(-1) || (toText(path) === '' ? '.' : '/'),
  byteslen: (text) => bytesOf(text).length,
  bytesslice: (text, offset, length) => Buffer.from(part([...bytesOf(text!)], offset!, length!)).toString(),
  chomp: (text) => toText(text).replace(/[\r\n]+$/, ''),
  dirname: (path) => {
    const text = toText(path);
    const folder = text.slice(0, text.lastIndexOf('/') + 1).replace(/(.)\/+$/, '$1');
    return folder === '' ? '.' : folder;
  },
  format: (format, ...args) => formatText(toText(format), args),
  formatlist: (format, ...args) => {
    const lists = args.filter(isList);
    const length = lists.length === 0 ? 1 : lists[0]!.length;
    if (lists.some((list) => list.length !== length)) throw wrong('formatlist: lists of different lengths');
    return Array.from({ length }, (_, i) =>
      formatText(
        toText(format),
        args.map((arg) => (isList(arg) ? arg[i]! : arg)),
      ),
    );
  },
  indent: (spaces, text) => toText(text!).replaceAll('\n', `\n${' '.repeat(toInteger(spaces))}`),
  join: (separator, ...lists) => lists.flatMap((list) => toList(list).map(toText)).join(toText(separator)),
  lower: (text) => toText(text).toLowerCase(),
  regex: (pattern, text) => {
    const [found] = matches(pattern, text!, false);
    if (found === undefined) throw wrong(`regex: nothing in ${JSON.stringify(text)} matches`);
    return found;
  },
  regexall: (pattern, text) => matches(pattern, text!, true),
  regex_replace: (text, pattern, replacement) =>
    // Go writes ${1} and ${name} where JavaScript has $1 and $<name>.
    toText(text).replace(
      toGoPattern(toText(pattern!), 'g'),
      toText(replacement!)
        .replace(/\$\{(\d+)\}/g, '$$$1')
        .replace(/\$\{(\w+)\}/g, '$$<$1>'),
    ),
  replace: (text, what, by) => toText(text).replaceAll(toText(what!), () => toText(by!)),
  reverse: (text) => (isList(text) ? [...text].reverse() : characters(toText(text)).reverse().join('')),
  sanitize: (text) => toText(text).replace(/[^a-zA-Z0-9_-]/g, '_'),
  split: (separator, text) => toText(text!).split(toText(separator)),
  strlen: (text) => characters(toText(text)).length,
  strrev: (text) => characters(toText(text)).reverse().join(''),
  substr: (text, offset, length) => part(characters(toText(text)), offset!, length!).join(''),
  title: (text) =>
    toText(text).replace(
      /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
      (_, before, letter) => before + letter.toUpperCase(),
    ),
  trim: (text, set) => trimmed(toText(text), toText(set!)),
  trimprefix: (text, prefix) =>
    toText(text).startsWith(toText(prefix!)) ? toText(text).slice(toText(prefix!).length) : toText(text),
  trimspace: (text) => toText(text).trim(),
  trimsuffix: (text, suffix) =>
    toText(suffix!) !== '' && toText(text).endsWith(toText(suffix!))
      ? toText(text).slice(0, -toText(suffix!).length)
      : toText(text),
  upper: (text) => toText(text).toUpperCase(),
};

function trimmed(text: string, set: string): string {
  const letters = Array.from(text);
  const isKept = (letter: string): boolean => !set.includes(letter);
  const from = letters.findIndex(isKept);
  return from < 0 ? '' : letters.slice(from, letters.findLastIndex(isKept) + 1).join('');
}
