/**
 * Progress for programs: a line of JSON for each change, of the members that BuildKit's client sends (SolveStatus): vertexes
 * (steps), statuses (their parts), logs (output in Base64) and warnings.
 */
import type { Part, ShownStep, StepDisplay } from './shown-step.ts';

export class JsonDisplay implements StepDisplay {
  /** Digests of steps by their ids in the build. */
  private readonly digests = new Map<number, string>();
  /** The wall clock when the clock of the steps stood at 0. */
  private readonly origin = Date.now() - performance.now();

  constructor(private readonly write: (text: string) => void) {}

  counted(): void {}
  lines(): void {}
  close(): void {}

  started(shown: ShownStep): void {
    this.tellStep(shown);
  }

  ended(shown: ShownStep): void {
    this.tellStep(shown);
  }

  output(shown: ShownStep, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const log = {
      vertex: this.digestOf(shown),
      stream: stream === 'stdout' ? 1 : 2,
      data: Buffer.from(bytes).toString('base64'),
      timestamp: this.time(performance.now()),
    };
    this.tell({ logs: [log] });
  }

  part(shown: ShownStep, name: string, part: Part): void {
    const status = {
      id: name,
      vertex: this.digestOf(shown),
      ...(part.total !== undefined && { total: part.total }),
      current: part.done,
      timestamp: this.time(performance.now()),
      started: this.time(part.started),
      ...(part.ended !== undefined && { completed: this.time(part.ended) }),
    };
    this.tell({ statuses: [status] });
  }

  warned(text: string, lines: { first: number; last: number } | undefined): void {
    const place = lines && {
      range: [{ start: { line: lines.first }, end: { line: lines.last } }],
    };
    this.tell({ warnings: [{ level: 1, short: Buffer.from(text).toString('base64'), ...place }] });
  }

  private tellStep(shown: ShownStep): void {
    const { step, started, ended, outcome, error } = shown;
    const inputs = step.inputs?.flatMap((id) => this.digests.get(id) ?? []) ?? [];
    const vertex = {
      digest: this.digestOf(shown),
      ...(inputs.length > 0 && { inputs }),
      name: step.name,
      started: this.time(started),
      ...(ended !== undefined && { completed: this.time(ended) }),
      ...(outcome === 'cached' && { cached: true }),
      ...(outcome === 'cancelled' && { error: 'context canceled' }),
      ...(error !== undefined && { error }),
    };
    this.tell({ vertexes: [vertex] });
  }

  /** Known by a digest, as BuildKit's; steps of equal name differ by their number. */
  private digestOf({ step, number }: ShownStep): string {
    const known = this.digests.get(step.id);
    if (known !== undefined) return known;
    const hex = new Bun.CryptoHasher('sha256').update(`${number} ${step.name}`).digest('hex');
    this.digests.set(step.id, `sha256:${hex}`);
    return `sha256:${hex}`;
  }

  private time(milliseconds: number): string {
    return new Date(this.origin + milliseconds).toISOString();
  }

  private tell(status: object): void {
    this.write(`${JSON.stringify(status)}\n`);
  }
}
