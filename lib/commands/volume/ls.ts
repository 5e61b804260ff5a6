import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { listMatchingVolumes } from '../../engine/volume/list.ts';
import type { VolumeRecord } from '../../storage/volumes.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { VOLUME_HEADERS, volumeRow } from './volume-row.ts';

export const command = defineCommand({
  names: ['volume ls', 'volume list'],
  summary: 'List volumes',
  usage: '[OPTIONS]',
  examples: ['volume ls', 'volume ls --filter dangling=true -q'],
  options: {
    filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    noheading: { short: 'n', type: 'bool', summary: 'Leave out the heading of the table' },
    quiet: { short: 'q', type: 'bool', summary: 'Show only names' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const { format, quiet } = options;
      const { store } = openEngine();
      const { volumes, bad } = listMatchingVolumes(store, absoluteTimes(options.filter));
      for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      if (quiet && !format) return print(volumes.map(({ name }) => `${name}\n`).join(''));
      // The table that is asked for most has two fields; a thousand whole rows would take longer than all the rest.
      const row = format
        ? (volume: VolumeRecord) => volumeRow(store, volume)
        : ({ driver, name }: VolumeRecord) => ({ Driver: driver, Name: name });
      const text = await formatRows(volumes.map(row), {
        format,
        quiet: quiet && '{{.Name}}',
        defaultTable: 'table {{.Driver}}\t{{.Name}}',
        headers: VOLUME_HEADERS,
      });
      const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
      await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
    }),
});
