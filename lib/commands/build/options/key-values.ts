/** Options of buildx whose value is a line such as `type=local,dest=out`. */

import { csvFields } from '../../../core/csv-fields.ts';
import { nearest } from '../../../core/nearest.ts';
import { invalidOption } from '../../container/options/invalid.ts';

/**
 * Reads `key=value,key=value`; a key alone has the value ''.
 * @param known the keys that may stand there; one with a text means that key. Without it, any may
 * @throws ProaError INVALID_OPTION, for an unknown key with the nearest one
 */
export function keyValues<Key extends string>(
  option: string,
  text: string,
  known?: Readonly<Record<Key, string>>,
): Partial<Record<Key, string>> {
  const values: Record<string, string> = {};
  for (const field of csvFields(text, (why) => invalidOption(option, text, why))) {
    const equals = field.indexOf('=');
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    if (key === '') throw invalidOption(option, text, `"${field}" has no key`);
    if (known !== undefined && !Object.hasOwn(known, key)) {
      const meant = nearest(key, Object.keys(known));
      const hint =
        meant === undefined ? `It takes ${Object.keys(known).join(', ')}` : `Did you mean ${meant}=?`;
      throw invalidOption(option, text, `unexpected key "${key}"`, hint);
    }
    values[(known as Record<string, string> | undefined)?.[key] || key] =
      equals < 0 ? '' : field.slice(equals + 1);
  }
  return values as Partial<Record<Key, string>>;
}

/** A word that is true or false; '' (the key alone) is true. @throws ProaError INVALID_OPTION */
export function keyBool(
  option: string,
  text: string,
  key: string,
  value: string | undefined,
): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === '' || /^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw invalidOption(option, text, `${key}=${value} is neither true nor false`);
}
