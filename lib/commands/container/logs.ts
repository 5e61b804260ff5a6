import { defineCommand } from '../../cli/command.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { type LogRequest, readLog } from '../../engine/container/logs.ts';
import { readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../image/exit-code.ts';
import { LogOutput, LogPrinter } from './log-printer.ts';

/** Of the 256 colours those that can be read on dark and on light ground. */
const COLORS = [2, 3, 4, 5, 6, 9, 10, 12, 13, 14] as const;

export const command = defineCommand({
  names: ['logs', 'container logs'],
  summary: 'Show the logs of containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  examples: ['logs -f --tail 20 web', 'logs --since 10m --timestamps web'],
  options: {
    color: { type: 'bool', summary: 'Show each container in a colour of its own' },
    follow: { short: 'f', type: 'bool', summary: 'Go on until the container ends' },
    names: { type: 'bool', summary: "Begin each line with the container's name" },
    since: {
      type: 'string',
      metavar: 'TIME',
      summary: 'Only what is younger: a time, or a duration such as 10m',
    },
    tail: {
      short: 'n',
      type: 'string',
      default: 'all',
      metavar: 'LINES',
      summary: 'Begin with so many lines from the end',
    },
    timestamps: { short: 't', type: 'bool', summary: 'Show when each line was printed' },
    until: {
      type: 'string',
      metavar: 'TIME',
      summary: 'Only what is older: a time, or a duration such as 10m',
    },
  },
  args: { min: 1 },
  completeArgs: 'container',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const request: LogRequest = {
        follow: options.follow,
        tail: parseTail(options.tail),
        ...(await parseBounds(options)),
      };
      const ids = args.map((name) => resolveContainer(store, name));
      const output = new LogOutput();
      const jobs = ids.map((id, i) => () => {
        const printer = new LogPrinter(output, {
          timestamps: options.timestamps,
          prefix: prefixOf(store, id, options.names, ids.length),
          color: options.color ? COLORS[i % COLORS.length] : undefined,
        });
        return readLog(store, id, request, printer);
      });
      if (options.follow) await Promise.all(jobs.map((job) => job()));
      else for (const job of jobs) await job();
      return 0;
    }),
});

/** With several containers each line says whose it is, by its id or by its name. */
function prefixOf(store: Store, id: string, byName: boolean, count: number): string | undefined {
  if (!byName) return count > 1 ? id.slice(0, 12) : undefined;
  return readContainer(store, id)?.config.name ?? id.slice(0, 12);
}

/** A number of lines; `all` and negative ones mean all. */
function parseTail(text: string): number | undefined {
  if (text === 'all' || /^-\d+$/.test(text)) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new ProaError('INVALID_OPTION', `invalid argument "${text}" for --tail: neither a number nor "all"`);
}

async function parseBounds(options: { since?: string; until?: string }): Promise<LogRequest> {
  if (!options.since && !options.until) return {};
  const { parseTime } = await import('../../cli/values.ts');
  const now = Date.now();
  const parse = (name: 'since' | 'until'): LogRequest => {
    const text = options[name];
    if (!text) return {};
    try {
      return { [name]: parseTime(text, now) };
    } catch (error) {
      throw addContext(error, `invalid argument "${text}" for --${name}`);
    }
  };
  return { ...parse('since'), ...parse('until') };
}
