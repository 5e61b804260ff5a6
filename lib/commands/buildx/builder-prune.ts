import { defineCommand } from '../../cli/command.ts';
import { withExitCode1 } from '../exit-code.ts';
import { printPruned } from '../system/prune-output.ts';
import { shortCacheId } from './cache-row.ts';
import { pruneCache, pruneOptions } from './prune-cache.ts';

export const command = defineCommand({
  names: ['builder prune'],
  summary: 'Remove what builds keep for the next ones',
  usage: '[OPTIONS]',
  description: 'What images have too stays, as nothing would be freed; with --all its records go as well.',
  examples: [
    'builder prune',
    'builder prune --all --force',
    'builder prune -f --keep-storage 2GB --filter until=48h',
  ],
  options: pruneOptions,
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const pruned = await pruneCache(options);
      if (pruned === undefined) return 0;
      const lines = pruned.entries.map(({ id }) => shortCacheId(id));
      return await printPruned([{ title: 'Deleted build cache objects', lines }], pruned.freed);
    }),
});
