/** Turns what the engine tells of a build into steps that a display shows. */
import type { Lines } from '../../../build/dockerfile/ast.ts';
import { messageOf } from '../../../core/error.ts';
import type { BuildObserver, BuildStep } from '../../../engine/build/request.ts';
import { OutputLines } from './output-lines.ts';
import type { Outcome, ShownStep, StepDisplay } from './shown-step.ts';

/** Lines of output that a failure shows again. */
const KEPT_LINES = 100;

export class BuildProgress implements BuildObserver, Disposable {
  /** The step that failed first, when one did: the others were only stopped by it. */
  failure: ShownStep | undefined;
  /** What was said on the way, to be said again at the end. */
  readonly warnings: { text: string; lines?: Lines | undefined }[] = [];
  private readonly steps = new Map<number, ShownStep>();
  private readonly expected = new Set<number>();
  private readonly texts = new Map<string, OutputLines>();
  /** Steps of our own count down, those of the engine up. */
  private ownId = 0;
  private closed = false;

  constructor(
    private readonly display: StepDisplay,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A step of the command itself. It counts as failed when `work` throws. */
  async step<T>(name: string, work: (step: BuildStep) => Promise<T> | T): Promise<T> {
    const step: BuildStep = { id: --this.ownId, name };
    this.started(step);
    try {
      const result = await work(step);
      this.ended(step, 'done');
      return result;
    } catch (error) {
      this.failed(step, error);
      throw error;
    }
  }

  planned(steps: readonly BuildStep[]): void {
    for (const { id } of steps) this.expected.add(id);
    this.display.counted(this.expected.size);
  }

  started(step: BuildStep): void {
    if (this.steps.has(step.id)) return;
    const number = this.steps.size + 1;
    const shown: ShownStep = { number, step, started: this.now(), parts: new Map(), tail: [] };
    this.steps.set(step.id, shown);
    this.expected.add(step.id);
    this.display.counted(this.expected.size);
    this.display.started(shown);
  }

  output(step: BuildStep, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const shown = this.find(step);
    this.display.output(shown, stream, bytes);
    this.addLines(shown, this.textOf(shown, stream).add(bytes, this.now() - shown.started));
  }

  progress(step: BuildStep, done: number, total: number | undefined, part = 'transferring'): void {
    const shown = this.find(step);
    let known = shown.parts.get(part);
    if (known === undefined) {
      known = { done, total, started: this.now() };
      shown.parts.set(part, known);
    }
    known.done = done;
    known.total = total;
    if (total !== undefined && done >= total) known.ended ??= this.now();
    this.display.part(shown, part, known);
  }

  ended(step: BuildStep, how: Exclude<Outcome, 'failed'>): void {
    this.end(this.find(step), how);
  }

  failed(step: BuildStep, error: unknown): void {
    const shown = this.find(step);
    shown.error = messageOf(error);
    this.failure ??= shown;
    this.end(shown, 'failed');
  }

  warned(text: string, lines?: Lines): void {
    this.warnings.push({ text, lines });
    this.display.warned(text, lines);
  }

  /** What is still open was stopped: by a failure elsewhere, or by a person. */
  close(failed: boolean): void {
    if (this.closed) return;
    this.closed = true;
    for (const shown of this.steps.values()) if (shown.ended === undefined) this.end(shown, 'cancelled');
    this.display.close(failed);
  }

  [Symbol.dispose](): void {
    this.close(true);
  }

  private find(step: BuildStep): ShownStep {
    this.started(step);
    return this.steps.get(step.id)!;
  }

  private end(shown: ShownStep, outcome: Outcome): void {
    if (shown.ended !== undefined) return;
    for (const stream of ['stdout', 'stderr'] as const)
      this.addLines(shown, this.textOf(shown, stream).end(this.now() - shown.started));
    shown.ended = this.now();
    shown.outcome = outcome;
    for (const [name, part] of shown.parts) {
      if (part.ended !== undefined) continue;
      part.ended = shown.ended;
      // The last bytes of a part may go without a word.
      if (outcome === 'done') part.done = part.total ?? part.done;
      this.display.part(shown, name, part);
    }
    this.display.ended(shown);
  }

  private textOf(shown: ShownStep, stream: string): OutputLines {
    const key = `${shown.number} ${stream}`;
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const text = new OutputLines();
    this.texts.set(key, text);
    return text;
  }

  private addLines(shown: ShownStep, lines: ReturnType<OutputLines['add']>): void {
    if (lines.length === 0) return;
    shown.tail.push(...lines.slice(-KEPT_LINES));
    if (shown.tail.length > KEPT_LINES) shown.tail.splice(0, shown.tail.length - KEPT_LINES);
    this.display.lines(shown, lines);
  }
}
