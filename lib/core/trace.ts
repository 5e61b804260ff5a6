/**
 * PROA_TRACE=FILE writes where the milliseconds of this invocation went, in Chrome's trace format (open it in
 * chrome://tracing or ui.perfetto.dev). Off, a span costs one comparison.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { hasCode } from './error.ts';

// Set but empty is off, too.
const file = process.env.PROA_TRACE || undefined;
const off: Disposable = { [Symbol.dispose]: () => {} };

interface TraceEvent {
  name: string;
  ph: 'X' | 'i';
  ts: number;
  dur?: number;
  pid: number;
  tid: number;
}

const events: TraceEvent[] = [];

/** Starts a step; it ends when disposed (`using _ = span('mount overlay')`). */
export function span(name: string): Disposable {
  if (file === undefined) return off;
  const start = now();
  return {
    [Symbol.dispose]: () => {
      events.push({ name, ph: 'X', ts: start, dur: now() - start, pid: process.pid, tid: 1 });
    },
  };
}

/** Microseconds since the epoch, so that the traces of a command and of its children share one time line. */
function now(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}

/**
 * Appends this process's events to the file. The array is left open at its end, which the format allows, so that the
 * child processes of one command can append to the same file.
 */
export function writeTrace(): void {
  if (file === undefined || events.length === 0) return;
  const start = performance.timeOrigin * 1000;
  events.unshift({
    name: process.argv.slice(2, 4).join(' ') || 'proa',
    ph: 'X',
    ts: start,
    dur: now() - start,
    pid: process.pid,
    tid: 1,
  });
  beginArray(file);
  appendFileSync(file, events.map((event) => `${JSON.stringify(event)},\n`).join(''));
  events.length = 0;
}

/** The first process of all that write to the file begins the array. */
function beginArray(path: string): void {
  try {
    writeFileSync(path, '[\n', { flag: 'ax' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
