import { defineCommand } from '../../cli/command.ts';
import { renderError } from '../../cli/error-text.ts';
import { formatRows } from '../../cli/format.ts';
import { formatBytes } from '../../cli/values.ts';
import { type DiskUsage, diskUsage, type Sum } from '../../engine/system/disk-usage.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { isDebug } from '../globals.ts';

const TABLE = 'table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}';
const HEADERS = { TotalCount: 'TOTAL', RawSize: 'SIZE', RawReclaimable: 'RECLAIMABLE' };

export const command = defineCommand({
  names: ['system df'],
  summary: 'Show what images, containers, volumes and the build cache take',
  usage: '[OPTIONS]',
  description:
    'What things take on the disk, as du counts it, with their records and logs. RECLAIMABLE is what nothing uses now: images and volumes that no container has, containers that do not run, and the cache.',
  examples: ['system df', 'system df -v', "system df --format '{{.Type}}: {{.Size}}'"],
  options: {
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    verbose: { short: 'v', type: 'bool', summary: 'Show each image, container and volume' },
  },
  args: { min: 0, max: 0 },
  run: ({ options: { format, verbose } }) =>
    withExitCode1(async () => {
      const engine = openEngine();
      const usage = diskUsage(engine);
      for (const { error } of usage.bad) process.stderr.write(renderError(error, { debug: isDebug() }));
      if (verbose) {
        const { renderVerbose } = await import('./df-verbose.ts');
        return print(await renderVerbose(engine.store, usage, format));
      }
      await print(await formatRows(rowsOf(usage), { format, defaultTable: TABLE, headers: HEADERS }));
    }),
});

/** Podman's fields. They are inherited, so that `--format json` has Docker's and no others. */
class PodmanFields {
  readonly #sum: Sum;

  constructor(sum: Sum) {
    this.#sum = sum;
  }
  get Total(): number {
    return this.#sum.total;
  }
  get RawSize(): number {
    return this.#sum.size;
  }
  get RawReclaimable(): number {
    return this.#sum.reclaimable;
  }
}

function rowsOf({ images, containers, volumes, buildCache }: DiskUsage): object[] {
  return [
    row('Images', images),
    row('Containers', containers),
    row('Local Volumes', volumes),
    row('Build Cache', buildCache),
  ];
}

function row(type: string, sum: Sum): object {
  const { total, active, size, reclaimable } = sum;
  const percent = size > 0 ? ` (${Math.trunc((reclaimable * 100) / size)}%)` : '';
  return Object.assign(new PodmanFields(sum), {
    Active: String(active),
    Reclaimable: `${formatBytes(reclaimable, 4)}${percent}`,
    Size: formatBytes(size, 4),
    TotalCount: String(total),
    Type: type,
  });
}
