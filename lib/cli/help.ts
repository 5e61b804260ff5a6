/** Help texts in Docker's layout. Everything here is text from data; nothing is printed. */
import type { Command, Option, OptionTable } from './command.ts';
import type { CommandTable } from './dispatch.ts';
import { textWidth } from './table.ts';

export interface HelpStyle {
  program?: string;
  /** Columns of the terminal. */
  width?: number;
}

/** `proa run --help`. `name` is the command as typed; without it, its first name. */
export function renderHelp(command: Command, style: HelpStyle & { name?: string } = {}): string {
  const { program = 'proa', width = 80, name = command.names[0]! } = style;
  const usage = [program, name, command.usage].filter(Boolean).join(' ');
  const parts = [`Usage:  ${usage}`, command.summary];
  if (command.description) parts.push(fold(flowing(command.description), width - 1).join('\n'));
  if (command.names.length > 1) {
    // As Docker orders them: the names within groups, then the short ones.
    const full = [...command.names].sort((a, b) => Number(b.includes(' ')) - Number(a.includes(' ')));
    parts.push(`Aliases:\n  ${full.map((alias) => `${program} ${alias}`).join(', ')}`);
  }
  if (command.examples?.length) {
    parts.push(`Examples:\n${command.examples.map((line) => `  ${program} ${line}`).join('\n')}`);
  }
  const options = renderOptions(command.options, width);
  if (options !== '') parts.push(`Options:\n${options}`);
  return `${parts.join('\n\n')}\n`;
}

/** Single line breaks as spaces: only an empty line ends a paragraph, and indented lines stay as they are. */
function flowing(text: string): string {
  return text.replace(/(?<=[^\s])\n(?=[^\s])/g, ' ');
}

/** A heading of the overview with its lines. */
export interface OverviewGroup {
  title: string;
  entries: readonly { name: string; summary: string }[];
}

export interface OverviewText extends HelpStyle {
  /** The program in one sentence. */
  summary: string;
  options?: OptionTable;
}

/** `proa --help`: the groups in their order, then the global options. */
export function renderOverview(groups: readonly OverviewGroup[], text: OverviewText): string {
  const { program = 'proa', width = 80, summary, options = {} } = text;
  const shown = groups.filter((group) => group.entries.length > 0);
  const names = Math.max(...shown.flatMap((group) => group.entries.map((entry) => entry.name.length)), 10);
  const parts = [`Usage:  ${program} [OPTIONS] COMMAND`, summary];
  for (const group of shown) parts.push(`${group.title}:\n${renderEntries(group.entries, names)}`);
  const globals = renderOptions(options, width);
  if (globals !== '') parts.push(`Global Options:\n${globals}`);
  parts.push(`Run '${program} COMMAND --help' for more information on a command.`);
  return `${parts.join('\n\n')}\n`;
}

/** `proa container --help`: the commands directly under a group. @param managed as of {@link overviewGroups} */
export function renderGroup(
  group: string,
  managed: Readonly<Record<string, string>>,
  table: CommandTable,
  style: HelpStyle = {},
): string {
  const { program = 'proa' } = style;
  const entries = entriesUnder(table, `${group} `, managed);
  const names = Math.max(...entries.map((entry) => entry.name.length), 10);
  const parts = [
    `Usage:  ${program} ${group} COMMAND`,
    managed[group] ?? `Manage ${group}s`,
    `Commands:\n${renderEntries(entries, names)}`,
    `Run '${program} ${group} COMMAND --help' for more information on a command.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * The overview's groups from the command table. A command stands under its entry's `group`, by default `Commands`; the
 * groups of names (`container …`) under `Management Commands`, summed up by `managed` (`{container: 'Manage containers'}`).
 * These two come last, behind whatever other titles there are.
 */
export function overviewGroups(
  table: CommandTable,
  managed: Readonly<Record<string, string>> = {},
): OverviewGroup[] {
  const groups = new Map<string, { name: string; summary: string }[]>();
  const add = (title: string, name: string, summary: string): void => {
    const entries = groups.get(title) ?? [];
    groups.set(title, entries);
    entries.push({ name, summary });
  };
  const managing = new Set<string>();
  for (const name in table) {
    const { hidden, group, summary } = table[name]!;
    if (hidden) continue;
    const space = name.indexOf(' ');
    if (space < 0) add(group ?? 'Commands', name, summary);
    else managing.add(name.slice(0, space));
  }
  for (const name of [...managing].sort()) {
    if (!Object.hasOwn(table, name)) add('Management Commands', name, managed[name] ?? `Manage ${name}s`);
  }
  const last = ['Management Commands', 'Swarm Commands', 'Commands'];
  const titled = [...groups].map(([title, entries]) => ({ title, entries }));
  return titled.sort((a, b) => last.indexOf(a.title) - last.indexOf(b.title));
}

/**
 * The visible words that may follow `prefix` in the table, once each and in alphabetical order.
 * @param managed as of {@link overviewGroups}, for groups in a group
 */
export function entriesUnder(
  table: CommandTable,
  prefix: string,
  managed: Readonly<Record<string, string>> = {},
): { name: string; summary: string }[] {
  const entries = new Map<string, { summary: string }>();
  for (const full in table) {
    const entry = table[full]!;
    if (entry.hidden || !full.startsWith(prefix)) continue;
    const word = full.slice(prefix.length).split(' ', 1)[0]!;
    if (full === prefix + word) entries.set(word, entry);
    else if (!entries.has(word)) entries.set(word, { summary: managed[prefix + word] ?? `Manage ${word}s` });
  }
  const named = [...entries].map(([name, { summary }]) => ({ name, summary }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function renderEntries(entries: readonly { name: string; summary: string }[], names: number): string {
  return entries.map(({ name, summary }) => `  ${name.padEnd(names)}  ${summary}`).join('\n');
}

/** What pflag lets a last line have beyond the others. */
const SLACK = 5;

/** An option table as text, two columns folded to the width, options in alphabetical order as pflag sorts them. */
export function renderOptions(table: OptionTable, width: number): string {
  const lines = Object.keys(table)
    .filter((name) => !table[name]!.hidden)
    .sort()
    .map((name) => [optionTerm(name, table[name]!), optionText(table[name]!)] as const);
  const terms = Math.max(0, ...lines.map(([term]) => term.length));
  // Where too little room is left beside the options, the texts go below them.
  const below = width - terms - 4 < 24;
  const indent = below ? 10 : terms + 3;
  return lines
    .map(([term, text]) => {
      const room = Math.max(20, width - 1 - indent - SLACK);
      const [first = '', ...rest] = fold(text, room, SLACK);
      const head = below ? `${term}\n${' '.repeat(indent)}${first}` : `${term.padEnd(indent)}${first}`;
      return [head.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)].join('\n');
    })
    .join('\n');
}

function optionTerm(name: string, option: Option): string {
  const isFlag = option.type === 'bool' || option.type === 'tristate';
  const word = option.metavar ?? (isFlag ? '' : option.type);
  const start = option.short === undefined ? '      --' : `  -${option.short}, --`;
  const implied = option.optionalValue;
  const optional =
    implied === undefined || isFlag
      ? ''
      : `[=${option.type === 'string' ? JSON.stringify(implied) : implied}]`;
  return `${start}${name}${word && ` ${word}`}${optional}`;
}

function optionText({ summary, type, default: value }: Option): string {
  const silent =
    value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
  if (silent) return summary;
  if (Array.isArray(value)) return `${summary} (default [${value.join(',')}])`;
  return `${summary} (default ${type === 'string' ? JSON.stringify(value) : value})`;
}

/**
 * Breaks text at spaces into lines of at most `width` columns; its own line breaks stay, and a longer word overflows. A
 * paragraph's last line may take `slack` columns more, so that no short word is left alone.
 */
export function fold(text: string, width: number, slack = 0): string[] {
  return text.split('\n').flatMap((paragraph) => foldParagraph(paragraph.trimEnd(), width, slack));
}

function foldParagraph(paragraph: string, width: number, slack: number): string[] {
  const indent = /^ */.exec(paragraph)![0];
  const lines: string[] = [];
  let rest = paragraph.slice(indent.length);
  while (textWidth(indent + rest) >= width + slack) {
    const within = rest.lastIndexOf(' ', width - indent.length - 1);
    const space = within > 0 ? within : rest.indexOf(' ');
    if (space < 0) break;
    lines.push(indent + rest.slice(0, space).trimEnd());
    rest = rest.slice(space + 1);
  }
  return [...lines, indent + rest];
}
