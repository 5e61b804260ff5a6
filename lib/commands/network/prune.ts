import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { confirm } from '../../cli/prompt.ts';
import { pruneNetworks } from '../../engine/network/remove.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';

export const command = defineCommand({
  names: ['network prune'],
  summary: 'Remove all networks that no container uses',
  usage: '[OPTIONS]',
  examples: ['network prune', 'network prune --force --filter until=24h'],
  options: {
    filter: { type: 'list', metavar: 'KEY=VALUE', summary: 'Only those that match: label, label!, until' },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const warning = 'This will remove all custom networks not used by at least one container.';
      if (!options.force && !(await confirm(warning))) return 0;
      const { removed, failures } = await pruneNetworks(openEngine(), absoluteTimes(options.filter));
      if (removed.length > 0) await print(`Deleted Networks:\n${removed.join('\n')}\n\n`);
      for (const error of failures) process.stderr.write(renderError(error, { debug: isDebug() }));
      return failures.length > 0 ? 1 : 0;
    }),
});
