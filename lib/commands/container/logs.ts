import { defineCommand } from '../../cli/command.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { logDetails } from '../../engine/container/log-details.ts';
import { type LogRequest, readLogs } from '../../engine/container/logs.ts';
import { listContainers, readContainer, resolveContainer } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { openEngine, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { LogOutput, LogPrinter } from './log-printer.ts';

/** Of the 256 colours those that can be read on dark and on light ground. */
const COLORS = [2, 3, 4, 5, 6, 9, 10, 12, 13, 14] as const;

export const command = defineCommand({
  names: ['logs', 'container logs'],
  summary: 'Show the logs of containers',
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  description:
    'Shows what containers printed, stdout to stdout and stderr to stderr. The lines of several containers are merged ' +
    'by their times.',
  examples: ['logs -f --tail 20 web', 'logs --since 10m --timestamps web', 'logs -f --names web db'],
  options: {
    color: { type: 'bool', summary: 'Show each container in a colour of its own' },
    details: { type: 'bool', summary: 'Show the labels and variables that the log options name' },
    follow: { short: 'f', type: 'bool', summary: 'Go on until the container ends' },
    latest: { short: 'l', type: 'bool', summary: 'The newest container, instead of names' },
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
  completeArgs: 'container',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const request: LogRequest = {
        follow: options.follow,
        tail: parseTail(options.tail),
        ...(await parseBounds(options)),
      };
      const ids = containersOf(store, args, options.latest);
      const output = new LogOutput();
      const wanted = ids.map((id, i) => {
        const config = readContainer(store, id)?.config;
        const style = {
          timestamps: options.timestamps,
          // With several containers each line says whose it is.
          prefix: options.names ? config?.name : ids.length > 1 ? id.slice(0, 12) : undefined,
          details: options.details && config !== undefined ? logDetails(config) : undefined,
          color: options.color ? COLORS[i % COLORS.length] : undefined,
        };
        const onLost = (): void =>
          warn(
            `WARNING: ${config?.name ?? id}: the log was rotated faster than it was read: lines are missing`,
          );
        return { id, sink: new LogPrinter(output, style, onLost) };
      });
      await readLogs(store, wanted, request);
      return 0;
    }),
});

function containersOf(store: Store, names: readonly string[], latest: boolean): string[] {
  if (latest && names.length > 0)
    throw new ProaError('BAD_ARGUMENTS', 'show logs: --latest and names of containers exclude each other');
  if (!latest && names.length === 0)
    throw new ProaError('BAD_ARGUMENTS', 'show logs: no container given', { hint: 'proa logs --help' });
  if (!latest) return names.map((name) => resolveContainer(store, name));
  const [newest] = listContainers(store, [])
    .map(({ config }) => config)
    .sort((a, b) => (a.created < b.created ? 1 : -1));
  if (newest !== undefined) return [newest.id];
  throw new ProaError('CONTAINER_NOT_FOUND', 'find the latest container: there is none');
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
