/**
 * A command is data and one function. This file is types plus `defineCommand`, so importing it costs nothing.
 */

/**
 * How an option's text becomes a value. `duration` is in seconds and takes Go's syntax (`1m30s`) or a plain integer;
 * `bytes` takes Docker's sizes (`512m`, `1.5GiB`); `tristate` is a bool that also knows "not said".
 * `list` gathers every occurrence and does not split at commas.
 */
export type OptionType = 'bool' | 'string' | 'list' | 'int' | 'duration' | 'bytes' | 'tristate';

/**
 * What shell completion may offer for a value: names of things of one kind, or paths. `object` is whatever can be
 * inspected, `mount` a volume or a path on the host.
 */
export type CompletionKind =
  | 'container'
  | 'running'
  | 'stopped'
  | 'paused'
  | 'object'
  | 'mount'
  | 'image'
  | 'network'
  | 'volume'
  | 'secret'
  | 'file'
  | 'dir'
  | 'none';

export interface Option {
  short?: string;
  type: OptionType;
  summary: string;
  /** The value when the option is not given; shown in the help. A list's default is replaced, not extended. */
  default?: unknown;
  /** The word that stands for the value in the help (`--name string`); without it, the type's own word. */
  metavar?: string;
  /** Other long names that mean the same option; the help does not list them. */
  aliases?: readonly string[];
  hidden?: boolean;
  /**
   * The only values that a `string` or `list` option takes, also offered by completion. A choice that ends in `:` or
   * `=` admits anything behind it (`on-failure:` takes `on-failure:3`).
   */
  choices?: readonly string[];
  complete?: CompletionKind;
  /** The value taken for `--name` without `=VALUE` (pflag's NoOptDefVal); the next word is then never the value. */
  optionalValue?: string;
}

/** Options by long name (`detach-keys`). */
export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<Type extends OptionType, Default> = Type extends 'bool'
  ? boolean
  : Type extends 'tristate'
    ? boolean | undefined
    : Type extends 'list'
      ? string[]
      : Type extends 'string'
        ? Default extends string
          ? string
          : string | undefined
        : Default extends number
          ? number
          : number | undefined;

/** The values of a table's options; every key is there, with its default when it was not given. */
export type Options<T extends OptionTable> = {
  -readonly [Name in keyof T]: ValueOf<T[Name]['type'], T[Name]['default']>;
};

/** One call of a command: what its `run` gets. */
export interface Invocation<T extends OptionTable = OptionTable> {
  options: Options<T>;
  /** Long names of the options that were written down, by whatever alias. */
  given: ReadonlySet<string>;
  args: string[];
  /** The name as typed: `run` or `container run`. */
  name: string;
}

export interface Command<T extends OptionTable = OptionTable> {
  /** Full names; the first is the one that texts use. */
  names: readonly string[];
  summary: string;
  /** What follows the name in the usage line: `[OPTIONS] IMAGE [COMMAND] [ARG...]`. */
  usage: string;
  description?: string;
  /** Command lines without the program's name. */
  examples?: readonly string[];
  options: T;
  /** False when options end at the first argument (run, exec, create). */
  interspersed?: boolean;
  /** `unless`: long names of options that choose what to work on, so that no arguments are needed (`--all`). */
  args?: { min: number; max?: number; unless?: readonly string[] };
  /** What may stand as an argument: things of one kind, or one of these words. */
  completeArgs?: CompletionKind | readonly string[];
  /** Resolves to the exit code; nothing means 0. */
  // biome-ignore lint/suspicious/noConfusingVoidType: an async function without `return` must fit.
  run(call: Invocation<T>): Promise<number | void>;
}

/** Gives a command's literal its types: the call that `run` gets knows each option by name and type. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command<T> {
  return command;
}
