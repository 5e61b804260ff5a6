/** Columns as Docker prints them: Go's text/tabwriter with at least 10 columns a cell and 3 spaces between two. */

import { printableLine } from '../core/printable.ts';

const SMALLEST_CELL = 10;
const GAP = 3;

/**
 * Lines of cells as aligned text, each line ended by a newline. A column reaches over the neighbouring lines that have
 * it; a line's last cell is not padded.
 */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[][] = lines.map(() => []);
  const measure = (from: number, to: number, column: number): void => {
    for (let first = from; first < to; ) {
      let last = first;
      let width = SMALLEST_CELL;
      for (; last < to && lines[last]!.length - 1 > column; last++) {
        width = Math.max(width, textWidth(lines[last]![column]!) + GAP);
      }
      if (last === first) {
        first++;
        continue;
      }
      for (let line = first; line < last; line++) widths[line]![column] = width;
      measure(first, last, column + 1);
      first = last;
    }
  };
  measure(0, lines.length, 0);
  let out = '';
  for (const [line, cells] of lines.entries()) {
    for (const [column, cell] of cells.entries()) {
      const width = widths[line]![column];
      out += width === undefined ? cell : cell + ' '.repeat(width - textWidth(cell));
    }
    out += '\n';
  }
  return out;
}

/**
 * A table with its header line. A tab or line break in a cell would move the columns, so it becomes a space; what else a
 * terminal would obey is spelled out.
 */
export function renderTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((cells) =>
    cells.map((cell) => printableLine(/[\t\r\n]/.test(cell) ? cell.replace(/[\t\r\n]+/g, ' ') : cell)),
  );
  return alignColumns([headers, ...clean]);
}

/** Columns that a text takes on a terminal. */
export function textWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : Bun.stringWidth(text);
}
