/** An error as a person reads it: what: which: why, then what to type next. */
import { messageOf, ProaError } from '../core/error.ts';
import { printable } from '../core/printable.ts';

/** Deep enough for every real chain, and an end for one that bites its own tail. */
const LONGEST_CHAIN = 20;

/**
 * The text for stderr, ended by a newline. With `debug` the chain of causes and the stacks follow. What is no ProaError
 * (nor a failed system call) is a fault of Proa's own, and says so.
 */
export function renderError(error: unknown, { debug = false, program = 'proa' } = {}): string {
  const lines: string[] = [];
  if (error instanceof ProaError) {
    lines.push(`Error: ${error.message}`);
    for (const hint of error.hint?.split('\n') ?? []) lines.push(hint);
  } else {
    // An errno error that nobody gave a context still says what failed; anything else is a bug.
    const isSystem = /^E(?!RR_)[A-Z0-9]+$/.test(String((error as { code?: unknown } | null)?.code));
    lines.push(`Error: ${isSystem ? '' : 'internal error: '}${messageOf(error)}`);
    const next = `Run the command again with '${program} --log-level=debug'`;
    if (!debug) lines.push(isSystem ? `${next} to see where` : `${next} and report what it prints`);
  }
  if (debug) lines.push(...causeLines(error));
  // It may quote names and words from an image, a container or a registry.
  return `${printable(lines.join('\n'))}\n`;
}

function causeLines(error: unknown): string[] {
  const lines: string[] = [];
  let current = error;
  for (let depth = 0; current !== undefined && current !== null && depth < LONGEST_CHAIN; depth++) {
    const code = (current as { code?: unknown }).code;
    const label = depth === 0 ? 'stack' : 'caused by';
    lines.push(`${label}: ${typeof code === 'string' ? `[${code}] ` : ''}${messageOf(current)}`);
    if (!(current instanceof Error)) break;
    const frames = current.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
    lines.push(...frames);
    if (current instanceof AggregateError) {
      for (const inner of current.errors) lines.push(`  one of: ${messageOf(inner)}`);
    }
    current = current.cause;
  }
  return lines;
}
