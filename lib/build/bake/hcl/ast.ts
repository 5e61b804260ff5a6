/** HCL's native syntax as read (https://github.com/hashicorp/hcl, hclsyntax/spec.md). Positions count from 0. */

/** A file's text, by which positions become line numbers. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

export interface Body {
  readonly source: Source;
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

export interface Attribute {
  readonly name: string;
  readonly at: number;
  readonly value: Expression;
}

/** `type "label" … { body }`. */
export interface Block {
  readonly type: string;
  readonly labels: readonly string[];
  readonly at: number;
  readonly body: Body;
}

interface Base {
  readonly source: Source;
  readonly at: number;
}

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

export type Expression = Base &
  (
    | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
    | { readonly kind: 'template'; readonly parts: readonly Expression[] }
    | { readonly kind: 'variable'; readonly name: string }
    | { readonly kind: 'attribute'; readonly of: Expression; readonly name: string }
    | { readonly kind: 'index'; readonly of: Expression; readonly key: Expression }
    /** `of.*.rest` or `of[*].rest`; `each` is applied with the item as {@link SPLAT_ITEM}. */
    | { readonly kind: 'splat'; readonly of: Expression; readonly each: Expression }
    | {
        readonly kind: 'call';
        readonly name: string;
        readonly args: readonly Expression[];
        readonly spread: boolean;
      }
    | { readonly kind: 'unary'; readonly operator: '-' | '!'; readonly of: Expression }
    | {
        readonly kind: 'binary';
        readonly operator: BinaryOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: 'condition';
        readonly test: Expression;
        readonly yes: Expression;
        readonly no: Expression;
      }
    | { readonly kind: 'tuple'; readonly items: readonly Expression[] }
    | { readonly kind: 'object'; readonly items: readonly (readonly [key: Expression, value: Expression])[] }
    | {
        readonly kind: 'for';
        readonly keyName?: string;
        readonly valueName: string;
        readonly over: Expression;
        /** Of an object. */
        readonly key?: Expression;
        readonly value: Expression;
        /** `...`: values of one key are gathered. */
        readonly grouped: boolean;
        readonly condition?: Expression;
        /** A `%{ for }` of a template: the texts are put together. */
        readonly joined: boolean;
      }
  );

/** The name by which a splat's `each` means the item; no identifier can have it. */
export const SPLAT_ITEM = '*';
