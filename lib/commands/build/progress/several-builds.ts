/** Several builds on one display, as bake shows them: their steps counted together, and named after their targets. */
import type { BuildStep } from '../../../engine/build/request.ts';
import type { Part, ShownStep, StepDisplay, TimedLine } from './shown-step.ts';

export class SeveralBuilds {
  private readonly totals = new Map<string, number>();
  private begun = 0;

  constructor(private readonly display: StepDisplay) {}

  /** The display of one of them. Closing it closes nothing: the others go on. */
  open(name: string): StepDisplay {
    const { display } = this;
    const shown = new WeakMap<ShownStep, ShownStep>();
    const renamed = (step: ShownStep): ShownStep => {
      const known = shown.get(step);
      if (known !== undefined) return known;
      const made = this.rename(step, name, ++this.begun);
      shown.set(step, made);
      return made;
    };
    return {
      counted: (total) => {
        this.totals.set(name, total);
        display.counted([...this.totals.values()].reduce((sum, each) => sum + each, 0));
      },
      started: (step) => display.started(renamed(step)),
      output: (step, stream, bytes: Uint8Array) => display.output(renamed(step), stream, bytes),
      lines: (step, lines: readonly TimedLine[]) => display.lines(renamed(step), lines),
      part: (step, text, part: Part) => display.part(renamed(step), text, part),
      ended: (step) => display.ended(renamed(step)),
      warned: (text, lines) => display.warned(`${name}: ${text}`, lines),
      close() {},
    };
  }

  close(failed: boolean): void {
    this.display.close(failed);
  }

  /** The same step under another name and number: what happens to it is seen through it. */
  private rename(step: ShownStep, name: string, number: number): ShownStep {
    // Steps of a build begin with a bracket: `[internal] …`, `[stage 2/5] …`.
    const inner = step.step.name;
    const text = inner.startsWith('[') ? `[${name} ${inner.slice(1)}` : `[${name}] ${inner}`;
    // An id of its own, beside those of other builds.
    const renamed: BuildStep = { ...step.step, id: number, name: text };
    return new Proxy(step, {
      get: (target, key) =>
        key === 'number' ? number : key === 'step' ? renamed : Reflect.get(target, key, target),
    });
  }
}
