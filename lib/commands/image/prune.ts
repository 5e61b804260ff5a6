import { defineCommand } from '../../cli/command.ts';
import { confirm } from '../../cli/prompt.ts';
import { pruneImages } from '../../engine/image/prune.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printPruned } from '../system/prune-output.ts';

export const command = defineCommand({
  names: ['image prune'],
  summary: 'Remove images that nothing needs',
  usage: '[OPTIONS]',
  description:
    'Those without a name, or with --all every image that no container was made from; without a filter also layers that belong to none, which broken pulls leave.',
  examples: ['image prune', 'image prune --all --force --filter until=24h'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Also images with names' },
    'build-cache': { type: 'bool', summary: 'Also the caches of RUN --mount=type=cache' },
    external: {
      type: 'bool',
      summary: 'Also images that containers of other programs use: there never are any',
    },
    filter: {
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Only those that match: label, label!, until, dangling',
    },
    force: { short: 'f', type: 'bool', summary: 'Do not ask' },
  },
  args: { min: 0, max: 0 },
  run: ({ options: { all, filter, force, 'build-cache': caches } }) =>
    withExitCode1(async () => {
      const filters = absoluteTimes(filter);
      const which = all
        ? 'all images without at least one container associated to them'
        : 'all dangling images';
      if (!force && !(await confirm(`This will remove ${which}.`))) return 0;
      const { lines, bytes, failures } = await pruneImages(openEngine(), { all, filters });
      const kinds = [{ title: 'Deleted Images', lines }];
      if (!caches) return printPruned(kinds, bytes, failures);
      const { pruneBuildCache } = await import('../../engine/build/cache-prune.ts');
      const { shortCacheId } = await import('../buildx/cache-row.ts');
      const { entries, freed } = pruneBuildCache(openEngine(), {
        matches: ({ type }) => type === 'exec.cachemount',
      });
      kinds.push({ title: 'Deleted build cache objects', lines: entries.map(({ id }) => shortCacheId(id)) });
      return printPruned(kinds, bytes + freed, failures);
    }),
});
