/** What the parser makes of a template and the evaluator walks. */

/** Where a node stands: its offset, and its own text for errors. */
interface Placed {
  start: number;
  source: string;
}

/** One operand. `field` starts at dot, `variable` at a variable, `chain` at a parenthesised pipeline. */
export type Operand = Placed &
  (
    | { kind: 'dot' }
    | { kind: 'nil' }
    | { kind: 'literal'; value: unknown }
    | { kind: 'field'; names: string[] }
    | { kind: 'variable'; name: string; names: string[] }
    | { kind: 'chain'; of: Operand; names: string[] }
    | { kind: 'function'; name: string }
    | { kind: 'pipe'; pipe: Pipe }
  );

/** A function or method and its arguments, or a lone operand. */
export interface Call extends Placed {
  operands: Operand[];
}

/** Calls joined by `|`, whose result may go into variables. */
export interface Pipe extends Placed {
  variables: string[];
  /** `=` to variables that exist, instead of `:=`. */
  assigns: boolean;
  calls: Call[];
}

export interface Branch extends Placed {
  pipe: Pipe;
  then: Node[];
  otherwise: Node[];
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'action'; pipe: Pipe }
  | (Branch & { kind: 'if' | 'range' | 'with' })
  | (Placed & { kind: 'template'; name: string; pipe: Pipe | undefined })
  | { kind: 'break' | 'continue' };

export interface ParsedTemplate {
  source: string;
  root: Node[];
  /** Bodies of `define` and `block`. */
  definitions: Map<string, Node[]>;
  /** Every function that the text names, with one place of each, so that an unknown one fails before any output. */
  functions: Map<string, number>;
}
