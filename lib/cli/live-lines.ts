/** Lines at the end of a terminal that are drawn again and again in the same place (ECMA-48's control sequences). */

/** The parts of a terminal's stream (`process.stderr`) that are needed. */
export interface TerminalStream {
  isTTY?: boolean;
  columns?: number;
  rows?: number;
  write(text: string): unknown;
}

const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** DECAWM: without it a line that is too long is cut, and so takes one line of the screen. */
const NO_WRAP = '\x1b[?7l';
const WRAP = '\x1b[?7h';
const CLEAR_REST_OF_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/**
 * What was drawn is written over, never cleared first, so that nothing flickers. Between two drawings the cursor is below
 * the last line, and nobody else writes to the terminal.
 */
export class LiveLines {
  /** Columns that each drawn line has. */
  private drawn: number[] = [];
  private last = '';

  constructor(private readonly stream: TerminalStream) {}

  get columns(): number {
    return this.stream.columns || 80;
  }

  get rows(): number {
    return this.stream.rows || 24;
  }

  /** Lines may hold colours. More of them than the terminal has rows scroll, and are then out of reach. */
  draw(lines: readonly string[]): void {
    const rows = this.rowsTaken();
    const up = rows > 0 ? `\x1b[${rows}A` : '';
    const body = lines.map((line) => `${line}${CLEAR_REST_OF_LINE}\n`).join('');
    const text = `${HIDE_CURSOR}${NO_WRAP}${up}\r${body}${CLEAR_BELOW}${WRAP}${SHOW_CURSOR}`;
    if (text === this.last) return;
    this.stream.write(text);
    this.last = text;
    const columns = this.columns;
    this.drawn = lines.map((line) => Math.min(Bun.stringWidth(line), columns));
  }

  /** A terminal that has become narrower has folded the lines that were drawn. */
  private rowsTaken(): number {
    const columns = this.columns;
    const rows = this.drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return Math.min(rows, this.rows - 1);
  }
}
