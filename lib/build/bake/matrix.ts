/** `matrix`: one target becomes many, one for each combination of values. */
import type { Expression } from './hcl/ast.ts';
import { evaluate, type Scope, withNames } from './hcl/evaluate.ts';
import { errorAt } from './hcl/reader.ts';
import { isList, isRecord, toText, type Value } from './hcl/value.ts';

export interface Variant {
  readonly name: string;
  /** In which the matrix's names have this variant's values. */
  readonly scope: Scope;
}

/** @throws ProaError BAKE_SYNTAX: no object of lists, a name twice */
export function expandMatrix(matrix: Expression, naming: Expression, scope: Scope): Variant[] {
  const axes = evaluate(matrix, scope);
  if (!isRecord(axes)) throw errorAt(matrix.source, matrix.at, 'matrix must be an object of lists');
  let rows: Record<string, Value>[] = [{}];
  for (const [name, values] of Object.entries(axes)) {
    if (!isList(values)) throw errorAt(matrix.source, matrix.at, `matrix: ${name} must be a list`);
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })));
  }
  const variants = rows.map((row) => {
    const inner = withNames(scope, row);
    return { name: toText(evaluate(naming, inner)), scope: inner };
  });
  const twice = variants.find(({ name }, i) => variants.findIndex((each) => each.name === name) !== i);
  if (twice !== undefined)
    throw errorAt(
      naming.source,
      naming.at,
      `matrix: two variants have the name ${twice.name}: use all of its values in it`,
    );
  return variants;
}
