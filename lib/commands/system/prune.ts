import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { ProaError } from '../../core/error.ts';
import { pruneSystem } from '../../engine/system/prune.ts';
import { shortCacheId } from '../buildx/cache-row.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printPruned } from './prune-output.ts';

export const command = defineCommand({
  names: ['system prune'],
  summary: 'Remove what nothing uses',
  usage: '[OPTIONS]',
  description:
    'Stopped containers, networks that no container uses, images without a name, the build cache, and with --volumes volumes that no container uses.',
  examples: ['system prune', 'system prune --all --volumes --force', 'system prune -f --filter until=24h'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Also images with names that no container was made from' },
    build: { type: 'bool', summary: 'Also containers of builds: none is ever left here' },
    filter: { type: 'list', metavar: 'KEY=VALUE', summary: 'Only what matches: label, label!, until' },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
    volumes: { type: 'bool', summary: 'Also volumes that no container uses, with their data' },
  },
  args: { min: 0, max: 0 },
  run: ({ options: { all, build, filter, force, volumes } }) =>
    withExitCode1(async () => {
      const filters = absoluteTimes(filter);
      // Docker's rule: an age that is meant for images must not cost anyone their data.
      if (volumes && filters.some((each) => /^\s*until\s*=/i.test(each))) {
        throw new ProaError('INVALID_FILTER', 'prune: the filter "until" is not for --volumes', {
          hint: 'Prune volumes by themselves: proa volume prune --filter until=…',
        });
      }
      if (build) warn('Containers of builds: there are none, a build leaves nothing behind');
      if (!force && !(await confirm(warningOf({ all, volumes, filters: filter })))) return 0;
      const pruned = await pruneSystem(openEngine(), { all, volumes, filters });
      const kinds = [
        { title: 'Deleted Containers', lines: pruned.containers },
        { title: 'Deleted Networks', lines: pruned.networks },
        { title: 'Deleted Volumes', lines: pruned.volumes },
        { title: 'Deleted Images', lines: pruned.images },
        { title: 'Deleted build cache objects', lines: pruned.cache.map(shortCacheId) },
      ];
      return printPruned(kinds, pruned.bytes, pruned.failures);
    }),
});

function warningOf(asked: { all: boolean; volumes: boolean; filters: readonly string[] }): string {
  const lines = [
    'This will remove:',
    '  - all stopped containers',
    '  - all networks not used by at least one container',
    ...(asked.volumes ? ['  - all volumes not used by at least one container'] : []),
    asked.all
      ? '  - all images without at least one container associated to them'
      : '  - all dangling images',
    asked.all ? '  - all build cache' : '  - all dangling build cache',
  ];
  if (asked.filters.length > 0) {
    lines.push(
      '',
      '  Items to be pruned will be filtered with:',
      ...asked.filters.map((each) => `  - ${each}`),
    );
  }
  return `${lines.join('\n')}\n`;
}
