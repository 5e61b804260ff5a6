/** A text that is shown again and again in the same place, as `stats` does: ECMA-48's control sequences. */
import { terminalSize } from './terminal.ts';

const HOME = '\x1b[H';
const CLEAR_REST_OF_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';
/** DECAWM: without it a line that is too long is cut, and so takes one line of the screen. */
const NO_WRAP = '\x1b[?7l';
const WRAP = '\x1b[?7h';

/**
 * What to write to a terminal so that `text` takes the place of what was there. Nothing is cleared before it is written
 * over, so that nothing flickers, and lines below the screen's end are left out, as they would scroll it.
 * @param first the first picture: it starts on a clear screen
 * @param rows lines of the screen; those of the terminal when left out
 */
export function redraw(text: string, first: boolean, rows = terminalSize(1).rows): string {
  const lines = text.replace(/\n$/, '').split('\n');
  // The cursor rests in the line below the text.
  const shown = lines.slice(0, Math.max(1, rows - 1));
  const body = shown.map((line) => `${line}${CLEAR_REST_OF_LINE}\n`).join('');
  return `${first ? HOME + CLEAR_BELOW : HOME}${NO_WRAP}${body}${CLEAR_BELOW}${WRAP}`;
}
