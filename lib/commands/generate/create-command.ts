/** The command line by which a container was made, taken apart. */
import { resolveCommand } from '../../cli/dispatch.ts';
import { type WrittenOption, writtenOptions } from '../../cli/written-options.ts';
import { globalOptions, globalOptionsAfterVerb } from '../globals.ts';
import { commands } from '../index.ts';

export interface CreateCommand {
  /** `run`, `container create`, …; another verb when something else made the container. */
  verb: string;
  options: WrittenOption[];
  args: string[];
}

/** Said anew by whoever calls: they are the places of the store. */
const PLACES = ['root', 'runroot'];

/** @param words with the program's name, as the container's record has them */
export async function readCreateCommand(words: readonly string[]): Promise<CreateCommand> {
  const found = resolveCommand(words.slice(1), commands, { options: globalOptions });
  if (found.kind !== 'command') return { verb: '', options: [], args: [] };
  const before = words.slice(1, words.length - found.argv.length - found.name.split(' ').length);
  const { options: table } = await found.entry.load();
  const { options, args } = writtenOptions(found.argv, { ...globalOptionsAfterVerb, ...table });
  // Global options are taken behind the verb, too.
  const all = [...writtenOptions(before, globalOptions).options, ...options];
  return { verb: found.name, options: all.filter(({ names }) => !PLACES.includes(names[0]!)), args };
}
