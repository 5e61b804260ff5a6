/** What all `inspect`s print: an array of records, or each through `--format`. */
import { renderError } from '../cli/error-text.ts';
import { printableJson } from '../core/printable.ts';
import { print } from './context.ts';
import { isDebug } from './globals.ts';

/**
 * Inspects every name; what is found is printed, and what is not is told on stderr.
 * @param format `json` or a Go template; undefined for the array
 * @returns 0, or 1 when one failed
 */
export async function printInspected(
  names: readonly string[],
  format: string | undefined,
  inspect: (name: string) => Promise<object>,
): Promise<number> {
  const found: object[] = [];
  const failures: unknown[] = [];
  for (const name of names) {
    try {
      found.push(await inspect(name));
    } catch (error) {
      failures.push(error);
    }
  }
  await print(await renderRecords(found, format));
  for (const error of failures) process.stderr.write(renderError(error, { debug: isDebug() }));
  return failures.length > 0 ? 1 : 0;
}

async function renderRecords(records: readonly object[], format: string | undefined): Promise<string> {
  if (format === undefined || format === '') return `${printableJson(JSON.stringify(records, null, 4))}\n`;
  if (format === 'json')
    return records.map((record) => `${printableJson(JSON.stringify(record))}\n`).join('');
  const { compileTemplate } = await import('../cli/template/compile.ts');
  // A `\\t` stays as it is, other than in the formats of lists: so it is with Docker.
  const compiled = compileTemplate(format);
  return records.map((record) => `${compiled(record)}\n`).join('');
}
