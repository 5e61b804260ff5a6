import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { ProaError } from '../../core/error.ts';
import { listNamedImages } from '../../engine/image/list.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { IMAGE_HEADERS, imageRow, sortRows } from './image-row.ts';

const COLUMNS = ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'];
const FILTERS =
  'after, before, containers, dangling, digest, id, intermediate, label, manifest, readonly, reference, since, until';

export const command = defineCommand({
  names: ['images', 'image ls', 'image list'],
  summary: 'List images',
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  description:
    'The newest first. An image that has lost its name, and that others were made from, is shown with --all only.',
  examples: [
    'images',
    'images busybox',
    'images --filter dangling=true -q',
    'images --filter label!=keep --filter until=720h',
    'images --tree',
  ],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Also images without a name that others were made from' },
    digests: { type: 'bool', summary: 'Show digests' },
    filter: {
      short: 'f',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: `Show only what matches: ${FILTERS}; KEY!=VALUE for what does not`,
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    history: { type: 'bool', summary: 'Show all names that an image was given here' },
    'no-trunc': { type: 'bool', summary: 'Do not shorten ids' },
    noheading: {
      type: 'bool',
      short: 'n',
      aliases: ['no-heading'],
      summary: 'Leave out the heading of the table',
    },
    quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
    sort: {
      type: 'string',
      metavar: 'FIELD',
      choices: ['created', 'id', 'repository', 'size', 'tag'],
      summary: 'Order by a field (default: the newest first)',
    },
    tree: { type: 'bool', summary: 'Show each image with its platform, for people' },
  },
  args: { min: 0, max: 1 },
  completeArgs: 'image',
  run: ({ options, given, args }) =>
    withExitCode1(async () => {
      const { all, format, quiet, tree } = options;
      if (tree) refuseWithTree(given);
      const engine = openEngine();
      const filters = absoluteTimes(options.filter);
      const { images, bad } = listNamedImages(engine, { match: args[0], filters, all });
      for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      if (options.sort !== undefined) sortRows(images, options.sort);
      if (tree) {
        const { renderImageTree } = await import('./images-tree.ts');
        return print(renderImageTree(engine, images));
      }
      const rows = images.map((image) => imageRow(image, options['no-trunc']));
      const defaultTable = tableOf(options);
      const text = await formatRows(rows, { format, quiet, defaultTable, headers: IMAGE_HEADERS });
      const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
      await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
    }),
});

function tableOf({ digests, history }: { digests: boolean; history: boolean }): string {
  const columns = digests ? COLUMNS.toSpliced(2, 0, 'Digest') : [...COLUMNS];
  if (history) columns.push('History');
  return `table ${columns.map((name) => `{{.${name}}}`).join('\t')}`;
}

/** The tree has a form of its own, as Docker's. @throws ProaError CONFLICTING_OPTIONS */
function refuseWithTree(given: ReadonlySet<string>): void {
  const other = ['digests', 'format', 'history', 'no-trunc', 'noheading', 'quiet'].find((name) =>
    given.has(name),
  );
  if (other !== undefined)
    throw new ProaError('CONFLICTING_OPTIONS', `--tree cannot be used with --${other}`);
}
