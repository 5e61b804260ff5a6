/**
 * Progress on a terminal, in BuildKit's form: a head with the time and the count, a line a step, below a running step what
 * it fetches and the last lines that it said. Drawn anew in the same place, at most ten times a second.
 */
import { LiveLines, type TerminalStream } from '../../../cli/live-lines.ts';
import { printableLine } from '../../../core/printable.ts';
import { type Part, partAmount, type ShownStep, type StepDisplay, seconds } from './shown-step.ts';

const REDRAW_MS = 100;
/** Lines of output below a running step; BUILDKIT_TTY_LOG_LINES says another number. */
const LOG_LINES = 6;

export interface Colours {
  readonly done: (text: string) => string;
  readonly failed: (text: string) => string;
  readonly cancelled: (text: string) => string;
}

export const NO_COLOURS: Colours = { done: String, failed: String, cancelled: String };

export class TerminalDisplay implements StepDisplay {
  private readonly screen: LiveLines;
  private readonly steps: ShownStep[] = [];
  private readonly begun: number;
  private readonly timer: NodeJS.Timeout;
  private readonly resized = (): void => this.draw();
  private total = 0;

  constructor(
    stream: TerminalStream,
    private readonly colours: Colours = NO_COLOURS,
    private readonly logLines = LOG_LINES,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.screen = new LiveLines(stream);
    this.begun = this.now();
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
    this.timer.unref();
    process.on('SIGWINCH', this.resized);
  }

  counted(total: number): void {
    this.total = total;
  }

  started(shown: ShownStep): void {
    this.steps.push(shown);
  }

  output(): void {}
  lines(): void {}
  part(): void {}
  ended(): void {}
  /** They are summed up when all is over. */
  warned(): void {}

  close(failed: boolean): void {
    clearInterval(this.timer);
    process.off('SIGWINCH', this.resized);
    if (this.steps.length > 0) this.screen.draw(this.picture(failed ? 'ERROR' : 'FINISHED'));
  }

  private draw(): void {
    if (this.steps.length > 0) this.screen.draw(this.picture());
  }

  /** @param end all is over: every step is shown, however many there are */
  private picture(end?: 'FINISHED' | 'ERROR'): string[] {
    const finished = this.steps.filter(({ ended }) => ended !== undefined).length;
    const time = seconds(this.now() - this.begun);
    const head = `[+] Building ${time} (${finished}/${Math.max(this.total, this.steps.length)})`;
    const width = this.screen.columns;
    if (end !== undefined)
      return [
        fit(`${head}${end === 'FINISHED' ? ' FINISHED' : ''}`, width),
        ...this.steps.flatMap((shown) => this.block(shown, 0)),
      ];
    return [fit(head, width), ...this.visible(this.screen.rows - 2)];
  }

  /** What fits below the head: first the finished steps give way, then lines of output. */
  private visible(room: number): string[] {
    const running = this.steps.filter(({ ended }) => ended === undefined);
    const bare = running.flatMap((shown) => this.block(shown, 0)).length;
    const free = Math.max(0, room - bare);
    const logs = running.length === 0 ? 0 : Math.min(this.logLines, Math.floor(free / running.length));
    const blocks = this.steps.map((shown) => ({ shown, lines: this.block(shown, logs) }));
    let excess = blocks.reduce((sum, { lines }) => sum + lines.length, 0) - room;
    const kept = blocks.filter(({ shown, lines }) => {
      if (excess <= 0 || shown.ended === undefined) return true;
      excess -= lines.length;
      return false;
    });
    return kept.flatMap(({ lines }) => lines).slice(0, room);
  }

  private block(shown: ShownStep, logs: number): string[] {
    const { outcome, step, started, ended, parts, tail } = shown;
    const prefix = { cached: 'CACHED ', cancelled: 'CANCELED ', failed: 'ERROR ', done: '' };
    const name = `${outcome === undefined ? '' : prefix[outcome]}${printableLine(step.name)}`;
    const spent = outcome === 'cached' ? 0 : (ended ?? this.now()) - started;
    const paint = outcome === undefined ? String : this.painter(outcome);
    const lines = [paint(this.timed(` => ${name}`, spent))];
    for (const [part, state] of parts) lines.push(paint(this.partLine(part, state)));
    if (ended === undefined && logs > 0)
      for (const { text } of tail.slice(-logs)) lines.push(fit(` => => # ${text}`, this.screen.columns));
    return lines;
  }

  private painter(outcome: NonNullable<ShownStep['outcome']>): (text: string) => string {
    if (outcome === 'failed') return this.colours.failed;
    return outcome === 'cancelled' ? this.colours.cancelled : this.colours.done;
  }

  private partLine(name: string, part: Part): string {
    return this.timed(` => => ${name}${partAmount(part)}`, (part.ended ?? this.now()) - part.started);
  }

  /** The time stands at the right edge. */
  private timed(text: string, milliseconds: number): string {
    const time = seconds(milliseconds);
    const room = Math.max(0, this.screen.columns - time.length - 2);
    const line = fit(text, room);
    return `${line}${' '.repeat(Math.max(1, room - Bun.stringWidth(line) + 1))}${time}`;
  }
}

/** Cut to a number of columns; characters of two columns count as such. */
function fit(text: string, columns: number): string {
  if (Bun.stringWidth(text) <= columns) return text;
  let line = '';
  let width = 0;
  for (const character of text) {
    width += Bun.stringWidth(character);
    if (width > columns - 3) break;
    line += character;
  }
  return `${line}${'.'.repeat(Math.min(3, Math.max(0, columns)))}`;
}
