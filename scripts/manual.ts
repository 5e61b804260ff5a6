/**
 * The manual: proa(1) from docs/proa.1 with the list of commands put in, and a page for each command and group from the
 * command tables, laid out as man-pages(7) has it. A command's other names lead to its page by `.so`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, Option, OptionTable } from '../lib/cli/command.ts';
import { entriesUnder, overviewGroups } from '../lib/cli/help.ts';
import { GROUPS, groupSummary, programOptions } from '../lib/commands/help.ts';
import { commands } from '../lib/commands/index.ts';
import { loadCommands } from './lib/load-commands.ts';
import { bold, italic, literal, text } from './manual/roff.ts';

/** Where docs/proa.1 wants the commands, and the options before them. */
const COMMANDS_HERE = '.\\" COMMANDS';
const OPTIONS_HERE = '.\\" OPTIONS';

/** Of what the pages are about. */
interface Edition {
  version: string;
  /** YYYY-MM-DD */
  date: string;
}

/** Writes all pages into `folder/man1`, and nothing else stays there. */
export async function writeManual(root: string, folder: string, edition: Edition): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'man1'), { recursive: true });
  for (const [name, page] of await manualPages(root, edition))
    writeFileSync(join(folder, 'man1', name), page);
}

/** Every page by its file's name. */
export async function manualPages(root: string, edition: Edition): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  pages.set('proa.1', programPage(readFileSync(join(root, 'docs/proa.1'), 'utf8'), edition));
  const loaded = await loadCommands();
  const groups = new Set<string>();
  for (const [name, command] of loaded) {
    const own = loaded.has(command.names[0]!) ? command.names[0]! : name;
    pages.set(
      fileOf(name),
      own === name ? commandPage(command, loaded, edition) : `.so man1/${fileOf(own)}\n`,
    );
    for (let end = name.indexOf(' '); end > 0; end = name.indexOf(' ', end + 1))
      groups.add(name.slice(0, end));
  }
  for (const group of groups)
    if (!pages.has(fileOf(group))) pages.set(fileOf(group), groupPage(group, edition));
  return pages;
}

function fileOf(name: string): string {
  return `${pageOf(name)}.1`;
}

function pageOf(name: string): string {
  return ['proa', ...name.split(' ').filter(Boolean)].join('-');
}

function heading(page: string, { version, date }: Edition): string {
  return `.TH ${literal(page.toUpperCase())} 1 ${date} "Proa ${version}" "Proa Manual"`;
}

/** A page's name and summary, of which whatis(1) makes its index. */
function nameSection(page: string, summary: string): string {
  return `.SH NAME\n${literal(page)} \\- ${text(summary[0]!.toLowerCase() + summary.slice(1))}`;
}

function programPage(template: string, edition: Edition): string {
  const groups = overviewGroups(commands, {}).map(({ title, entries }) => {
    const lines = entries.map(({ name, summary }) => {
      const shown = Object.hasOwn(commands, name) ? summary : groupSummary(name);
      return `.TP\n${reference(name)}\n${text(shown)}.`;
    });
    return `.SS ${title}\n${lines.join('\n')}`;
  });
  return template
    .replace(/^\.TH .*$/m, () => heading('proa', edition))
    .replace(COMMANDS_HERE, () => groups.join('\n'))
    .replace(OPTIONS_HERE, () => optionsText(programOptions));
}

function groupPage(group: string, edition: Edition): string {
  const lines = entriesUnder(commands, `${group} `, GROUPS).map(
    ({ name, summary }) => `.TP\n${reference(`${group} ${name}`)}\n${text(summary)}.`,
  );
  return page([
    heading(pageOf(group), edition),
    nameSection(pageOf(group), groupSummary(group)),
    `.SH SYNOPSIS\n${bold(`proa ${group}`)} ${italic('COMMAND')}`,
    `.SH DESCRIPTION\n${text(groupSummary(group))}.`,
    `.SH COMMANDS\n${lines.join('\n')}`,
    `.SH SEE ALSO\n${reference('')}`,
  ]);
}

function commandPage(command: Command, loaded: ReadonlyMap<string, Command>, edition: Edition): string {
  const own = command.names[0]!;
  const others = [...loaded]
    .filter(([name, known]) => known === command && name !== own)
    .map(([name]) => name);
  const sections = [
    heading(pageOf(own), edition),
    nameSection(pageOf(own), command.summary),
    `.SH SYNOPSIS\n${bold(`proa ${own}`)} ${usage(command.usage)}`,
    `.SH DESCRIPTION\n${paragraphs(command.description ?? `${command.summary}.`)}`,
  ];
  if (others.length > 0)
    sections.push(`.PP\nThe same as ${others.map((name) => bold(`proa ${name}`)).join(', ')}.`);
  const options = optionsText(command.options);
  if (options !== '') sections.push(`.SH OPTIONS\n${options}`);
  sections.push(`.SH EXIT STATUS\n${exitStatus(command)}`);
  if (command.examples?.length)
    sections.push(
      `.SH EXAMPLES\n.EX\n${command.examples.map((line) => literal(`proa ${line}`)).join('\n')}\n.EE`,
    );
  const groups = [own, ...others]
    .filter((name) => name.includes(' '))
    .map((name) => name.replace(/ \S+$/, ''));
  sections.push(`.SH SEE ALSO\n${['', ...new Set(groups)].map((name) => reference(name)).join(',\n')}`);
  return page(sections);
}

function page(sections: readonly string[]): string {
  return `${sections.join('\n')}\n`;
}

/** `proa-run(1)` */
function reference(name: string): string {
  return `${bold(pageOf(name))}(1)`;
}

/** `[OPTIONS] IMAGE [COMMAND] [ARG...]`: what stands for something else is in italics. */
function usage(line: string): string {
  return line
    .split(/([A-Z][A-Z_]+|\.\.\.)/)
    .map((part, at) => (at % 2 === 1 && part !== '...' ? italic(part) : literal(part)))
    .join('');
}

/** Empty lines part paragraphs; indented lines are examples. */
function paragraphs(plain: string): string {
  return plain
    .split(/\n\s*\n/)
    .map((paragraph) =>
      /^\s/.test(paragraph) ? `.EX\n${paragraph.split('\n').map(literal).join('\n')}\n.EE` : text(paragraph),
    )
    .join('\n.PP\n');
}

/** An option table as paragraphs with hanging tags, in alphabetical order. */
function optionsText(table: OptionTable): string {
  const shown = Object.keys(table).filter((name) => !table[name]!.hidden);
  const paragraphs = shown
    .sort()
    .map((name) => `.TP\n${optionTag(name, table[name]!)}\n${optionText(table[name]!)}`);
  const types = new Set(shown.map((name) => table[name]!.type));
  if (types.has('bytes'))
    paragraphs.push(
      `.PP\n${text('Sizes are in bytes, or have a unit: b, k, m, g, t, each 1024 of the one before.')}`,
    );
  if (types.has('duration'))
    paragraphs.push(`.PP\n${text('Times are in seconds, or have units: 1h30m, 10s, 500ms.')}`);
  return paragraphs.join('\n');
}

function optionTag(name: string, { short, type, metavar, aliases = [], optionalValue }: Option): string {
  const flag = type === 'bool' || type === 'tristate';
  const names = [short && `-${short}`, `--${name}`, ...aliases.map((alias) => `--${alias}`)].filter(Boolean);
  const value = metavar ?? (flag ? '' : type.toUpperCase());
  const tag = names.map((option) => bold(option!)).join(', ');
  if (value === '') return tag;
  return optionalValue === undefined ? `${tag}=${italic(value)}` : `${tag}[=${italic(value)}]`;
}

function optionText({ summary, type, default: value, choices, optionalValue }: Option): string {
  const sentences = [summary];
  if (choices !== undefined && !choices.some((choice) => summary.includes(choice)))
    sentences.push(`One of ${choices.join(', ')}`);
  if (optionalValue !== undefined && type !== 'bool')
    sentences.push(`Without a value it means ${optionalValue}`);
  if (type === 'list') sentences.push('May be given several times');
  const silent =
    value === undefined || value === false || value === '' || (Array.isArray(value) && value.length === 0);
  if (!silent) sentences.push(`The default is ${Array.isArray(value) ? value.join(', ') : value}`);
  return text(sentences.map((sentence) => `${sentence.replace(/\.$/, '')}.`).join(' '));
}

function exitStatus({ names }: Command): string {
  if (!/^(run|exec|start|attach|create)$/.test(names[0]!))
    return `0 when all went well, else 1 or 125; see ${reference('')}.`;
  return `That of the container's command where the command is waited for; 125, 126 and 127 as ${reference('')} has it.`;
}
