/**
 * Progress as lines, for logs and pipes: `#5 [2/3] RUN make`, `#5 0.123 text`, `#5 DONE 0.4s`, in BuildKit's form. Of steps
 * that run at the same time one is followed while the lines of the others wait, so that what belongs together stands
 * together; it is left when it ends, or when it has been silent for long.
 */
import { printableLine } from '../../../core/printable.ts';
import {
  lineTime,
  type Part,
  partAmount,
  type ShownStep,
  type StepDisplay,
  seconds,
  type TimedLine,
} from './shown-step.ts';

/** How long a step may say nothing while others wait. */
const SILENCE_MS = 5000;

export class PlainDisplay implements StepDisplay {
  /** The step that is followed. */
  private current: ShownStep | undefined;
  private lastLine = 0;
  private first = true;
  private readonly waiting = new Map<ShownStep, string[]>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly write: (text: string) => void) {
    this.timer = setInterval(() => this.leaveSilent(), 1000);
    this.timer.unref();
  }

  counted(): void {}

  started(shown: ShownStep): void {
    if (this.current === undefined) this.follow(shown);
    else this.waiting.set(shown, []);
  }

  output(): void {}

  lines(shown: ShownStep, lines: readonly TimedLine[]): void {
    for (const { at, text } of lines) this.say(shown, `${lineTime(at)} ${text}`);
  }

  part(shown: ShownStep, name: string, part: Part): void {
    // Only what is done: lines cannot be taken back.
    if (part.ended === undefined) return;
    const time = part.ended - part.started;
    this.say(shown, `${name}${partAmount(part)}${time > 10 ? ` ${seconds(time)}` : ''} done`);
  }

  ended(shown: ShownStep): void {
    this.say(shown, endOf(shown));
    if (shown === this.current) {
      this.current = undefined;
      this.followNext();
    } else this.follow(shown);
  }

  /** They are summed up when all is over. */
  warned(): void {}

  close(): void {
    clearInterval(this.timer);
    while (this.waiting.size > 0) this.follow(this.waiting.keys().next().value!);
  }

  private say(shown: ShownStep, text: string): void {
    const line = `#${shown.number} ${text}\n`;
    if (shown === this.current) {
      this.write(line);
      this.lastLine = performance.now();
    } else {
      const lines = this.waiting.get(shown);
      if (lines === undefined) this.waiting.set(shown, [line]);
      else lines.push(line);
    }
  }

  /** Shows what has waited of a step; one that goes on is followed from here. */
  private follow(shown: ShownStep): void {
    if (this.current !== undefined) this.leave();
    const lines = this.waiting.get(shown) ?? [];
    this.waiting.delete(shown);
    this.write(
      `${this.first ? '' : '\n'}#${shown.number} ${printableLine(shown.step.name)}\n${lines.join('')}`,
    );
    this.first = false;
    this.lastLine = performance.now();
    if (shown.ended === undefined) this.current = shown;
    else this.followNext();
  }

  /** It is still at work, and its next lines may follow later. */
  private leave(): void {
    this.write(`#${this.current!.number} ...\n`);
    this.waiting.set(this.current!, []);
    this.current = undefined;
  }

  /** The next to follow: one that has said something, else any that is at work. */
  private followNext(): void {
    if (this.current !== undefined) return;
    const steps = [...this.waiting];
    const next = steps.find(([, lines]) => lines.length > 0) ?? steps[0];
    if (next !== undefined) this.follow(next[0]);
  }

  private leaveSilent(): void {
    if (this.current === undefined || performance.now() - this.lastLine < SILENCE_MS) return;
    const talking = [...this.waiting].find(([, lines]) => lines.length > 0);
    if (talking !== undefined) this.follow(talking[0]);
  }
}

function endOf({ outcome, error, started, ended }: ShownStep): string {
  switch (outcome) {
    case 'cached':
      return 'CACHED';
    case 'cancelled':
      return 'CANCELED';
    case 'failed':
      return `ERROR: ${printableLine(error ?? '')}`;
    default:
      return `DONE ${seconds(ended! - started)}`;
  }
}
