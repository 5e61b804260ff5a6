import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { listNamedImages } from '../../engine/image/list.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { IMAGE_HEADERS, imageRow, sortRows } from './image-row.ts';

const TABLE = 'table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}';
const DIGESTS = 'table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}';

export const command = defineCommand({
  names: ['images', 'image ls', 'image list'],
  summary: 'List images',
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  examples: ['images', 'images busybox', 'images --filter dangling=true -q'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Show all images; there are no hidden ones' },
    digests: { type: 'bool', summary: 'Show digests' },
    filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
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
  },
  args: { min: 0, max: 1 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { format, quiet, filter: filters } = options;
      const { images, bad } = listNamedImages(openEngine(), { match: args[0], filters });
      for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      if (options.sort !== undefined) sortRows(images, options.sort);
      const rows = images.map((image) => imageRow(image, options['no-trunc']));
      const defaultTable = options.digests ? DIGESTS : TABLE;
      const text = await formatRows(rows, { format, quiet, defaultTable, headers: IMAGE_HEADERS });
      const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
      await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
    }),
});
