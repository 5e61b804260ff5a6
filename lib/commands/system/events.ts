import { defineCommand } from '../../cli/command.ts';
import { addContext, ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { compileEventFilters } from '../../engine/system/event-filters.ts';
import { readEvents } from '../../engine/system/events.ts';
import type { StoredEvent } from '../../storage/events.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { eventLine } from './event-text.ts';

export const command = defineCommand({
  names: ['events', 'system events'],
  summary: 'Show what happens to containers, images and volumes',
  usage: '[OPTIONS]',
  description:
    'Shows events as they happen, until interrupted or until the time of --until. --since and --until also show earlier ones, as far back as they are kept: some 25,000 events, at most since the last boot.',
  examples: [
    'events --filter container=web --filter event=die',
    'events --since 10m --until 0s',
    "events --format '{{.Time}} {{.Action}} {{.Actor.Attributes.name}}'",
  ],
  options: {
    filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
    format: { type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
    'no-trunc': { type: 'bool', default: true, summary: 'Do not shorten ids' },
    since: {
      type: 'string',
      metavar: 'TIME',
      summary: 'Also what happened since: a time, or a duration such as 10m',
    },
    stream: { type: 'bool', default: true, summary: 'Go on with what happens from now on' },
    until: { type: 'string', metavar: 'TIME', summary: 'Only what happens until then; ends at that time' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const matches = compileEventFilters(options.filter);
      const render = await renderer(options.format?.trim(), !options['no-trunc']);
      const [since, until] = await parseBounds(options);
      const { store } = openEngine();
      const output = new FdWriter(1);
      for await (const event of readEvents(store, { since, until, follow: options.stream })) {
        if (matches(event)) await output.write(Buffer.from(render(event)));
      }
      return 0;
    }),
});

async function renderer(
  format: string | undefined,
  shortIds: boolean,
): Promise<(event: StoredEvent) => string> {
  if (format === undefined || format === '') return (event) => eventLine(event, shortIds);
  const { eventRecord } = await import('./event-text.ts');
  if (format === 'json') {
    const { toJson } = await import('../../cli/template/functions.ts');
    return (event) => `${toJson(eventRecord(event))}\n`;
  }
  const [{ compileTemplate }, { expandEscapes }] = await Promise.all([
    import('../../cli/template/compile.ts'),
    import('../../cli/format.ts'),
  ]);
  const compiled = compileTemplate(expandEscapes(format));
  return (event) => `${compiled(eventRecord(event))}\n`;
}

async function parseBounds(options: {
  since: string | undefined;
  until: string | undefined;
}): Promise<[since: bigint | undefined, until: bigint | undefined]> {
  const { parseTime } = await import('../../cli/values.ts');
  const now = Date.now();
  const parse = (name: 'since' | 'until'): bigint | undefined => {
    const text = options[name];
    if (!text) return undefined;
    try {
      return parseTime(text, now);
    } catch (error) {
      throw addContext(error, `invalid argument "${text}" for --${name}`);
    }
  };
  const [since, until] = [parse('since'), parse('until')];
  if (since !== undefined && until !== undefined && since > until) {
    throw new ProaError(
      'INVALID_OPTION',
      `show events since ${options.since} until ${options.until}: that is before`,
    );
  }
  return [since, until];
}
