/** What a person reads of a build that failed: the step's last output, and the Dockerfile around its lines. */
import type { Dockerfile, Lines } from '../../build/dockerfile/ast.ts';
import { ProaError } from '../../core/error.ts';
import { printableLine } from '../../core/printable.ts';
import { lineTime, type ShownStep } from './progress/shown-step.ts';

/** Lines of the Dockerfile shown before and behind the failing ones. */
const AROUND = 2;

/** @param lines how many of the last lines of output are shown */
export function failureText(failed: ShownStep, dockerfile: Dockerfile | undefined, lines: number): string {
  const { step, tail } = failed;
  const shown = tail.slice(-lines).map(({ at, text }) => `${lineTime(at)} ${text}\n`);
  const output =
    shown.length === 0 ? '' : `------\n > ${printableLine(step.name)}:\n${shown.join('')}------\n`;
  const source = dockerfile && step.lines ? sourceText(dockerfile, step.lines) : '';
  return `${output}${source}`;
}

/** The lines in their place, marked by `>>>`. */
export function sourceText({ name, source }: Dockerfile, { first, last }: Lines): string {
  const from = Math.max(1, first - AROUND);
  const to = Math.min(source.length, last + AROUND);
  const shown: string[] = [];
  for (let number = from; number <= to; number++) {
    const mark = number >= first && number <= last ? '>>>' : '   ';
    const text = printableLine((source[number - 1] ?? '').replaceAll('\t', '    '));
    shown.push(`${String(number).padStart(4)} | ${mark} ${text}`);
  }
  const rule = '-'.repeat(20);
  return `${name}:${first}\n${rule}\n${shown.join('\n')}\n${rule}\n`;
}

/**
 * The error with the exit code that docker's and podman's builds end with: that of the command that failed in a RUN, and 1
 * for all else.
 */
export function buildError(error: unknown): unknown {
  if (!(error instanceof ProaError)) return error;
  const { code, message, hint, exitCode } = error;
  return new ProaError(code, message, { hint, cause: error, exitCode: exitCode === 125 ? 1 : exitCode });
}
