/**
 * Command lines as Docker and Podman read them, that is by the rules of Go's pflag. Scripts depend on the fine print:
 * `-ePATH=x`, `-itp80:80`, `--rm=false`, a boolean that never eats the next word, a value that starts with '-'.
 * Ours because yargs-parser reads `-ePATH=x` and `--rm true` otherwise and, measured, adds 2.1 ms to every start.
 * On every start's path: imports only what is as small as itself.
 */
import { ProaError } from '../core/error.ts';
import { nearest } from '../core/nearest.ts';
import type { Option, Options, OptionTable } from './command.ts';
import { parseBool, parseBytes, parseDuration, parseInteger } from './values.ts';

export interface ParseRules {
  /** False: options end at the first argument, and the rest belongs to the container. */
  interspersed?: boolean;
  /** Named in hints (`proa run`). */
  command?: string;
  /** Options of the program that are also taken after the verb, by their long name only. */
  inherited?: OptionTable;
}

export interface ParsedFlags<T extends OptionTable> {
  options: Options<T>;
  given: Set<string>;
  args: string[];
  /** `--help` (or `-h`, where the table has no `-h`) was met; what follows it was not read. */
  help: boolean;
  /** Values of the inherited options that were given. */
  inherited: Record<string, unknown>;
}

/** What is known of one option while its value is looked for. */
interface Match {
  name: string;
  option: Option;
  /** Where its value goes. */
  values: Record<string, unknown>;
}

/**
 * Splits `argv` (without program and verb) into options and arguments.
 * Throws ProaError UNKNOWN_OPTION, MISSING_OPTION_VALUE or INVALID_OPTION_VALUE, exit code 125.
 */
export function parseFlags<const T extends OptionTable>(
  argv: readonly string[],
  table: T,
  rules: ParseRules = {},
): ParsedFlags<T> {
  const options = defaultsOf(table);
  const inherited: Record<string, unknown> = {};
  const given = new Set<string>();
  let args: string[] = [];
  let help = false;
  let at = 0;

  const matchLong = (name: string): Match | undefined => {
    const own = findLong(table, name);
    if (own !== undefined) return { name: own, option: table[own]!, values: options };
    const shared = rules.inherited && findLong(rules.inherited, name);
    return shared === undefined
      ? undefined
      : { name: shared, option: rules.inherited![shared]!, values: inherited };
  };

  const set = ({ name, option, values }: Match, text: string): void => {
    const value = convert(name, option, text, rules);
    if (option.type !== 'list') values[name] = value;
    else if (given.has(name)) (values[name] as unknown[]).push(value);
    else values[name] = [value];
    given.add(name);
  };

  /** Reads `--name`, `--name=value` or `--name value`; true when it was `--help`. */
  const readLong = (word: string): boolean => {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    if (name === '' || name.startsWith('-'))
      throw usageError('UNKNOWN_OPTION', `bad flag syntax: ${word}`, rules);
    const match = matchLong(name);
    if (match === undefined) {
      if (name === 'help') return true;
      throw unknownOption(`unknown flag: --${name}`, name, table, rules);
    }
    const implied = impliedValue(match.option);
    if (equals >= 0) set(match, word.slice(equals + 1));
    else if (implied !== undefined) set(match, implied);
    else if (at < argv.length) set(match, argv[at++]!);
    else throw usageError('MISSING_OPTION_VALUE', `flag needs an argument: ${word}`, rules);
    return false;
  };

  /** Reads `-n value`, `-nvalue`, `-n=value` and groups such as `-itp80:80`; true when it was `-h` for help. */
  const readShort = (word: string): boolean => {
    for (let letters = word.slice(1); letters !== ''; ) {
      const letter = String.fromCodePoint(letters.codePointAt(0)!);
      const name = findShort(table, letter);
      if (name === undefined) {
        if (letter === 'h') return true;
        throw unknownOption(
          `unknown shorthand flag: '${letter}' in -${letters}`,
          word.slice(1),
          table,
          rules,
        );
      }
      const match = { name, option: table[name]!, values: options };
      const rest = letters.slice(letter.length);
      const implied = impliedValue(match.option);
      letters = '';
      if (rest.length > 1 && rest.startsWith('=')) set(match, rest.slice(1));
      else if (implied !== undefined) {
        set(match, implied);
        letters = rest;
      } else if (rest !== '') set(match, rest);
      else if (at < argv.length) set(match, argv[at++]!);
      else throw usageError('MISSING_OPTION_VALUE', `flag needs an argument: '${letter}' in ${word}`, rules);
    }
    return false;
  };

  while (at < argv.length) {
    const word = argv[at++]!;
    if (word === '--') {
      args = args.concat(argv.slice(at));
      break;
    }
    if (word.length < 2 || !word.startsWith('-')) {
      args.push(word);
      if (rules.interspersed !== false) continue;
      args = args.concat(argv.slice(at));
      break;
    }
    help = word.startsWith('--') ? readLong(word) : readShort(word);
    if (help) break;
  }
  return { options: options as Options<T>, given, args, help, inherited };
}

/** Every option of the table with the value that it has when nobody gives it. */
export function defaultsOf(table: OptionTable): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in table) {
    const option = table[name]!;
    if (option.type === 'list')
      values[name] = option.default === undefined ? [] : [...(option.default as string[])];
    else values[name] = option.default ?? (option.type === 'bool' ? false : undefined);
  }
  return values;
}

function findLong(table: OptionTable, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return name;
  for (const key in table) if (table[key]!.aliases?.includes(name)) return key;
  return undefined;
}

function findShort(table: OptionTable, letter: string): string | undefined {
  for (const key in table) if (table[key]!.short === letter) return key;
  return undefined;
}

/** The value of an option that stands alone, or undefined when it needs one. */
function impliedValue(option: Option): string | undefined {
  if (option.optionalValue !== undefined) return option.optionalValue;
  return option.type === 'bool' || option.type === 'tristate' ? 'true' : undefined;
}

function convert(name: string, option: Option, text: string, rules: ParseRules): unknown {
  try {
    switch (option.type) {
      case 'bool':
      case 'tristate':
        return parseBool(text);
      case 'int':
        return parseInteger(text);
      case 'bytes':
        return parseBytes(text);
      case 'duration':
        return parseDuration(text);
      default:
        if (option.choices && !allows(option.choices, text)) {
          throw new ProaError('INVALID_VALUE', `must be one of ${option.choices.join(', ')}`);
        }
        return text;
    }
  } catch (error) {
    const flag = option.short === undefined ? `--${name}` : `-${option.short}, --${name}`;
    const why = error instanceof Error ? error.message : String(error);
    const message = `invalid argument ${JSON.stringify(text)} for "${flag}" flag: ${why}`;
    throw usageError('INVALID_OPTION_VALUE', message, rules, undefined, error);
  }
}

function allows(choices: readonly string[], text: string): boolean {
  return choices.some((choice) => choice === text || (/[:=]$/.test(choice) && text.startsWith(choice)));
}

function unknownOption(message: string, typed: string, table: OptionTable, rules: ParseRules): ProaError {
  const names = Object.keys(table).filter((name) => !table[name]!.hidden);
  const meant = nearest(typed, names.concat(Object.keys(rules.inherited ?? {})));
  return usageError('UNKNOWN_OPTION', message, rules, meant && `Did you mean --${meant}?`);
}

function usageError(
  code: string,
  message: string,
  rules: ParseRules,
  advice?: string,
  cause?: unknown,
): ProaError {
  const help = rules.command === undefined ? undefined : `See '${rules.command} --help'`;
  const hint = [advice, help].filter(Boolean).join(' ');
  return new ProaError(code, message, { hint: hint || undefined, cause });
}
