/** One record of RFC 4180, as Go's encoding/csv reads it: the form of `--mount=a=b,"c=d,e"`. */
import { csvFields } from '../../core/csv-fields.ts';
import { syntaxError } from './syntax-error.ts';

/** Throws ProaError DOCKERFILE_SYNTAX for quotes that do not pair. */
export function parseCsv(text: string): string[] {
  if (text === '') return [''];
  return csvFields(text, () =>
    syntaxError(`the double quotes in ${text} do not pair`, 'quote a whole field: "a=b,c"'),
  );
}

export function formatCsv(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
