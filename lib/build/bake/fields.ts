/** The texts in which targets and options write lists of fields: `type=local,dest=out`, or one word alone. */
import { csvFields } from './hcl/functions-encodings.ts';
import type { Fields } from './target.ts';

/**
 * @param key the list it is in
 * @param text `type=registry,ref=x`; `x` alone means a registry's image for caches, a folder for outputs, an id for ssh
 */
export function parseFields(key: string, text: string): Fields {
  const parts = csvFields(text)[0] ?? [];
  if (key === 'ssh') {
    const [id = '', ...paths] = text.split('=');
    return paths.length === 0 ? { id } : { id, paths: paths.join('=') };
  }
  if (parts.length === 1 && !parts[0]!.includes('=')) {
    const word = parts[0]!;
    if (key === 'output') return word === '-' ? { type: 'tar', dest: '-' } : { type: 'local', dest: word };
    if (key === 'cache-from' || key === 'cache-to') return { type: 'registry', ref: word };
    return { type: word };
  }
  return Object.fromEntries(
    parts.map((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part.trim(), ''] : [part.slice(0, equals).trim(), part.slice(equals + 1)];
    }),
  );
}

/** The way back, as the options of `build` take it. */
export function fieldsText(key: string, fields: Fields): string {
  if (key === 'ssh')
    return fields.paths === undefined ? (fields.id ?? 'default') : `${fields.id}=${fields.paths}`;
  return Object.entries(fields)
    .map(([name, value]) => {
      const text = value === '' ? name : `${name}=${value}`;
      return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
