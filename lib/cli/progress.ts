/**
 * One line a layer on a terminal: what happens to it, a bar, the rate and the time left. The lines are redrawn in place
 * at most ten times a second, and never more of them than the terminal has rows. On anything but a terminal: nothing.
 */
import { LiveLines, type TerminalStream } from './live-lines.ts';
import { formatBytes } from './values.ts';

const REDRAW_MS = 100;
/** The rate is the mean over this span: long enough to be calm, short enough to follow. */
const RATE_WINDOW_MS = 5000;

/** Every method takes a layer's id as shown; sizes are in bytes. */
export interface LayerProgress extends Disposable {
  /** A new line; `total` 0 when the size is not known. */
  add(id: string, total: number): void;
  /** `bytes` have arrived so far. */
  update(id: string, bytes: number): void;
  /** What is happening now (`Downloading`, `Verifying`, `Extracting`); the count starts anew. */
  phase(id: string, text: string): void;
  /** Nothing more will happen (`Pull complete`, `Already exists`). */
  done(id: string, text: string): void;
  /** Draws the last state and leaves the cursor below it. */
  close(): void;
}

interface Layer {
  id: string;
  total: number;
  bytes: number;
  phase: string;
  finished: boolean;
  samples: { at: number; bytes: number }[];
}

type Paint = (text: string) => string;

/** Opens the display. `now` is a clock in milliseconds. */
export function openLayerProgress(
  stream: TerminalStream,
  { now = () => performance.now() } = {},
): LayerProgress {
  return stream.isTTY ? new Lines(stream, now) : new Silence();
}

class Silence implements LayerProgress {
  add(): void {}
  update(): void {}
  phase(): void {}
  done(): void {}
  close(): void {}
  [Symbol.dispose](): void {}
}

class Lines implements LayerProgress {
  private readonly layers = new Map<string, Layer>();
  private readonly timer: NodeJS.Timeout;
  private readonly screen: LiveLines;
  private changed = false;
  private paint: { bar: Paint; done: Paint } = { bar: String, done: String };

  constructor(
    stream: TerminalStream,
    private readonly now: () => number,
  ) {
    this.screen = new LiveLines(stream);
    this.timer = setInterval(() => this.draw(), REDRAW_MS);
    this.timer.unref();
    void this.loadColours();
  }

  add(id: string, total: number): void {
    this.layers.set(id, { id, total, bytes: 0, phase: 'Waiting', finished: false, samples: [] });
    this.changed = true;
  }

  update(id: string, bytes: number): void {
    const layer = this.layers.get(id);
    if (layer === undefined) return;
    layer.bytes = bytes;
    const at = this.now();
    const { samples } = layer;
    if (samples.length === 0 || at - samples.at(-1)!.at >= REDRAW_MS) samples.push({ at, bytes });
    while (samples.length > 2 && at - samples[0]!.at > RATE_WINDOW_MS) samples.shift();
    this.changed = true;
  }

  phase(id: string, text: string): void {
    const layer = this.layers.get(id);
    if (layer === undefined) return;
    Object.assign(layer, { phase: text, bytes: 0, samples: [] });
    this.changed = true;
  }

  done(id: string, text: string): void {
    const layer = this.layers.get(id);
    if (layer === undefined) return;
    Object.assign(layer, { phase: text, finished: true });
    this.changed = true;
  }

  close(): void {
    clearInterval(this.timer);
    this.draw();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** chalk is only worth its time where a person watches. Until it is there, the lines are plain. */
  private async loadColours(): Promise<void> {
    const { wantsColour } = await import('./terminal.ts');
    if (!wantsColour(2)) return;
    const { Chalk } = await import('chalk');
    const chalk = new Chalk({ level: 1 });
    this.paint = { bar: (text) => chalk.cyan(text), done: (text) => chalk.green(text) };
  }

  private draw(): void {
    if (!this.changed) return;
    this.changed = false;
    this.screen.draw(this.visible());
  }

  /** The lines that fit: when there are too many, finished layers give way to one line that counts them. */
  private visible(): string[] {
    const { columns } = this.screen;
    const room = Math.max(2, this.screen.rows - 1);
    const all = [...this.layers.values()];
    const lineOf = (layer: Layer): string => {
      const line = layerLine(layer, columns - 1, this.now());
      return layer.finished ? this.paint.done(line) : line.replace(/\[=*>? *\]/, this.paint.bar);
    };
    if (all.length <= room) return all.map(lineOf);
    const active = all.filter((layer) => !layer.finished);
    const finished = all.length - active.length;
    const hidden = active.length - (room - 1);
    const count = `${finished} of ${all.length} layers done${hidden > 0 ? `, ${hidden} more under way` : ''}`;
    return [count.slice(0, columns - 1), ...active.slice(0, room - 1).map(lineOf)];
  }
}

/** `1a2b3c: Downloading [====>    ]  12.3MB/45.6MB  8.1MB/s  4s`, cut and thinned to `width` columns. */
export function layerLine(layer: Readonly<Layer>, width: number, now: number): string {
  const head = `${layer.id}: ${layer.phase}`;
  if (layer.finished || layer.bytes === 0) return head.slice(0, width);
  if (layer.total <= 0) return `${head}  ${formatBytes(layer.bytes)}`.slice(0, width);
  const rate = rateOf(layer, now);
  const left = rate > 0 ? timeLeft((layer.total - layer.bytes) / rate) : '';
  const speed = rate > 0 ? `  ${`${formatBytes(rate)}/s`.padStart(9)}  ${left}` : '';
  const tail = `  ${formatBytes(layer.bytes)}/${formatBytes(layer.total)}${speed}`;
  const room = Math.min(50, width - head.length - tail.length - 3);
  if (room < 8) return `${head}${tail}`.slice(0, width);
  const filled = Math.min(room, Math.floor((layer.bytes / layer.total) * room));
  const bar = filled < room ? `${'='.repeat(filled)}>`.padEnd(room) : '='.repeat(room);
  return `${head} [${bar}]${tail}`;
}

/** Bytes a second over the window that is remembered; 0 when too little is known. */
function rateOf({ samples, bytes }: Readonly<Layer>, now: number): number {
  const first = samples[0];
  const seconds = first === undefined ? 0 : (now - first.at) / 1000;
  return seconds < 0.3 ? 0 : Math.max(0, (bytes - first!.bytes) / seconds);
}

/** Seconds as `4s`, `1m20s`, `2h05m`. */
function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const two = (number: number) => String(number).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes}m${two(whole % 60)}s`
    : `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
}
