/** Walks a parsed template over a value, by the rules of Go's text/template ("Pipelines", "Variables", "Actions"). */
import { PipelineEvaluation, type Place } from './evaluate-pipeline.ts';
import { BUILTINS, type FunctionTable } from './functions.ts';
import type { Branch, Node, ParsedTemplate } from './node.ts';
import { formatValue } from './printf.ts';
import { isTrue, kindOf, mapEntries } from './value.ts';

/** Deep enough for any real template; a template that calls itself for ever ends here instead of in the stack. */
const DEEPEST_CALL = 1000;

type Jump = 'break' | 'continue' | undefined;

/** Runs the template over `value`. Throws ProaError TEMPLATE_FIELD, TEMPLATE_EXEC or, for an unknown function, TEMPLATE_SYNTAX. */
export function evaluate(template: ParsedTemplate, value: unknown, functions: FunctionTable = {}): string {
  return new Evaluation(template, { ...BUILTINS, ...functions }).run(value);
}

class Evaluation extends PipelineEvaluation {
  private output = '';
  private depth = 0;

  run(value: unknown): string {
    this.body(this.template.root, value);
    return this.output;
  }

  private body(nodes: readonly Node[], dot: unknown): void {
    const outer = this.variables;
    this.variables = [{ name: '$', value: dot }];
    this.nodes(nodes, dot);
    this.variables = outer;
  }

  private nodes(nodes: readonly Node[], dot: unknown): Jump {
    for (const node of nodes) {
      const jump = this.node(node, dot);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  private node(node: Node, dot: unknown): Jump {
    switch (node.kind) {
      case 'text':
        this.output += node.text;
        return undefined;
      case 'action': {
        const value = this.pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.print(node.pipe, value);
        return undefined;
      }
      case 'if':
      case 'with':
        return this.scoped(() => {
          const value = this.pipe(node.pipe, dot);
          if (isTrue(value)) return this.nodes(node.then, node.kind === 'with' ? value : dot);
          return this.nodes(node.otherwise, dot);
        });
      case 'range':
        return this.scoped(() => this.range(node, dot));
      case 'template': {
        const nodes = this.template.definitions.get(node.name);
        if (nodes === undefined) throw this.fail(node, `template ${JSON.stringify(node.name)} not defined`);
        if (++this.depth > DEEPEST_CALL)
          throw this.fail(node, `exceeded maximum template depth (${DEEPEST_CALL})`);
        this.body(nodes, node.pipe === undefined ? undefined : this.pipe(node.pipe, dot));
        this.depth--;
        return undefined;
      }
      default:
        return node.kind;
    }
  }

  /** Variables that `walk` declares are gone after it. */
  private scoped<T>(walk: () => T): T {
    const mark = this.variables.length;
    const result = walk();
    this.variables.length = mark;
    return result;
  }

  private print(place: Place, value: unknown): void {
    if (typeof value === 'function') throw this.fail(place, `can't print ${place.source} of type func`);
    // Undefined is nothing at all, as under a key that a map lacks; null is a pointer to nothing.
    this.output += value === undefined ? '<no value>' : formatValue(value);
  }

  private range(node: Branch, dot: unknown): Jump {
    // A range's variables get key and element, not the pipeline's value.
    const value = this.calls(node.pipe, dot);
    const pairs = this.pairsOf(node.pipe, value);
    if (pairs.length === 0) return this.nodes(node.otherwise, dot);
    const { variables, assigns } = node.pipe;
    for (const [key, element] of pairs) {
      const jump = this.scoped(() => {
        const values = variables.length === 2 ? [key, element] : [element];
        for (const [at, name] of variables.entries()) this.assign(name, values[at], assigns);
        return this.nodes(node.then, element);
      });
      if (jump === 'break') break;
    }
    return undefined;
  }

  private pairsOf(place: Place, value: unknown): [key: unknown, element: unknown][] {
    switch (kindOf(value)) {
      case 'nil':
        return [];
      case 'list':
        return [...(value as unknown[]).entries()];
      case 'map':
        return mapEntries(value);
      case 'number':
        if (Number.isInteger(Number(value)))
          return Array.from({ length: Math.max(0, Number(value)) }, (_, at) => [at, at]);
        break;
      default:
        break;
    }
    throw this.fail(place, `range can't iterate over ${formatValue(value)}`);
  }
}
