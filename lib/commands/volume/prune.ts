import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { pruneVolumes, unusedVolumes } from '../../engine/volume/remove.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printPruned } from '../system/prune-output.ts';

export const command = defineCommand({
  names: ['volume prune'],
  summary: 'Remove all volumes that no container uses',
  usage: '[OPTIONS]',
  examples: ['volume prune', 'volume prune --force --filter label=temporary'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Also those with a name of their own (they always are)' },
    filter: {
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Only those that match: label, label!, until, driver, name, opt, since, …',
    },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const filters = absoluteTimes(options.filter);
      const list = unusedVolumes(store, filters)
        .volumes.map(({ name }) => `\n  - ${name}`)
        .join('');
      const warning = `This will remove all local volumes not used by at least one container${list && `:${list}`}`;
      if (!options.force && !(await confirm(list === '' ? `${warning}. There are none.` : warning))) return 0;
      const { removed, bytes, failures } = pruneVolumes(store, filters);
      return printPruned([{ title: 'Deleted Volumes', lines: removed }], bytes, failures);
    }),
});
