/** Bake files in HCL or its JSON form: variables, functions, targets and groups, worked out as they are needed. */
import { messageOf, ProaError } from '../../core/error.ts';
import type { Definition } from './definition.ts';
import type { Attribute, Block, Body, Expression } from './hcl/ast.ts';
import { evaluate, type Scope, withNames } from './hcl/evaluate.ts';
import { callFunction } from './hcl/functions.ts';
import { errorAt } from './hcl/reader.ts';
import { toList, toText, type Value } from './hcl/value.ts';
import { expandMatrix, type Variant } from './matrix.ts';
import { mergeTargets, type Target } from './target.ts';
import { isTargetKey, targetValue } from './target-values.ts';
import { readVariable, type Variable } from './variable.ts';

/** What is known of the machine and the caller. */
export interface BakeEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** `linux/amd64`. */
  readonly platform: string;
}

/** What a name of a block means: `target.app.tags`. */
const BLOCK_TYPES = ['target', 'group', 'variable', 'function'];

/**
 * Reads all HCL and JSON files as one.
 * @throws ProaError BAKE_SYNTAX with file and line
 */
export function readHclFiles(bodies: readonly Body[], environment: BakeEnvironment): Definition {
  const file = new HclFile(bodies, environment);
  return { targets: file.targets(), groups: file.groups(), variables: file.variables() };
}

class HclFile implements Scope {
  private readonly blocks: Map<string, Block[]>;
  private readonly attributes: Map<string, Attribute>;
  private readonly known = new Map<string, Value>();
  private readonly wanted = new Set<string>();

  constructor(
    bodies: readonly Body[],
    private readonly environment: BakeEnvironment,
  ) {
    this.blocks = Map.groupBy(
      bodies.flatMap(({ blocks }) => blocks),
      ({ type }) => type,
    );
    this.attributes = new Map(bodies.flatMap(({ attributes }) => [...attributes]));
    for (const block of [...this.blocks.values()].flat()) {
      const { source } = block.body;
      if (!BLOCK_TYPES.includes(block.type))
        throw errorAt(source, block.at, `unknown block ${block.type}: there are ${BLOCK_TYPES.join(', ')}`);
      if (block.labels.length !== 1)
        throw errorAt(source, block.at, `${block.type} needs one name: ${block.type} "name" { … }`);
    }
  }

  variable(name: string): Value | undefined {
    const found = this.known.get(name);
    if (found !== undefined) return found;
    if (this.wanted.has(name)) throw new ProaError('BAKE_VALUE', `${name} needs itself`);
    this.wanted.add(name);
    const value = this.work(name);
    this.wanted.delete(name);
    if (value !== undefined) this.known.set(name, value);
    return value;
  }

  private work(name: string): Value | undefined {
    const blocks = this.named('variable', name);
    if (blocks.length > 0) return readVariable(name, blocks, this, this.environment.variables).value;
    const attribute = this.attributes.get(name);
    if (attribute !== undefined) return evaluate(attribute.value, this);
    if (name === 'BAKE_LOCAL_PLATFORM') return this.environment.platform;
    if (name === 'BAKE_CMD_CONTEXT') return 'cwd://';
    return name === 'target' || name === 'group' ? this.blockValues(name) : undefined;
  }

  call(name: string, args: readonly (() => Value)[]): Value | undefined {
    const block = this.named('function', name).at(-1);
    if (block === undefined) return callFunction(name, args);
    const { attributes, source } = block.body;
    const names = parameterNames(attributes.get('params')?.value);
    const rest = parameterNames(attributes.get('variadic_params')?.value)[0];
    const result = attributes.get('result')?.value;
    if (result === undefined) throw errorAt(source, block.at, `function ${name} has no result`);
    if (args.length < names.length || (rest === undefined && args.length > names.length))
      throw new ProaError('BAKE_VALUE', `${name} takes ${names.length} arguments, not ${args.length}`);
    const values = args.map((arg) => arg());
    const given: Record<string, Value> = Object.fromEntries(names.map((each, i) => [each, values[i]!]));
    if (rest !== undefined) given[rest] = values.slice(names.length);
    return evaluate(result, withNames(this, given));
  }

  variables(): Variable[] {
    const names = new Set(this.blocks.get('variable')?.map(({ labels }) => labels[0]!));
    return [...names].map((name) =>
      readVariable(name, this.named('variable', name), this, this.environment.variables),
    );
  }

  targets(): Map<string, Target> {
    const targets = new Map<string, Target>();
    for (const block of this.blocks.get('target') ?? []) {
      for (const { name, scope } of this.variants(block)) {
        const target = this.target(block, scope);
        targets.set(name, mergeTargets(targets.get(name) ?? {}, target));
      }
    }
    return targets;
  }

  /** Groups as they stand there, and one for each target with a matrix. */
  groups(): Map<string, readonly string[]> {
    const groups = new Map<string, readonly string[]>();
    for (const block of this.blocks.get('group') ?? []) {
      const name = block.labels[0]!;
      const said = block.body.attributes.get('targets');
      const names = said === undefined ? [] : toTexts(evaluate(said.value, this), said, block.body);
      groups.set(name, [...new Set([...(groups.get(name) ?? []), ...names])]);
    }
    for (const block of this.blocks.get('target') ?? []) {
      if (block.body.attributes.has('matrix'))
        groups.set(
          block.labels[0]!,
          this.variants(block).map(({ name }) => name),
        );
    }
    return groups;
  }

  private variants(block: Block): Variant[] {
    const name = block.labels[0]!;
    const { attributes, source } = block.body;
    const matrix = attributes.get('matrix');
    const naming = attributes.get('name');
    if (matrix === undefined) {
      if (naming !== undefined)
        throw errorAt(source, naming.at, `target ${name}: a name is for a matrix alone`);
      return [{ name, scope: this }];
    }
    if (naming === undefined)
      throw errorAt(source, matrix.at, `target ${name}: a matrix needs a name for each variant`);
    return expandMatrix(matrix.value, naming.value, this);
  }

  private target({ body, labels }: Block, scope: Scope): Target {
    const target: Record<string, unknown> = {};
    for (const { name, at, value } of body.attributes.values()) {
      if (name === 'name' || name === 'matrix') continue;
      if (!isTargetKey(name))
        throw errorAt(body.source, at, `target ${labels[0]}: unknown attribute ${name}`);
      try {
        target[name] = targetValue(name, evaluate(value, scope));
      } catch (error) {
        if (error instanceof ProaError && error.code === 'BAKE_SYNTAX') throw error;
        throw errorAt(body.source, at, `target ${labels[0]}: ${name}: ${messageOf(error)}`, error);
      }
    }
    for (const { type, at } of body.blocks)
      throw errorAt(body.source, at, `target ${labels[0]}: unknown block ${type}`);
    return target as Target;
  }

  /** All blocks of a type by name, whose attributes are worked out when they are looked at. */
  private blockValues(type: 'target' | 'group'): Value {
    const values: Record<string, Value> = {};
    for (const block of this.blocks.get(type) ?? []) {
      const name = block.labels[0]!;
      const value = { ...(values[name] as object) };
      for (const attribute of block.body.attributes.values()) {
        Object.defineProperty(value, attribute.name, {
          enumerable: true,
          configurable: true,
          get: () => evaluate(attribute.value, this),
        });
      }
      values[name] = value;
    }
    return values;
  }

  private named(type: string, name: string): Block[] {
    return (this.blocks.get(type) ?? []).filter(({ labels }) => labels[0] === name);
  }
}

/** `[a, b]` of names, or of texts as JSON has them. */
function parameterNames(list: Expression | undefined): string[] {
  if (list === undefined) return [];
  const items = list.kind === 'tuple' ? list.items : [list];
  return items.map((item) => {
    if (item.kind === 'variable') return item.name;
    if (item.kind === 'literal') return String(item.value);
    throw errorAt(item.source, item.at, 'a parameter must be a name');
  });
}

function toTexts(value: Value, { at, name }: Attribute, { source }: Body): string[] {
  try {
    return toList(value).map(toText);
  } catch (error) {
    throw errorAt(source, at, `${name}: ${messageOf(error)}`, error);
  }
}
