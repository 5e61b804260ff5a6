/** Values of a table of registries.conf, and the error that names what is wrong with one. */
import { ProaError } from '../../core/error.ts';

export type Table = Readonly<Record<string, unknown>>;

export function text(table: Table, key: string, file: string): string | undefined {
  const value = table[key];
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(file, `${key} is not a text`);
}

export function flag(table: Table, key: string, file: string): boolean {
  const value = table[key] ?? false;
  if (typeof value === 'boolean') return value;
  throw invalid(file, `${key} is neither true nor false`);
}

/** A list of texts. @param called the key as a person knows it */
export function names(table: Table, key: string, file: string, called = key): string[] | undefined {
  const value = table[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw invalid(file, `${called} is not a list of names`);
}

export function invalid(file: string, why: string): ProaError {
  return new ProaError('CONFIG_INVALID', `read ${file}: ${why}`, {
    hint: 'man containers-registries.conf',
  });
}
