/** One line of comma-separated values, as Docker and Podman read options such as `--mount` and `--output`. */
import type { ProaError } from './error.ts';

/**
 * The fields, by the rules of Go's encoding/csv: a field in quotes may hold commas, and a doubled quote is one.
 * @param fail makes the error for a reason
 */
export function csvFields(text: string, fail: (why: string) => ProaError): string[] {
  if (text === '') throw fail('EOF');
  const fields: string[] = [];
  for (let rest = text; ; ) {
    const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
    const match = quoted ?? /^([^",]*)(,|$)/.exec(rest);
    if (match === null)
      throw fail('a quote (") stands alone: quote the whole field, and double a quote inside it');
    fields.push(quoted === null ? match[1]! : match[1]!.replaceAll('""', '"'));
    if (match[2] === '') return fields;
    rest = rest.slice(match[0].length);
  }
}
