/** What becomes of one command or option of a peer: works, differs, or is not there. */
import type { Command, OptionTable } from '../../lib/cli/command.ts';
import type { Peer, PeerCommand } from '../peers/peer.ts';
import type { Note } from './notes.ts';

/** Which tests use an option of a command: `coverage.get('run --env')`, and `coverage.get('run')` for any use. */
export type Coverage = ReadonlyMap<string, readonly { file: string; test: string }[]>;

export interface Verdict {
  kind: 'works' | 'untested' | 'differs' | 'not' | 'yet';
  /** As the page says it: `works (…)`, `differs (…)`, `not (…)`. */
  text: string;
}

/** Proa as the judge sees it. */
export interface Subject {
  /** By every name. */
  commands: ReadonlyMap<string, Command>;
  coverage: Coverage;
  notes: readonly Note[];
  /** Notes that were needed. */
  used: Set<Note>;
}

/** A command of the peer under all its names, the shortest first. */
export interface NamedCommand extends PeerCommand {
  names: string[];
}

/**
 * The peer's commands with their other names put together: `run` and `container run` are one. They are taken as one when
 * the peer says so, or when they end in the same word and have the same options.
 */
export function namedCommands(peer: Peer): NamedCommand[] {
  const found: NamedCommand[] = [];
  const words = (name: string) => name.split(' ');
  const shortestFirst = Object.keys(peer.commands).sort(
    (a, b) => words(a).length - words(b).length || (a < b ? -1 : 1),
  );
  for (const name of shortestFirst) {
    const command = peer.commands[name]!;
    const options = JSON.stringify(command.options);
    const same = found.find(
      (other) =>
        JSON.stringify(other.options) === options &&
        (other.names.some((known) => known === name || command.aliases.includes(known)) ||
          other.names.some((known) => `container ${known}` === name || `image ${known}` === name)),
    );
    if (same === undefined) found.push({ ...command, names: [...new Set([name, ...command.aliases])] });
    else same.names = [...new Set([...same.names, name, ...command.aliases])];
  }
  return found;
}

/** Of the command as a whole. */
export function judgeCommand({ names }: NamedCommand, subject: Subject, peer: Peer): Verdict {
  const there = names.filter((name) => subject.commands.has(name));
  if (there.length === 0) return absent(names, undefined, subject, peer);
  const command = subject.commands.get(there[0]!)!;
  const note = noteFor('differs', names, undefined, subject, peer);
  if (note !== undefined) return { kind: 'differs', text: `differs (${note.why})` };
  const missing = names.filter((name) => !there.includes(name));
  if (missing.length > 0)
    return {
      kind: 'differs',
      text: `differs (not under the name ${missing.map((name) => `\`${name}\``).join(', ')})`,
    };
  return works(subject.coverage.get(command.names[0]!), command.names, '');
}

/** Of one option; `shown` is what the peer's help says of it (`-a list`). */
export function judgeOption(
  names: readonly string[],
  option: string,
  shown: string,
  table: OptionTable,
  command: Command | undefined,
  subject: Subject,
  peer: Peer,
): Verdict {
  const key = Object.keys(table).find((name) => name === option || table[name]!.aliases?.includes(option));
  if (key === undefined) return absent(names, option, subject, peer);
  const differs = noteFor('differs', names, option, subject, peer)?.why ?? difference(shown, table[key]!);
  if (differs !== undefined) return { kind: 'differs', text: `differs (${differs})` };
  const tests = subject.coverage.get(`${command?.names[0] ?? ''} --${key}`);
  return tests === undefined ? worksElsewhere(key, table, subject) : works(tests, command?.names ?? [], key);
}

/** What the two tables themselves show to be different. */
function difference(shown: string, own: OptionTable[string]): string | undefined {
  const [, short, value] = /^(?:-(\w))? ?(.*)$/.exec(shown)!;
  const flag = own.type === 'bool' || own.type === 'tristate';
  const found: string[] = [];
  if (short !== undefined && own.short !== short) found.push(`has no -${short}`);
  if (value === '' && !flag && own.optionalValue === undefined) found.push('wants a value');
  if (value !== '' && flag) found.push('takes true and false only, as --option=VALUE');
  return found.length === 0 ? undefined : found.join('; ');
}

/** The best of the tests: of the command's own file, and with the option in its title. */
function works(
  tests: readonly { file: string; test: string }[] | undefined,
  names: readonly string[],
  option: string,
): Verdict {
  if (tests === undefined || tests.length === 0)
    return { kind: 'untested', text: 'works (no test of its own)' };
  const own = new Set(names.map((name) => `${name.split(' ').at(-1)}.test.ts`));
  const rank = ({ file, test }: { file: string; test: string }) =>
    (option !== '' && new RegExp(`--${option}\\b`).test(test) ? 0 : 2) + (own.has(file) ? 0 : 1);
  const best = [...tests].sort((a, b) => rank(a) - rank(b))[0]!;
  return { kind: 'works', text: `works (${best.file}: ${best.test})` };
}

/** An option that another command takes from the very same table is the same code: its test counts, and is named so. */
function worksElsewhere(key: string, table: OptionTable, { commands, coverage }: Subject): Verdict {
  for (const { names, options } of new Set(commands.values())) {
    const tests = coverage.get(`${names[0]} --${key}`);
    if (tests === undefined || options[key] !== table[key]) continue;
    const { kind, text } = works(tests, names, key);
    return { kind, text: text.replace('(', `(as with \`${names[0]}\`, `) };
  }
  return works(undefined, [], key);
}

function absent(names: readonly string[], option: string | undefined, subject: Subject, peer: Peer): Verdict {
  const why = noteFor('not', names, option, subject, peer)?.why ?? 'yet';
  const yet = /^yet(?:: (.*))?$/.exec(why);
  if (yet === null) return { kind: 'not', text: `not (${why})` };
  return { kind: 'yet', text: yet[1] === undefined ? 'not yet' : `not yet (${yet[1]})` };
}

function noteFor(
  verdict: 'not' | 'differs',
  names: readonly string[],
  option: string | undefined,
  { notes, used }: Subject,
  { program }: Peer,
): Note | undefined {
  const found = notes.find(
    (note) =>
      (note.verdict ?? 'not') === verdict &&
      (note.peer ?? program) === program &&
      note.commands.some((pattern) => names.some((name) => fits(pattern, name))) &&
      (note.options === undefined
        ? option === undefined || verdict === 'not'
        : option !== undefined && note.options.some((pattern) => fits(pattern, option))),
  );
  if (found !== undefined) used.add(found);
  return found;
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}
