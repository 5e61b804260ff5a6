import { defineCommand, type Options, type OptionTable } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { ImageLabels } from '../../engine/container/image-label.ts';
import { listMatching } from '../../engine/container/list.ts';
import type { Container } from '../../storage/containers.ts';
import { openEngine, print } from '../context.ts';
import { isDebug } from '../globals.ts';
import { withExitCode1 } from '../image/exit-code.ts';
import { commandLine, PS_HEADERS, psRow } from './ps-row.ts';
import { statusText } from './status-text.ts';

const TABLE = 'table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}';

const psOptions = {
  all: { short: 'a', type: 'bool', summary: 'Show all containers, not only running ones' },
  filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
  format: {
    type: 'string',
    metavar: 'FORMAT',
    summary: "'table', 'table TEMPLATE', 'json' or a Go template",
  },
  last: { short: 'n', type: 'int', default: -1, summary: 'Show the N newest containers, in any state' },
  latest: { short: 'l', type: 'bool', summary: 'Show the newest container, in any state' },
  'no-trunc': { type: 'bool', summary: 'Do not shorten ids, commands and mounts' },
  noheading: { type: 'bool', summary: 'Leave out the heading of the table' },
  quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  size: { short: 's', type: 'bool', summary: 'Show sizes on disk' },
  sort: {
    type: 'string',
    metavar: 'FIELD',
    choices: ['command', 'created', 'id', 'image', 'names', 'runningfor', 'size', 'status'],
    summary: 'Order by a field (default: the newest first)',
  },
} as const satisfies OptionTable;

export const command = defineCommand({
  names: ['ps', 'container ls', 'container list', 'container ps'],
  summary: 'List containers',
  usage: '[OPTIONS]',
  examples: ['ps -a', "ps --filter status=exited --format '{{.Names}}: {{.Status}}'"],
  options: psOptions,
  args: { min: 0, max: 0 },
  run: ({ options }) => withExitCode1(() => listContainers(options)),
});

async function listContainers(options: Options<typeof psOptions>): Promise<void> {
  const { store } = openEngine();
  const { all, filter: filters, format, quiet } = options;
  const last = options.latest ? 1 : options.last;
  const { containers, bad } = await listMatching(store, { all, filters, last });
  for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));

  const full = options['no-trunc'];
  const images = new ImageLabels(store, full);
  const wantsSize = options.size || options.sort === 'size' || /\.Size\b/.test(format ?? '');
  const sizeOf = wantsSize ? await measure(store) : undefined;
  if (options.sort !== undefined) sortBy(options.sort, containers, images, sizeOf);
  // What scripts ask for most needs no template.
  if (quiet && !format) {
    await print(containers.map(({ config }) => `${full ? config.id : config.id.slice(0, 12)}\n`).join(''));
    return;
  }
  const text = await formatRows(
    containers.map((container) => psRow(container, { images, full, sizeOf })),
    { format, quiet, defaultTable: options.size ? `${TABLE}\t{{.Size}}` : TABLE, headers: PS_HEADERS },
  );
  const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
  await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
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
