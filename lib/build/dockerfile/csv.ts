/** One record of RFC 4180, as Go's encoding/csv reads it: the form of `--mount=a=b,"c=d,e"`. */
import { syntaxError } from './syntax-error.ts';

/** Throws ProaError DOCKERFILE_SYNTAX for quotes that do not pair. */
export function parseCsv(text: string): string[] {
  const fields: string[] = [];
  for (let at = 0; ; at++) {
    const match = /(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/sy;
    match.lastIndex = at;
    const found = match.exec(text);
    if (found === null)
      throw syntaxError(`the double quotes in ${text} do not pair`, 'quote a whole field: "a=b,c"');
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    at = match.lastIndex;
    if (at >= text.length) return fields;
  }
}

export function formatCsv(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',');
}
