/** Errors of templates, with the place in the text, in the words of Go's text/template. */
import { ProaError } from '../../core/error.ts';

/** How Docker's messages begin, which have the template's name, '', in front of the place. */
const PREFIX = 'template parsing error: template: :';

/** A template that cannot be parsed: code TEMPLATE_SYNTAX, and the exit code that Docker has for it. */
export function syntaxError(source: string, offset: number, why: string): ProaError {
  return new ProaError('TEMPLATE_SYNTAX', `${PREFIX}${lineOf(source, offset)}: ${why}`, { exitCode: 64 });
}

/** What went wrong at `place` while a template ran. The column is from 0, and in bytes, as Go counts it. */
export function runError(
  source: string,
  place: { start: number; source: string },
  why: string,
  { code = 'TEMPLATE_EXEC', hint, cause }: { code?: string; hint?: string; cause?: unknown } = {},
): ProaError {
  const lineStart = source.lastIndexOf('\n', place.start - 1) + 1;
  const column = Buffer.byteLength(source.slice(lineStart, place.start));
  const where = `${PREFIX}${lineOf(source, place.start)}:${column}: executing "" at <${place.source}>`;
  return new ProaError(code, `${where}: ${why}`, { hint, cause, exitCode: 1 });
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}

/**
 * Thrown by values and functions while a template runs, without knowing where: evaluate.ts adds the place. `code` is
 * TEMPLATE_FIELD for a field that a value does not have, otherwise TEMPLATE_EXEC.
 */
export class TemplateFailure extends Error {
  readonly code: 'TEMPLATE_FIELD' | 'TEMPLATE_EXEC';
  readonly hint: string | undefined;

  constructor(message: string, code: 'TEMPLATE_FIELD' | 'TEMPLATE_EXEC' = 'TEMPLATE_EXEC', hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
