import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { formatBytes } from '../../cli/values.ts';
import { requireBuilder } from '../../engine/build/builders.ts';
import { cacheFilter } from '../../engine/build/cache-filter.ts';
import { buildCacheUsage, type CacheEntry } from '../../engine/build/cache-usage.ts';
import { absoluteTimes } from '../container/filter-times.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { builderOption } from './builder-option.ts';
import { CACHE_HEADERS, CACHE_TABLE, cacheFacts, cacheRow } from './cache-row.ts';

export const command = defineCommand({
  names: ['buildx du', 'builder du'],
  summary: 'Show what the build cache holds',
  usage: '[OPTIONS]',
  description:
    'A * behind an id: its files may change (--mount=type=cache). A * behind a size: an image has the same layer.',
  examples: ['buildx du', 'buildx du --verbose --filter until=24h', 'buildx du --format json'],
  options: {
    ...builderOption,
    filter: {
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'Only what matches: id, type, description, until, inuse, shared, private, mutable, immutable',
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    timeout: { type: 'duration', summary: 'How long to wait for a builder: there is nothing to wait for' },
    verbose: { type: 'bool', summary: 'Show all that is known of each' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      requireBuilder(engine.store, options.builder);
      const matches = cacheFilter(absoluteTimes(options.filter));
      // What takes most comes first.
      const entries = buildCacheUsage(engine)
        .filter(matches)
        .sort((a, b) => b.size - a.size);
      const { format, verbose } = options;
      if (verbose) await print(entries.map((entry) => `${cacheFacts(entry)}\n`).join(''));
      else {
        const isTable = /^\s*(table\b|$)/.test(format ?? '');
        const rows = entries.map((entry) => cacheRow(entry, isTable));
        await print(await formatRows(rows, { format, defaultTable: CACHE_TABLE, headers: CACHE_HEADERS }));
        if (!isTable) return;
      }
      await print(totals(entries));
    }),
});

function totals(entries: readonly CacheEntry[]): string {
  const sum = (list: readonly CacheEntry[]): string => formatBytes(sizeOnce(list), 4);
  const shared = entries.filter((entry) => entry.shared);
  const lines = [
    ...(shared.length === 0
      ? []
      : [
          ['Shared:', sum(shared)],
          ['Private:', sum(entries.filter((entry) => !entry.shared))],
        ]),
    ['Reclaimable:', sum(entries.filter(({ inUse }) => !inUse))],
    ['Total:', sum(entries)],
  ];
  return lines.map(([name, value]) => `${name!.padEnd(16)}${value}\n`).join('');
}

/** Several steps may have come to the same layer. */
function sizeOnce(entries: readonly CacheEntry[]): number {
  const sizes = new Map(entries.map(({ id, diffId, size }) => [diffId ?? id, size]));
  return [...sizes.values()].reduce((bytes, size) => bytes + size, 0);
}
