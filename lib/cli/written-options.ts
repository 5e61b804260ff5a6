/** A command line taken apart without being understood: which words belong to which option. */
import type { Option, OptionTable } from './command.ts';

/** One option as it was written, or a group of short ones (`-dit`). */
export interface WrittenOption {
  /** Long names, in the order in which they stand in a group. */
  names: string[];
  /** `['--name=web']`, `['--name', 'web']`, `['-dit']` */
  words: string[];
  /** Of the last of the names; undefined when it is a switch that stands alone. */
  value: string | undefined;
}

/**
 * Splits the words behind a verb whose options end at its first argument, by the rules of flags.ts.
 * @param argv words that were accepted once; an option that the table does not know is taken for a switch
 */
export function writtenOptions(
  argv: readonly string[],
  table: OptionTable,
): { options: WrittenOption[]; args: string[] } {
  const options: WrittenOption[] = [];
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (word === '--') return { options, args: argv.slice(at + 1) };
    if (word.length < 2 || !word.startsWith('-')) break;
    const found = word.startsWith('--') ? readLong(word, table) : readGroup(word, table);
    at++;
    if (found.wantsWord && at < argv.length) {
      found.option.value = argv[at]!;
      found.option.words.push(argv[at++]!);
    }
    options.push(found.option);
  }
  return { options, args: argv.slice(at) };
}

interface Found {
  option: WrittenOption;
  /** The next word is its value. */
  wantsWord: boolean;
}

function readLong(word: string, table: OptionTable): Found {
  const equals = word.indexOf('=');
  const written = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const [name = written, option] = entryOf(table, (key, { aliases }) =>
    [key, ...(aliases ?? [])].includes(written),
  );
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  return {
    option: { names: [name], words: [word], value },
    wantsWord: value === undefined && takesWord(option),
  };
}

function readGroup(word: string, table: OptionTable): Found {
  const names: string[] = [];
  for (let letters = word.slice(1); ; ) {
    const letter = letters.slice(0, 1);
    const [name = letter, option] = entryOf(table, (_, { short }) => short === letter);
    names.push(name);
    letters = letters.slice(1);
    const done = (value: string | undefined, wantsWord = false): Found => {
      return { option: { names, words: [word], value }, wantsWord };
    };
    if (letters.length > 1 && letters.startsWith('=')) return done(letters.slice(1));
    if (takesWord(option)) return letters === '' ? done(undefined, true) : done(letters);
    if (letters === '') return done(undefined);
  }
}

function entryOf(
  table: OptionTable,
  fits: (name: string, option: Option) => boolean,
): [string, Option] | [undefined, undefined] {
  return Object.entries(table).find(([name, option]) => fits(name, option)) ?? [undefined, undefined];
}

function takesWord(option: Option | undefined): boolean {
  if (option === undefined || option.optionalValue !== undefined) return false;
  return option.type !== 'bool' && option.type !== 'tristate';
}
