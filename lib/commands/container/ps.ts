import { defineCommand, type Options, type OptionTable } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { renderTable } from '../../cli/table.ts';
import { ProaError } from '../../core/error.ts';
import { ImageLabels } from '../../engine/container/image-label.ts';
import { listMatching } from '../../engine/container/list.ts';
import type { Container } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { absoluteTimes } from './filter-times.ts';
import { commandLine, PS_HEADERS, psCells, psRow } from './ps-row.ts';
import { statusText } from './status-text.ts';

const TABLE = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'];
const NAMESPACES = ['ID', 'Names', 'Pid', 'CGROUPNS', 'IPC', 'MNT', 'NET', 'PIDNS', 'USERNS', 'UTS'];

const psOptions = {
  all: { short: 'a', type: 'bool', summary: 'Show all containers, not only running ones' },
  filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
  format: {
    type: 'string',
    metavar: 'FORMAT',
    summary: "'table', 'table TEMPLATE', 'json' or a Go template",
  },
  external: { type: 'bool', summary: 'Also those of other programs in this store: there never are any' },
  last: { short: 'n', type: 'int', default: -1, summary: 'Show the N newest containers, in any state' },
  latest: { short: 'l', type: 'bool', summary: 'Show the newest container, in any state' },
  'no-trunc': { type: 'bool', summary: 'Do not shorten ids, commands and mounts' },
  noheading: { type: 'bool', summary: 'Leave out the heading of the table' },
  ns: { type: 'bool', aliases: ['namespace'], summary: 'Show the namespaces of the processes' },
  pod: { short: 'p', type: 'bool', summary: 'Show the columns of pods, which are empty: there are none' },
  quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  size: { short: 's', type: 'bool', summary: 'Show sizes on disk' },
  sort: {
    type: 'string',
    metavar: 'FIELD',
    choices: ['command', 'created', 'id', 'image', 'names', 'runningfor', 'size', 'status'],
    summary: 'Order by a field (default: the newest first)',
  },
  sync: { type: 'bool', summary: 'First write down what became of containers whose end nobody saw' },
  watch: { short: 'w', type: 'int', metavar: 'SECONDS', summary: 'List again and again' },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['ps', 'container ls', 'container list', 'container ps'],
  summary: 'List containers',
  usage: '[OPTIONS]',
  examples: ['ps -a', "ps --filter status=exited --format '{{.Names}}: {{.Status}}'"],
  options: psOptions,
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      if (options.watch === undefined) return listContainers(options);
      if (options.watch < 1) {
        throw new ProaError('INVALID_OPTION', `list containers every ${options.watch} seconds: at least 1`);
      }
      const { isTerminal } = await import('../../cli/terminal.ts');
      // Until a signal ends us, or nobody reads on.
      for (;;) {
        if (isTerminal(1)) await print(CLEAR);
        await listContainers(options);
        await Bun.sleep(options.watch * 1000);
      }
    }),
});

/** To the upper left, with all below it gone: ECMA-48, CUP and ED. */
const CLEAR = '\x1b[H\x1b[J';

async function listContainers(options: Options<typeof psOptions>): Promise<void> {
  const engine = openEngine();
  const { store } = engine;
  const { all, filter: filters, format, quiet } = options;
  const last = options.latest ? 1 : options.last;
  if (options.sync) await (await import('../../engine/container/sync.ts')).syncContainers(engine);
  const { containers, bad } = await listMatching(store, { all, filters: absoluteTimes(filters), last });
  for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));

  const full = options['no-trunc'];
  const isOwnTable = /^\s*(table\s*)?$/.test(format ?? '');
  const images = new ImageLabels(store, full);
  const wantsSize = options.size || options.sort === 'size' || /\.Size\b/.test(format ?? '');
  const sizeOf = wantsSize ? await measure(store) : undefined;
  if (options.sort !== undefined) sortBy(options.sort, containers, images, sizeOf);
  // What scripts ask for most needs no template.
  if (quiet && isOwnTable) {
    await print(containers.map(({ config }) => `${full ? config.id : config.id.slice(0, 12)}\n`).join(''));
    return;
  }
  const context = { images, full, sizeOf };
  const columns = columnsOf(options);
  const text = isOwnTable
    ? renderTable(
        columns.map((name) => PS_HEADERS[name] ?? name.toUpperCase()),
        containers.map((container) => psCells(container, context, columns)),
      )
    : await formatRows(
        containers.map((container) => psRow(container, context)),
        { format, quiet, defaultTable: '', headers: PS_HEADERS },
      );
  const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
  await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
}

function columnsOf({ ns, pod, size }: Options<typeof psOptions>): string[] {
  return [...(ns ? NAMESPACES : TABLE), ...(pod ? ['Pod', 'PodName'] : []), ...(size && !ns ? ['Size'] : [])];
}

type Measure = NonNullable<Parameters<typeof psRow>[1]['sizeOf']>;

/** Each container is measured at most once. */
async function measure(store: ReturnType<typeof openEngine>['store']): Promise<Measure> {
  const { containerSize } = await import('../../engine/container/size.ts');
  const known = new Map<string, ReturnType<Measure>>();
  return ({ config }) => {
    const size = known.get(config.id) ?? containerSize(store, config);
    known.set(config.id, size);
    return size;
  };
}

/** Podman's --sort: ascending, so `created` puts the oldest first. */
function sortBy(field: string, containers: Container[], images: ImageLabels, sizeOf?: Measure): void {
  if (field === 'size') {
    containers.sort((a, b) => sizeOf!(a).own - sizeOf!(b).own);
    return;
  }
  const key = ({ config, state }: Container): string => {
    switch (field) {
      case 'command':
        return commandLine(config);
      case 'id':
        return config.id;
      case 'image':
        return images.of(config);
      case 'names':
        return config.name;
      case 'status':
        return statusText(state);
      default:
        return config.created;
    }
  };
  const keys = new Map(containers.map((container) => [container, key(container)]));
  containers.sort((a, b) => (keys.get(a)! < keys.get(b)! ? -1 : keys.get(a) === keys.get(b) ? 0 : 1));
}
