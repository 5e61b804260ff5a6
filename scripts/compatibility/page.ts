/** docs/compatibility.md, as text. */
import type { Command, OptionTable } from '../../lib/cli/command.ts';
import type { Peer } from '../peers/peer.ts';
import {
  judgeCommand,
  judgeOption,
  type NamedCommand,
  namedCommands,
  type Subject,
  type Verdict,
} from './verdict.ts';

const HEADS: readonly [kind: Verdict['kind'], head: string][] = [
  ['works', 'work, tested'],
  ['untested', 'work, no test of their own'],
  ['differs', 'differ'],
  ['yet', 'not yet'],
  ['not', 'not'],
];

const INTRODUCTION = `# Compatibility

Every command and option that the real programs name in their \`--help\`, and what Proa makes of it:

- **works** (the end-to-end test that uses it; files in \`__tests__/e2e/\`). \`works (no test of its own)\`: it is there,
  and no test was found whose command line has it.
- **differs** (how).
- **not** (why), and **not yet** (what it belongs to).

\`docker compose\`, \`docker buildx\` and \`podman-compose\` are programs of their own and not in these lists.

This page is made by \`npm run docs\` from Proa's command tables, the sources of the tests, the lists in \`scripts/peers/\`
and the reasons in \`scripts/compatibility/notes.ts\`; a test compares. It is not to be edited.
`;

/** The whole page. */
export function compatibilityPage(peers: readonly Peer[], subject: Subject, globals: OptionTable): string {
  const sections = peers.map((peer) => new Section(peer, subject, globals));
  const texts = sections.map((section) => section.render());
  const total = [
    `| | ${HEADS.map(([, head]) => head).join(' | ')} |`,
    `|---|${HEADS.map(() => '---:').join('|')}|`,
    ...sections.flatMap((section) => section.totals()),
  ];
  return [INTRODUCTION, `${total.join('\n')}\n`, ...texts].join('\n');
}

type Counts = Map<Verdict['kind'], number>;

class Section {
  private readonly commands: Counts = new Map();
  private readonly options: Counts = new Map();
  private readonly title: string;

  constructor(
    private readonly peer: Peer,
    private readonly subject: Subject,
    private readonly globals: OptionTable,
  ) {
    this.title = peer.program[0]!.toUpperCase() + peer.program.slice(1);
  }

  render(): string {
    const { peer, subject, globals } = this;
    const named = namedCommands(peer);
    const there = named.filter(({ names }) => names.some((name) => subject.commands.has(name)));
    const missing = named.filter((command) => !there.includes(command));
    const before = `options before the command: \`${peer.program} [OPTIONS] COMMAND\``;
    return [
      `## ${this.title} ${peer.versions.join(' and ')}\n`,
      `### ${before[0]!.toUpperCase()}${before.slice(1)}\n`,
      this.optionRows([''], peer.globals, globals, undefined),
      ...there.map((command) => this.command(command)),
      '### Commands that are not there\n',
      this.missing(missing),
    ].join('\n');
  }

  totals(): string[] {
    const line = (name: string, counts: Counts) =>
      `| ${this.title}, ${name} | ${HEADS.map(([kind]) => counts.get(kind) ?? 0).join(' | ')} |`;
    return [line('commands', this.commands), line('options', this.options)];
  }

  private command(named: NamedCommand): string {
    const { subject, peer } = this;
    const verdict = this.count(this.commands, judgeCommand(named, subject, peer));
    const command = subject.commands.get(named.names.find((name) => subject.commands.has(name))!)!;
    const heading = `### ${named.names.map((name) => `\`${name}\``).join(', ')}\n\n${named.summary}: ${markdown(verdict.text)}\n`;
    if (Object.keys(named.options).length === 0) return heading;
    return `${heading}\n${this.optionRows(named.names, named.options, command.options, command)}`;
  }

  private optionRows(
    names: readonly string[],
    options: Readonly<Record<string, string>>,
    table: OptionTable,
    command: Command | undefined,
  ): string {
    const rows = Object.entries(options).map(([option, shown]) => {
      const verdict = judgeOption(names, option, shown, table, command, this.subject, this.peer);
      const [short] = /^-\w/.exec(shown) ?? [];
      const term = `${short === undefined ? '' : `\`${short}\` `}\`--${option}\``;
      return `| ${term} | ${markdown(this.count(this.options, verdict).text)} |`;
    });
    return `| option | |\n|---|---|\n${rows.join('\n')}\n`;
  }

  /** Those of one reason together, each with its options. */
  private missing(commands: readonly NamedCommand[]): string {
    const byReason = new Map<string, string[]>();
    for (const named of commands) {
      const verdict = this.count(this.commands, judgeCommand(named, this.subject, this.peer));
      const options = Object.keys(named.options);
      this.options.set(verdict.kind, (this.options.get(verdict.kind) ?? 0) + options.length);
      const names = named.names.map((name) => `\`${name}\``).join(', ');
      const line =
        options.length === 0 ? names : `${names}: ${options.map((option) => `\`--${option}\``).join(' ')}`;
      byReason.set(verdict.text, [...(byReason.get(verdict.text) ?? []), `- ${line}`]);
    }
    const reasons = [...byReason].sort(([a], [b]) => (a < b ? -1 : 1));
    return reasons.map(([reason, lines]) => `${reason}\n\n${lines.join('\n')}\n`).join('\n');
  }

  private count(counts: Counts, verdict: Verdict): Verdict {
    counts.set(verdict.kind, (counts.get(verdict.kind) ?? 0) + 1);
    return verdict;
  }
}

/** Text that may stand in a cell. */
function markdown(text: string): string {
  return text.replace(/[|<>*\\]/g, (character) => `\\${character}`);
}
