import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { networkFilter } from '../../engine/network/filters.ts';
import { listShownNetworks } from '../../engine/network/inspect.ts';
import type { BadRecord } from '../../storage/images.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';
import { NETWORK_HEADERS, networkRow } from './network-row.ts';

export const command = defineCommand({
  names: ['network ls', 'network list'],
  summary: 'List networks',
  usage: '[OPTIONS]',
  examples: ['network ls', 'network ls --filter type=custom -q'],
  options: {
    filter: { short: 'f', type: 'list', metavar: 'KEY=VALUE', summary: 'Show only what matches' },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    'no-trunc': { type: 'bool', summary: 'Show whole ids' },
    noheading: { short: 'n', type: 'bool', summary: 'Leave out the heading of the table' },
    quiet: { short: 'q', type: 'bool', summary: 'Show only ids' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const { format, quiet } = options;
      const engine = openEngine();
      const matches = networkFilter(engine.store, absoluteTimes(options.filter));
      const bad: BadRecord[] = [];
      const networks = listShownNetworks(engine, bad).filter(matches);
      for (const { error } of bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      const text = await formatRows(
        networks.map((network) => networkRow(network, options['no-trunc'])),
        {
          format,
          quiet: quiet && '{{.ID}}',
          defaultTable: 'table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}',
          headers: NETWORK_HEADERS,
        },
      );
      const hasHeading = !quiet && /^\s*(table\b|$)/.test(format ?? '');
      await print(options.noheading && hasHeading ? text.slice(text.indexOf('\n') + 1) : text);
    }),
});
