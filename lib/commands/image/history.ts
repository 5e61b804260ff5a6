import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { formatAge, formatBytes } from '../../cli/values.ts';
import { type HistoryStep, imageHistory } from '../../engine/image/history.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const TABLE = 'table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}';
const HEADERS = { ID: 'IMAGE', CreatedSince: 'CREATED', CreatedAt: 'CREATED AT', CreatedBy: 'CREATED BY' };
const CREATED_BY_WIDTH = 45;

export const command = defineCommand({
  names: ['history', 'image history'],
  summary: 'Show the history of an image',
  usage: '[OPTIONS] IMAGE',
  examples: ['history nginx', "history --no-trunc --format '{{.CreatedBy}}' nginx"],
  options: {
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    human: { short: 'H', type: 'bool', default: true, summary: 'Sizes and dates for people' },
    'no-trunc': { type: 'bool', summary: 'Do not shorten ids and commands' },
    quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  },
  args: { min: 1, max: 1 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { format, quiet, human, 'no-trunc': full } = options;
      const rows = imageHistory(openEngine(), args[0]!).map((step) => row(step, full, human));
      await print(await formatRows(rows, { format, quiet, defaultTable: TABLE, headers: HEADERS }));
    }),
});

function row(step: HistoryStep, full: boolean, human: boolean): object {
  const { id, created = '', createdBy, size, comment, tags } = step;
  const line = createdBy.replaceAll('\t', ' ');
  return {
    ID: id === undefined ? '<missing>' : full ? id : id.slice('sha256:'.length, 'sha256:'.length + 12),
    CreatedSince: created === '' ? 'N/A' : human ? formatAge(created) : created,
    CreatedAt: created,
    CreatedBy: full || line.length <= CREATED_BY_WIDTH ? line : `${line.slice(0, CREATED_BY_WIDTH - 1)}…`,
    Size: human ? formatBytes(size) : String(size),
    Comment: comment,
    Tags: () => tags.join(', '),
  };
}
