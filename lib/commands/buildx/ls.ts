import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { VERSION } from '../../core/version.ts';
import { allBuilders } from '../../engine/build/builders.ts';
import { machinePlatforms } from '../../engine/build/machine-platforms.ts';
import { formatPlatform } from '../../oci/model/platform.ts';
import { type BuilderRecord, currentBuilder } from '../../storage/builders.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const TABLE = 'table {{.NameNode}}\t{{.DriverEndpoint}}\t{{.Status}}\t{{.Buildkit}}\t{{.Platforms}}';
const HEADERS = {
  NameNode: 'NAME/NODE',
  DriverEndpoint: 'DRIVER/ENDPOINT',
  LastActivity: 'LAST ACTIVITY',
  Buildkit: 'BUILDKIT',
};
/** So many platforms are shown of a node in a table. */
const SHOWN = 4;

export const command = defineCommand({
  names: ['buildx ls'],
  summary: 'List builders and their nodes',
  usage: '[OPTIONS]',
  examples: ['buildx ls', "buildx ls --format '{{.NameNode}}: {{.DriverEndpoint}}'", 'buildx ls -q'],
  options: {
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    'no-trunc': { type: 'bool', summary: 'Show all platforms' },
    quiet: { short: 'q', type: 'bool', summary: 'Show only the names of builders' },
    timeout: { type: 'duration', summary: 'How long to wait for nodes: there is nothing to wait for' },
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const { store } = openEngine();
      const builders = allBuilders(store);
      const { format, quiet } = options;
      if (quiet && !format) return print(builders.map(({ name }) => `${name}\n`).join(''));
      const current = currentBuilder(store);
      const isTable = /^\s*(table\b|$)/.test(format ?? '');
      const shorten = isTable && !options['no-trunc'];
      const rows = builders.flatMap((builder) => rowsOf(builder, builder.name === current, isTable, shorten));
      await print(await formatRows(rows, { format, defaultTable: TABLE, headers: HEADERS }));
    }),
});

/** One of the builder and one of each of its nodes. */
function rowsOf(builder: BuilderRecord, isCurrent: boolean, isTable: boolean, shorten: boolean): object[] {
  const { name, driver, nodes, created } = builder;
  const mark = isTable ? ' \\_ ' : '';
  const nothing = { LastActivity: created, Error: '', IsCurrent: isCurrent };
  const head = {
    ...nothing,
    Name: name,
    NameNode: isTable && isCurrent ? `${name}*` : name,
    DriverEndpoint: driver,
    Status: '',
    Buildkit: '',
    Platforms: '',
    IsNode: false,
  };
  const rows = nodes.map((node) => ({
    ...nothing,
    Name: node.name,
    NameNode: `${mark}${node.name}`,
    DriverEndpoint: `${mark}${node.endpoint}`,
    Status: 'running',
    Buildkit: `v${VERSION}`,
    Platforms: platformsText(node.platforms, shorten),
    IsNode: true,
  }));
  return [head, ...rows];
}

function platformsText(noted: readonly string[], shorten: boolean): string {
  const all = platformWords(noted);
  if (!shorten || all.length <= SHOWN) return all.join(', ');
  return `${all.slice(0, SHOWN).join(', ')}, (+${all.length - SHOWN} more)`;
}

/** Those that were noted are marked, what the machine has follows. */
export function platformWords(noted: readonly string[]): string[] {
  const own = machinePlatforms().map(formatPlatform);
  return [...noted.map((each) => `${each}*`), ...own.filter((each) => !noted.includes(each))];
}
