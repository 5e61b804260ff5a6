/** Bytes of a step's output as lines. */
import { printableLine } from '../../../core/printable.ts';
import type { TimedLine } from './shown-step.ts';

/** A line without an end is passed on when it has grown to this many bytes. */
const LONGEST = 64 << 10;

const NEWLINE = 0x0a;

export class OutputLines {
  private pending: Uint8Array[] = [];
  private size = 0;
  private firstAt = 0;

  /** @param at milliseconds since the step began */
  add(bytes: Uint8Array, at: number): TimedLine[] {
    const lines: TimedLine[] = [];
    let from = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, from);
      if (newline < 0) break;
      this.keep(bytes.subarray(from, newline), at);
      lines.push(...this.end(at));
      from = newline + 1;
    }
    if (from < bytes.length) this.keep(bytes.subarray(from), at);
    if (this.size > LONGEST) lines.push(...this.end(at));
    return lines;
  }

  /** What stands there without a line's end. */
  end(at: number): TimedLine[] {
    if (this.pending.length === 0) return [];
    const text = shownText(Buffer.concat(this.pending).toString('utf8'));
    const line = { at: this.size > 0 ? this.firstAt : at, text };
    this.pending = [];
    this.size = 0;
    return [line];
  }

  private keep(bytes: Uint8Array, at: number): void {
    if (this.pending.length === 0) this.firstAt = at;
    // The caller may use its buffer again.
    this.pending.push(Buffer.from(bytes));
    this.size += bytes.length;
  }
}

/** What a terminal would show of it in the end: the text behind the last return to the line's start, no controls. */
function shownText(line: string): string {
  const text = line.replace(/\r+$/, '');
  const shown = Bun.stripANSI(text.slice(text.lastIndexOf('\r') + 1)).replaceAll('\t', '    ');
  return printableLine(shown);
}
