/** Lists of objects by `--format` and `--quiet`, as `ps`, `images` and their kin print them. */
import { printable } from '../core/printable.ts';
import { alignColumns, renderTable } from './table.ts';

export interface FormatRequest {
  /** What the user gave: `table`, `table TEMPLATE`, `json` or a template; nothing means the default table. */
  format?: string | undefined;
  /** Only the ids; a text is the template to use instead of `{{.ID}}`. A format of the user's own wins. */
  quiet?: boolean | string | undefined;
  /** The command's own table: `table {{.ID}}\t{{.Names}}`. */
  defaultTable: string;
  /** The heading of each field; a field without one gets its own name in capitals. */
  headers: Readonly<Record<string, string>>;
  /** `json` prints one array, as Podman does, instead of an object a line. */
  jsonArray?: boolean;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * The text to print, each line ended by a newline. A row is a plain object; a function in it is called with the
 * template's arguments, and only when the format asks for its field (`Size: () => …`, `Label: (name) => …`).
 * Throws what compileTemplate throws.
 */
export async function formatRows(rows: readonly object[], request: FormatRequest): Promise<string> {
  const own = request.format?.trim() || 'table';
  if (own === 'json') return formatJson(rows as Row[], request.jsonArray ?? false);
  if (own === 'table' && request.quiet) {
    return formatLines(rows as Row[], request.quiet === true ? '{{.ID}}' : request.quiet);
  }
  if (!/^table(\s|\\t|$)/.test(own)) return formatLines(rows as Row[], own);
  const template = own === 'table' ? request.defaultTable : own;
  return formatTable(rows as Row[], expandEscapes(template.replace(/^table(\s|\\t)*/, '')), request.headers);
}

/** `\t` and `\n`, which a shell passes on as two characters, as the characters that they mean. */
export function expandEscapes(format: string): string {
  return format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}

async function formatTable(
  rows: readonly Row[],
  template: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const quick = formatPlainColumns(rows, template, headers);
  if (quick !== undefined) return quick;
  const { compileTemplate } = await import('./template/compile.ts');
  const compiled = compileTemplate(template);
  const text = [compiled(headerRow(rows, headers), HEADER_FUNCTIONS), ...(await renderEach(rows, compiled))];
  return alignColumns(text.flatMap((line) => printable(line).split('\n')).map((line) => line.split('\t')));
}

/**
 * A table of simple fields, without the template engine: every default table is one, and the engine would add 0.8 ms to
 * a `ps`. Undefined when the template or a value asks for more.
 */
function formatPlainColumns(
  rows: readonly Row[],
  template: string,
  headers: Readonly<Record<string, string>>,
): string | undefined {
  const fields: string[] = [];
  for (const column of template.split('\t')) {
    const field = /^\{\{ ?\.([A-Za-z]+) ?\}\}$/.exec(column)?.[1];
    if (field === undefined) return undefined;
    fields.push(field);
  }
  const cells: string[][] = [];
  for (const row of rows) {
    const line: string[] = [];
    for (const field of fields) {
      if (!Object.hasOwn(row, field)) return undefined;
      const value = readCell(row, field);
      if (typeof value !== 'string' && !Number.isSafeInteger(value)) return undefined;
      line.push(String(value));
    }
    cells.push(line);
  }
  return renderTable(
    fields.map((field) => headers[field] ?? field.toUpperCase()),
    cells,
  );
}

async function formatLines(rows: readonly Row[], format: string): Promise<string> {
  const { compileTemplate } = await import('./template/compile.ts');
  const lines = await renderEach(rows, compileTemplate(expandEscapes(format)));
  return lines.map((line) => `${line}\n`).join('');
}

async function renderEach(
  rows: readonly Row[],
  compiled: (value: unknown, functions: Readonly<Record<string, (value: unknown) => unknown>>) => string,
): Promise<string[]> {
  const { toJson } = await import('./template/functions.ts');
  return rows.map((row) =>
    compiled(row, { json: (value) => toJson(value === row ? completed(row) : value) }),
  );
}

async function formatJson(rows: readonly Row[], asArray: boolean): Promise<string> {
  const { toJson } = await import('./template/functions.ts');
  if (asArray) return `${JSON.stringify(JSON.parse(toJson(rows.map(completed))), null, 4)}\n`;
  return rows
    .map((row) => {
      const full = completed(row);
      // Go's JSON differs from JavaScript's only in what a row of texts and numbers has not.
      const flat = Object.values(full).every((value) => typeof value === 'string' || Number.isFinite(value));
      return `${flat ? JSON.stringify(full) : toJson(full)}\n`;
    })
    .join('');
}

/** The row with its functions' results, but for functions that want an argument, in the order of the names as Docker has it. */
function completed(row: Row): Row {
  const names = Object.keys(row).filter((name) => typeof row[name] !== 'function' || row[name].length === 0);
  return Object.fromEntries(names.sort().map((name) => [name, readCell(row, name)]));
}

function readCell(row: Row, field: string): unknown {
  const value = row[field];
  return typeof value === 'function' ? value.call(row) : value;
}

/** What the template sees when it renders the heading. */
function headerRow(rows: readonly Row[], headers: Readonly<Record<string, string>>): Row {
  const names: Record<string, unknown> = {
    // `{{.Label "com.example.some-name"}}` is headed by the label's last part, as in Docker.
    Label: (label: string) => label.split('.').at(-1)!.replace(/[-_]/g, ' '),
  };
  for (const field of Object.keys(rows[0] ?? {})) names[field] ??= field.toUpperCase();
  return { ...names, ...headers };
}

const asGiven = (value: unknown): unknown => value;

/** In a heading the functions that change a value leave it alone. */
const HEADER_FUNCTIONS = {
  json: asGiven,
  split: asGiven,
  join: asGiven,
  title: asGiven,
  lower: asGiven,
  upper: asGiven,
  truncate: asGiven,
};
