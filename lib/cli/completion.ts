/** Answers the shells: what may stand where the cursor is. The scripts of completion-scripts.ts print nothing else. */
import type { Command, CompletionKind, Option, OptionTable } from './command.ts';
import { offersFor } from './completion-offers.ts';
import type { CommandTable } from './dispatch.ts';
import { entriesUnder } from './help.ts';

export { completionScript, SHELLS, type Shell } from './completion-scripts.ts';

/**
 * Where names come from: `lookups.image(typed)` gives the images' names; what does not begin with what was typed is left
 * out here. A kind without a lookup offers nothing.
 */
export type Lookups = Readonly<
  Partial<Record<CompletionKind, (typed: string) => readonly string[] | Promise<readonly string[]>>>
>;

/**
 * The candidates for the last of `words` (the line without the program; '' when the cursor stands after a space), one an
 * entry: `VALUE` or `VALUE\tDESCRIPTION`. The single entries `:file` and `:dir` ask the shell to offer its own paths.
 */
export async function complete(
  words: readonly string[],
  table: CommandTable,
  lookups: Lookups,
  globals: OptionTable = {},
): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const line = readWords(before, globals, false);
  const name = longestName(line.args, table);
  if (name === undefined) {
    if (line.awaiting) return await completeValue(line.awaiting, current, '', lookups);
    if (line.args[0] === 'help') return completeVerb(line.args.slice(1), current, table);
    if (current.startsWith('-') && line.args.length === 0)
      return await completeOption(current, globals, line, lookups);
    return completeVerb(line.args, current, table);
  }
  const command = await table[name]!.load();
  const start = before.length - line.args.length + name.split(' ').length;
  return await completeCall(command, before.slice(start), current, lookups);
}

async function completeCall(
  command: Command,
  before: readonly string[],
  current: string,
  lookups: Lookups,
): Promise<string[]> {
  const line = readWords(before, command.options, command.interspersed !== false);
  if (line.awaiting) return await completeValue(line.awaiting, current, '', lookups, command);
  if (current.startsWith('-') && !line.closed)
    return await completeOption(current, command.options, line, lookups, command);
  const max = command.args?.max ?? Number.POSITIVE_INFINITY;
  // Behind the first argument of run and exec stands the container's own command.
  if (line.args.length >= max || (command.interspersed === false && line.args.length > 0)) return [];
  const { completeArgs } = command;
  const offered =
    typeof completeArgs === 'object'
      ? completeArgs.filter((word) => word.startsWith(current))
      : await completeKind(completeArgs, current, lookups);
  return offered.filter((candidate) => !line.args.includes(candidate));
}

interface NamedOption {
  name: string;
  option: Option;
}

interface ReadLine {
  args: string[];
  given: Set<string>;
  /** The option whose value is to come next. */
  awaiting: NamedOption | undefined;
  /** No option can follow. */
  closed: boolean;
}

/** Reads the words before the cursor as flags.ts would, but forgives what is unknown or unfinished. */
function readWords(words: readonly string[], table: OptionTable, interspersed: boolean): ReadLine {
  const line: ReadLine = { args: [], given: new Set(), awaiting: undefined, closed: false };
  for (const [at, word] of words.entries()) {
    if (line.awaiting) {
      line.awaiting = undefined;
      continue;
    }
    if (word === '--') {
      line.args.push(...words.slice(at + 1));
      line.closed = true;
      break;
    }
    if (word.length > 1 && word.startsWith('-')) {
      line.awaiting = readOption(word, table, line.given);
      continue;
    }
    line.args.push(word);
    if (interspersed) continue;
    line.args.push(...words.slice(at + 1));
    line.closed = true;
    break;
  }
  return line;
}

/** Notes the options of a word; gives the last one when its value is not in the word. */
function readOption(word: string, table: OptionTable, given: Set<string>): NamedOption | undefined {
  if (word.startsWith('--')) {
    const [typed = '', ...value] = word.slice(2).split('=');
    const name = longOption(typed, table);
    if (name === undefined) return undefined;
    given.add(name);
    return value.length === 0 && needsValue(table[name]!) ? { name, option: table[name]! } : undefined;
  }
  for (let at = 1; at < word.length; at++) {
    const name = Object.keys(table).find((key) => table[key]!.short === word[at]);
    if (name === undefined) return undefined;
    given.add(name);
    if (needsValue(table[name]!)) return at === word.length - 1 ? { name, option: table[name]! } : undefined;
  }
  return undefined;
}

function longOption(typed: string, table: OptionTable): string | undefined {
  return Object.keys(table).find((key) => key === typed || table[key]!.aliases?.includes(typed));
}

function needsValue(option: Option): boolean {
  return option.type !== 'bool' && option.type !== 'tristate' && option.optionalValue === undefined;
}

function longestName(words: readonly string[], table: CommandTable): string | undefined {
  for (let length = Math.min(3, words.length); length > 0; length--) {
    const name = words.slice(0, length).join(' ');
    if (Object.hasOwn(table, name)) return name;
  }
  return undefined;
}

function completeVerb(group: readonly string[], current: string, table: CommandTable): string[] {
  const prefix = group.map((word) => `${word} `).join('');
  const entries = entriesUnder(table, prefix).filter(({ name }) => name.startsWith(current));
  // A management command has no summary of its own in the table.
  return entries.map(({ name, summary }) =>
    Object.hasOwn(table, prefix + name) ? `${name}\t${summary}` : name,
  );
}

async function completeOption(
  current: string,
  table: OptionTable,
  line: ReadLine,
  lookups: Lookups,
  command?: Command,
): Promise<string[]> {
  const equals = current.indexOf('=');
  if (equals > 0) {
    const name = longOption(current.slice(2, equals), table);
    const typed = current.slice(equals + 1);
    return name === undefined
      ? []
      : await completeValue(
          { name, option: table[name]! },
          typed,
          current.slice(0, equals + 1),
          lookups,
          command,
        );
  }
  const offered: string[] = [];
  for (const name of Object.keys(table).sort()) {
    const { hidden, type, short, summary } = table[name]!;
    if (hidden || (type !== 'list' && line.given.has(name))) continue;
    if (`--${name}`.startsWith(current)) offered.push(`--${name}\t${summary}`);
    if (short !== undefined && current === '-') offered.push(`-${short}\t${summary}`);
  }
  if (current.length > 1 && '--help'.startsWith(current)) offered.push('--help\tPrint usage');
  return offered;
}

/** Values of one option that begin with `typed`; `prefix` is what stands before it in the same word (`--pull=`). */
async function completeValue(
  { name, option }: NamedOption,
  typed: string,
  prefix: string,
  lookups: Lookups,
  command?: Command,
): Promise<string[]> {
  const flag = option.type === 'bool' || option.type === 'tristate';
  const known = option.complete === undefined ? offersFor(name, command?.names[0]) : undefined;
  const fixed = flag ? ['true', 'false'] : (option.choices ?? known);
  if (fixed === undefined) return await completeKind(option.complete, typed, lookups, prefix);
  return fixed.filter((choice) => choice.startsWith(typed)).map((choice) => prefix + choice);
}

async function completeKind(
  kind: CompletionKind | undefined,
  typed: string,
  lookups: Lookups,
  prefix = '',
): Promise<string[]> {
  if (kind === undefined || kind === 'none') return [];
  if (kind === 'file' || kind === 'dir') return [`:${kind}`];
  if (kind === 'mount') {
    // A path has to begin so: all else is a volume's name, and behind a colon comes the place in the container.
    if (/^[./~]/.test(typed)) return [':file'];
    return await completeKind('volume', typed, lookups, prefix);
  }
  const names = (await lookups[kind]?.(typed)) ?? [];
  return names.filter((name) => name.startsWith(typed)).map((name) => prefix + name);
}
