import { defineCommand, type Options, type OptionTable } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { redraw } from '../../cli/screen.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { ProaError } from '../../core/error.ts';
import { type ContainerStats, StatsReader, type Watched } from '../../engine/container/stats.ts';
import type { Engine } from '../../engine/engine.ts';
import { latestContainer, resolveContainer } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { latestOption } from './one-container.ts';
import { STATS_HEADERS, STATS_TABLE, statsRow } from './stats-row.ts';

/** Milliseconds over which a first picture measures the processors' load: some ticks of the kernel's clock. */
const FIRST_LOOK = 30;

const statsOptions = {
  all: { short: 'a', type: 'bool', summary: 'Show all containers, not only running ones' },
  format: {
    type: 'string',
    metavar: 'FORMAT',
    summary: "'table', 'table TEMPLATE', 'json' or a Go template",
  },
  interval: {
    short: 'i',
    type: 'duration',
    default: 1,
    metavar: 'SECONDS',
    summary: 'Time between two pictures, and over which --no-stream measures when it is given',
  },
  latest: latestOption,
  'no-reset': { type: 'bool', summary: 'Print each picture below the one before' },
  'no-stream': { type: 'bool', summary: 'Print one picture and end' },
  'no-trunc': { type: 'bool', summary: 'Do not shorten ids' },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['stats', 'container stats'],
  summary: 'Show what containers use of processor, memory, network and disk',
  usage: '[OPTIONS] [CONTAINER...]',
  description:
    'Shows the running containers, or those that are named, until it is interrupted. CPU % is of one processor.',
  examples: ['stats', 'stats --no-stream web db', "stats --format '{{.Name}}: {{.CPUPerc}} {{.MemUsage}}'"],
  options: statsOptions,
  args: { min: 0 },
  completeArgs: 'running',
  run: ({ options, args, given }) =>
    withExitCode1(async () => {
      if (options.interval <= 0) {
        throw new ProaError(
          'INVALID_OPTION',
          `show stats every ${options.interval} seconds: it must be more than 0`,
        );
      }
      const engine = openEngine();
      const { watched, typed } = choose(engine, options, args);
      const reader = new StatsReader(engine);
      const interval = options.interval * 1000;
      await reader.look(watched);
      await Bun.sleep(
        options['no-stream'] && given.has('interval') ? interval : Math.min(FIRST_LOOK, interval),
      );
      const replace = isTerminal(1) && !options['no-stream'] && !options['no-reset'];
      for (let first = true; ; first = false) {
        const stats = await reader.look(watched);
        const text = await render(stats, options, typed);
        await print(replace ? redraw(text, first) : text);
        // Of containers that were named none may be left.
        if (options['no-stream'] || (typed.size > 0 && stats.length === 0)) return;
        await Bun.sleep(interval);
      }
    }),
});

type Values = Options<typeof statsOptions>;

/** Which containers, and of those that were named, how. */
function choose(
  engine: Engine,
  { all, latest }: Values,
  names: readonly string[],
): { watched: Watched; typed: ReadonlyMap<string, string> } {
  if (latest && (all || names.length > 0)) {
    throw new ProaError(
      'BAD_ARGUMENTS',
      'show stats: --latest cannot be used together with --all or with names',
    );
  }
  if (latest) {
    const id = latestContainer(engine.store);
    return { watched: [id], typed: new Map([[id, id.slice(0, 12)]]) };
  }
  const typed = new Map(names.map((name) => [resolveContainer(engine.store, name), name]));
  if (names.length > 0) return { watched: [...typed.keys()], typed };
  return { watched: all ? 'all' : 'running', typed };
}

function render(
  stats: readonly ContainerStats[],
  options: Values,
  typed: ReadonlyMap<string, string>,
): Promise<string> {
  const full = options['no-trunc'];
  const rows = stats.map((each) => statsRow(each, { typed: typed.get(each.id), full }));
  return formatRows(rows, { format: options.format, defaultTable: STATS_TABLE, headers: STATS_HEADERS });
}
