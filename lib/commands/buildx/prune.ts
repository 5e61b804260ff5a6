import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { formatBytes } from '../../cli/values.ts';
import { print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { CACHE_HEADERS, CACHE_TABLE, cacheFacts, cacheRow } from './cache-row.ts';
import { pruneCache, pruneOptions } from './prune-cache.ts';

export const command = defineCommand({
  names: ['buildx prune'],
  summary: 'Remove what builds keep for the next ones',
  usage: '[OPTIONS]',
  examples: [
    'buildx prune',
    'buildx prune --all --force',
    'buildx prune -f --keep-storage 2GB --filter until=48h',
  ],
  options: {
    ...pruneOptions,
    timeout: { type: 'duration', summary: 'How long to wait for a builder: there is nothing to wait for' },
    verbose: { type: 'bool', summary: 'Show all that is known of each' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const pruned = await pruneCache(options);
      if (pruned === undefined) return;
      const { entries, freed } = pruned;
      if (options.verbose) await print(entries.map((entry) => `${cacheFacts(entry)}\n`).join(''));
      else if (entries.length > 0) {
        const rows = entries.map((entry) => cacheRow(entry, true));
        await print(await formatRows(rows, { defaultTable: CACHE_TABLE, headers: CACHE_HEADERS }));
      }
      await print(`Total:\t${formatBytes(freed, 4)}\n`);
    }),
});
