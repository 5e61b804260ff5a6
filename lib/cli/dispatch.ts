/**
 * From argv to a command: global options, then the longest name that the table knows. Loads nothing but the one command
 * that is meant, and reads the table by key; only an error walks through it.
 */
import { ProaError } from '../core/error.ts';
import { nearest } from '../core/nearest.ts';
import type { Command, Invocation, Options, OptionTable } from './command.ts';
import { parseFlags } from './flags.ts';

export interface CommandEntry {
  summary: string;
  load: () => Promise<Command>;
  hidden?: boolean;
  /** The heading under which the overview lists it. */
  group?: string;
}

/** Every command by its full name: `run`, `container run`, `image ls`. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

interface Resolved<G extends OptionTable> {
  globals: Options<G>;
  /** Names of the global options that were written down. */
  given: ReadonlySet<string>;
}

/** What argv asks for: a command with its own argv, a group's help (`proa container`), or the program's own. */
export type Resolution<G extends OptionTable = OptionTable> = Resolved<G> &
  (
    | { kind: 'command'; name: string; entry: CommandEntry; argv: string[]; help: boolean }
    | { kind: 'group'; name: string }
    | { kind: 'overview'; help: boolean }
  );

/** No name has more words than this (`system connection add`). */
const LONGEST_NAME = 3;

/**
 * Finds what `argv` (without the program) means. `proa help NAME` is `proa NAME --help`.
 * Throws ProaError UNKNOWN_COMMAND (exit code 1, as Docker's) with the nearest name as hint, or what parseFlags throws for a global option.
 */
export function resolveCommand<const G extends OptionTable = OptionTable>(
  argv: readonly string[],
  table: CommandTable,
  { program = 'proa', options }: { program?: string; options?: G } = {},
): Resolution<G> {
  const globals = parseFlags(argv, options ?? ({} as G), { interspersed: false, command: program });
  const resolved = { globals: globals.options, given: globals.given };
  let words = globals.args;
  let help = globals.help;
  if (words[0] === 'help' && !Object.hasOwn(table, 'help')) {
    words = words.slice(1);
    help = true;
  }
  if (words.length === 0) return { ...resolved, kind: 'overview', help };
  for (let length = Math.min(LONGEST_NAME, words.length); length > 0; length--) {
    const name = words.slice(0, length).join(' ');
    if (!Object.hasOwn(table, name)) continue;
    return { ...resolved, kind: 'command', name, entry: table[name]!, argv: words.slice(length), help };
  }
  const group = groupOf(words, table);
  const verb = words[group === '' ? 0 : group.split(' ').length];
  if (group !== '' && (verb === undefined || verb.startsWith('-')))
    return { ...resolved, kind: 'group', name: group };
  throw unknownCommand(group, verb!, table, program);
}

/** The longest beginning of `words` under which the table has commands, '' for none. */
function groupOf(words: readonly string[], table: CommandTable): string {
  const names = Object.keys(table);
  for (let length = Math.min(LONGEST_NAME - 1, words.length); length > 0; length--) {
    const name = words.slice(0, length).join(' ');
    if (names.some((known) => known.startsWith(`${name} `))) return name;
  }
  return '';
}

function unknownCommand(group: string, verb: string, table: CommandTable, program: string): ProaError {
  const prefix = group === '' ? '' : `${group} `;
  const verbs = new Set<string>();
  for (const name in table) {
    if (table[name]!.hidden || !name.startsWith(prefix)) continue;
    verbs.add(name.slice(prefix.length).split(' ', 1)[0]!);
  }
  const meant = nearest(verb, verbs);
  const advice = meant === undefined ? '' : `Did you mean '${program} ${prefix}${meant}'? `;
  return new ProaError('UNKNOWN_COMMAND', `${program}: '${prefix}${verb}' is not a ${program} command.`, {
    hint: `${advice}See '${program} ${prefix}--help'`,
    exitCode: 1,
  });
}

export interface ReadInvocation extends Invocation {
  /** `--help` was asked for: show it instead of running. */
  help: boolean;
  /** Global options that were given after the verb. */
  globals: Record<string, unknown>;
}

/**
 * Reads a command's own argv by its option table and counts its arguments. Global options are also taken here, by
 * their long name, as Podman does. Throws what parseFlags throws, and BAD_ARGUMENTS (exit code 1) when the count is wrong.
 */
export function readInvocation(
  command: Command,
  name: string,
  argv: readonly string[],
  { program = 'proa', globals }: { program?: string; globals?: OptionTable } = {},
): ReadInvocation {
  const full = `${program} ${name}`;
  const rules = { interspersed: command.interspersed, command: full, inherited: globals };
  const { options, given, args, help, inherited } = parseFlags(argv, command.options, rules);
  if (!help) checkArguments(command, full, args.length, given);
  return { options, given, args, name, help, globals: inherited };
}

function checkArguments(command: Command, full: string, count: number, given: ReadonlySet<string>): void {
  const { min, max = Number.POSITIVE_INFINITY, unless = [] } = command.args ?? { min: 0 };
  if (count <= max && (count >= min || unless.some((name) => given.has(name)))) return;
  const plural = (number: number) => `${number} argument${number === 1 ? '' : 's'}`;
  let wants: string;
  if (max === 0) wants = 'accepts no arguments';
  else if (min === max) wants = `requires exactly ${plural(min)}`;
  else if (max === Number.POSITIVE_INFINITY) wants = `requires at least ${plural(min)}`;
  else if (min === 0) wants = `requires at most ${plural(max)}`;
  else wants = `requires at least ${min} and at most ${plural(max)}`;
  throw new ProaError('BAD_ARGUMENTS', `'${full}' ${wants}, got ${count}`, {
    hint: `Usage: ${full} ${command.usage}. See '${full} --help'`,
    exitCode: 1,
  });
}
