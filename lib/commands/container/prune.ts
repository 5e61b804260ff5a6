import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { pruneContainers } from '../../engine/container/prune.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printPruned } from '../system/prune-output.ts';
import { absoluteTimes } from './filter-times.ts';

export const command = defineCommand({
  names: ['container prune'],
  summary: 'Remove all containers that do not run',
  usage: '[OPTIONS]',
  examples: ['container prune', 'container prune --force --filter until=24h'],
  options: {
    filter: {
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Only those that match: label, label!, until',
    },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const filters = absoluteTimes(options.filter);
      if (!options.force && !(await confirm('This will remove all stopped containers.'))) return 0;
      const { removed, bytes, failures } = await pruneContainers(openEngine(), filters);
      return printPruned([{ title: 'Deleted Containers', lines: removed }], bytes, failures);
    }),
});
