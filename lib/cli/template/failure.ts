/** Errors of templates, with the place in the text, in the words of Go's text/template. */
import { ProaError } from '../../core/error.ts';

/** `LINE:COLUMN`, both from 1, of an offset into the template. */
export function position(source: string, offset: number): string {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - lineStart + 1}`;
}

/** A template that cannot be parsed: code TEMPLATE_SYNTAX. */
export function syntaxError(source: string, offset: number, why: string): ProaError {
  return new ProaError('TEMPLATE_SYNTAX', `template: ${position(source, offset)}: ${why}`, {
    hint: `The template is ${JSON.stringify(source)}`,
  });
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
