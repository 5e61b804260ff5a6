/** The values of pipelines: fields, methods, functions and variables. evaluate.ts walks what stands around them. */
import { ProaError } from '../../core/error.ts';
import { runError, TemplateFailure } from './failure.ts';
import { BUILTINS, FIXED_ARGUMENTS, type FunctionTable } from './functions.ts';
import type { Call, Operand, ParsedTemplate, Pipe } from './node.ts';
import { fieldOf, isTrue, kindOf } from './value.ts';

/** Stands for "no value comes down the pipe". */
const NOTHING = Symbol('nothing');

/** A node's place in the template, for errors. */
export interface Place {
  start: number;
  source: string;
}

export class PipelineEvaluation {
  protected variables: { name: string; value: unknown }[] = [];

  constructor(
    protected readonly template: ParsedTemplate,
    protected readonly functions: FunctionTable,
  ) {}

  protected fail(place: Place, error: unknown, prefix = ''): ProaError {
    if (error instanceof ProaError) return error;
    const why = error instanceof Error ? error.message : String(error);
    const known = error instanceof TemplateFailure ? error : undefined;
    return runError(this.template.source, place, `${prefix}${why}`, {
      code: known?.code,
      hint: known?.hint,
      cause: known === undefined ? error : undefined,
    });
  }

  protected assign(name: string, value: unknown, existing: boolean): void {
    if (existing) this.variable(name)!.value = value;
    else this.variables.push({ name, value });
  }

  private variable(name: string): { name: string; value: unknown } | undefined {
    return this.variables.findLast((variable) => variable.name === name);
  }

  protected pipe(pipe: Pipe, dot: unknown): unknown {
    const value = this.calls(pipe, dot);
    for (const name of pipe.variables) this.assign(name, value, pipe.assigns);
    return value;
  }

  protected calls(pipe: Pipe, dot: unknown): unknown {
    let value: unknown = NOTHING;
    for (const call of pipe.calls) value = this.call(call, dot, value);
    return value;
  }

  /** A command; `piped` is its last argument, unless it is NOTHING. */
  private call(call: Call, dot: unknown, piped: unknown): unknown {
    const [first, ...rest] = call.operands as [Operand, ...Operand[]];
    if (first.kind === 'function') return this.callFunction(call, first.name, rest, dot, piped);
    const takesArguments =
      first.kind === 'field' ||
      first.kind === 'chain' ||
      (first.kind === 'variable' && first.names.length > 0);
    if (takesArguments) return this.operand(first, dot, { operands: rest, piped });
    if (rest.length > 0 || piped !== NOTHING) {
      throw this.fail(first, `can't give argument to non-function ${first.source}`);
    }
    if (first.kind === 'nil') throw this.fail(first, 'nil is not a command');
    return this.operand(first, dot);
  }

  private arguments(operands: readonly Operand[], dot: unknown, piped: unknown): unknown[] {
    const values = operands.map((operand) => this.operand(operand, dot));
    return piped === NOTHING ? values : [...values, piped];
  }

  /** The operand's value; `given` are the arguments for a method at the end of its fields. */
  private operand(operand: Operand, dot: unknown, given?: { operands: Operand[]; piped: unknown }): unknown {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'literal':
        return operand.value;
      case 'field':
        return this.fields(operand, dot, operand.names, dot, given);
      case 'variable': {
        const variable = this.variable(operand.name);
        if (variable === undefined) throw this.fail(operand, `undefined variable: ${operand.name}`);
        return this.fields(operand, variable.value, operand.names, dot, given);
      }
      case 'chain':
        return this.fields(operand, this.operand(operand.of, dot), operand.names, dot, given);
      case 'pipe':
        return this.pipe(operand.pipe, dot);
      case 'function':
        return this.callFunction(operand, operand.name, [], dot, NOTHING);
    }
  }

  private fields(
    place: Place,
    start: unknown,
    names: readonly string[],
    dot: unknown,
    given?: { operands: Operand[]; piped: unknown },
  ): unknown {
    let value = start;
    for (const [at, name] of names.entries()) {
      const last = at === names.length - 1;
      const args = last && given !== undefined ? this.arguments(given.operands, dot, given.piped) : [];
      try {
        const owner = value;
        value = fieldOf(owner, name);
        // A struct's function is a method and is called; a map's is a value, for `call`.
        const isMethod = typeof value === 'function' && kindOf(owner) === 'struct';
        if (isMethod) value = (value as (...args: unknown[]) => unknown).apply(owner, args);
        else if (args.length > 0)
          throw new TemplateFailure(`${name} has arguments but cannot be invoked as function`);
      } catch (error) {
        throw this.fail(place, error);
      }
    }
    return value;
  }

  private callFunction(
    place: Place,
    name: string,
    operands: readonly Operand[],
    dot: unknown,
    piped: unknown,
  ): unknown {
    if ((name === 'and' || name === 'or') && !Object.hasOwn(this.functions, name)) {
      return this.shortCircuit(place, name, operands, dot, piped);
    }
    const called = Object.hasOwn(this.functions, name) ? this.functions[name]! : undefined;
    if (called === undefined) throw this.fail(place, `function ${JSON.stringify(name)} not defined`);
    const args = this.arguments(operands, dot, piped);
    const fixed = called === BUILTINS[name] ? FIXED_ARGUMENTS[name] : undefined;
    if (fixed !== undefined ? args.length !== fixed : args.length < called.length) {
      const wants = fixed ?? `at least ${called.length}`;
      const culprit = { start: place.start, source: name };
      throw this.fail(culprit, `wrong number of args for ${name}: want ${wants} got ${args.length}`);
    }
    try {
      return called(...args);
    } catch (error) {
      throw this.fail(place, error, `error calling ${name}: `);
    }
  }

  /** `and` gives the first false value, `or` the first true one, else the last; what comes after is not evaluated. */
  private shortCircuit(
    place: Place,
    name: 'and' | 'or',
    operands: readonly Operand[],
    dot: unknown,
    piped: unknown,
  ): unknown {
    let value: unknown = NOTHING;
    for (const operand of operands) {
      value = this.operand(operand, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    if (piped !== NOTHING) return piped;
    if (value === NOTHING)
      throw this.fail(
        { start: place.start, source: name },
        `wrong number of args for ${name}: want at least 1 got 0`,
      );
    return value;
  }
}
