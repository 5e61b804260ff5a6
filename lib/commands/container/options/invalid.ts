import { ProaError } from '../../../core/error.ts';

/** The value of an option that its type alone does not rule out. `name` is without dashes. */
export function invalidOption(name: string, value: string, why: string, hint?: string): ProaError {
  return new ProaError('INVALID_OPTION', `invalid argument ${JSON.stringify(value)} for --${name}: ${why}`, {
    hint,
  });
}

/** The values of a list that may also be given in one word, with commas between them. */
export function splitWords(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).filter(Boolean);
}

/** `KEY=VALUE` each; a key alone has an empty value. */
export function parsePairs(name: string, entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const [key = '', ...rest] = entry.split('=');
      if (key === '') throw invalidOption(name, entry, 'it has no key');
      return [key, rest.join('=')];
    }),
  );
}
