/** The one door to Go templates: text in, a function out. */

import { evaluate } from './evaluate.ts';
import { syntaxError } from './failure.ts';
import { BUILTINS, type FunctionTable } from './functions.ts';
import { parseTemplate } from './parser.ts';

/** Renders a value. `functions` are added to the built-in ones and win over them. */
export type CompiledTemplate = (value: unknown, functions?: FunctionTable) => string;

/**
 * Compiles a template of Go's text/template with Docker's functions (https://pkg.go.dev/text/template and
 * https://docs.docker.com/engine/cli/formatting/). Throws ProaError TEMPLATE_SYNTAX with line and column; the result
 * throws TEMPLATE_FIELD for a field that the value lacks, TEMPLATE_SYNTAX for a function that nobody defined, and
 * TEMPLATE_EXEC for everything else that goes wrong.
 */
export function compileTemplate(text: string): CompiledTemplate {
  const template = parseTemplate(text);
  return (value, functions = {}) => {
    for (const [name, offset] of template.functions) {
      const known =
        name === 'and' || name === 'or' || Object.hasOwn(BUILTINS, name) || Object.hasOwn(functions, name);
      if (!known) throw syntaxError(text, offset, `function ${JSON.stringify(name)} not defined`);
    }
    return evaluate(template, value, functions);
  };
}

export { asMap } from './value.ts';
