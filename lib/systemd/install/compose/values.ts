/** What stands in a compose file, which may be said in several forms; each error names the key. */
import { resolve } from 'node:path/posix';
import { ProaError } from '../../../core/error.ts';

export type Values = Readonly<Record<string, unknown>>;

export function badKey(key: string, why: string): ProaError {
  return new ProaError('BAD_COMPOSE_FILE', `${key}: ${why}`);
}

export function asMap(value: unknown, key: string): Values {
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Values;
  throw badKey(key, 'must have members');
}

/** A text, also of a number or boolean. */
export function asText(value: unknown, key: string): string {
  if (['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  throw badKey(key, 'must be a text');
}

export function asBoolean(value: unknown, key: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw badKey(key, 'must be true or false');
}

/** One text, or several. */
export function asTexts(value: unknown, key: string): string[] {
  return Array.isArray(value) ? value.map((each) => asText(each, key)) : [asText(value, key)];
}

/** NAME=VALUE, also of a map; a name without a value stands alone. */
export function asPairs(value: unknown, key: string): string[] {
  if (Array.isArray(value)) return asTexts(value, key);
  return Object.entries(asMap(value, key)).map(([name, each]) =>
    each === null || each === undefined ? name : `${name}=${asText(each, `${key}.${name}`)}`,
  );
}

/** A command: words, or a text that is split as a shell would split it. */
export function asWords(value: unknown, key: string): string[] {
  if (Array.isArray(value)) return asTexts(value, key);
  const text = asText(value, key);
  const words: string[] = [];
  // A word is pieces side by side: quoted ones, escaped letters, and others.
  for (const [word] of text.matchAll(/(?:'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^\s'"\\])+/g)) {
    words.push(
      word.replace(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_, single, double, letter) => {
        return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? letter;
      }),
    );
  }
  const rest = text.replace(/'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]/g, '');
  if (/['"]/.test(rest)) throw badKey(key, 'a quote is not closed');
  return words;
}

/** Seconds of a duration such as `1m30s`, rounded up. */
export function asSeconds(value: unknown, key: string): string {
  const text = asText(value, key);
  const units: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$|^\d+$/.test(text)) throw badKey(key, `${text} is no duration`);
  if (/^\d+$/.test(text)) return text;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)([a-z]+)/g)) seconds += Number(count) * units[unit!]!;
  return String(Math.ceil(seconds));
}

/** A path of this machine; relative ones count from the compose file's folder. */
export function asPath(text: string, folder: string): string {
  return text.startsWith('~/') ? `${process.env.HOME ?? ''}${text.slice(1)}` : resolve(folder, text);
}

/** Members that the mapping does not know. @throws ProaError naming the first one */
export function onlyKeys(map: Values, known: readonly string[], key: string): void {
  for (const name of Object.keys(map))
    if (!known.includes(name) && !name.startsWith('x-'))
      throw badKey(`${key}.${name}`, 'cannot be made a part of a Quadlet file');
}
