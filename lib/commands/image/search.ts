import { defineCommand } from '../../cli/command.ts';
import { formatRows } from '../../cli/format.ts';
import { messageOf, ProaError } from '../../core/error.ts';
import { type FoundImage, repositoryTags, searchImages } from '../../engine/image/search.ts';
import { parseReference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { print, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { readRegistryOptions, registryOptions } from './registry-options.ts';

const TABLE = 'table {{.Name}}\t{{.Description}}\t{{.Stars}}\t{{.Official}}';
const COMPATIBLE = `${TABLE}\t{{.Automated}}`;
const TAGS = 'table {{.Name}}\t{{.Tag}}';
const DESCRIPTION_WIDTH = 45;
const LIMIT = 25;

export const command = defineCommand({
  names: ['search', 'image search'],
  summary: 'Look for images in a registry',
  usage: '[OPTIONS] TERM',
  description:
    'Asks the registry that TERM begins with; without one, those of unqualified-search-registries in registries.conf, or Docker Hub. A registry without a search of its own is asked for all of its repositories.',
  examples: [
    'search nginx',
    'search --filter is-official=true nginx',
    'search 127.0.0.1:5000/',
    'search --list-tags quay.io/team/app',
  ],
  options: {
    compatible: { type: 'bool', summary: 'Show the column AUTOMATED too' },
    filter: {
      short: 'f',
      type: 'list',
      metavar: 'KEY=VALUE',
      summary: 'stars=N, is-official=BOOL, is-automated=BOOL',
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: "'table', 'table TEMPLATE', 'json' or a Go template",
    },
    limit: { type: 'int', metavar: 'N', default: LIMIT, summary: 'How many at most' },
    'list-tags': { type: 'bool', summary: 'List the tags of the repository TERM' },
    'no-trunc': { type: 'bool', summary: 'Do not shorten descriptions' },
    ...registryOptions,
  },
  args: { min: 1, max: 1 },
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { format, 'no-trunc': full, compatible } = options;
      const limit = readLimit(options.limit);
      const registry = readRegistryOptions(options);
      if (options['list-tags']) {
        if (options.filter.length > 0)
          throw new ProaError('CONFLICTING_OPTIONS', 'filters are not applicable to list tags result');
        return await print(await listTags(args[0]!, limit, format, registry));
      }
      const passes = readFilters(options.filter);
      const { found: all, failures } = await searchImages(args[0]!, limit, registry);
      for (const failure of failures) warn(`Warning: ${messageOf(failure)}`);
      const found = all.filter(passes);
      const defaultTable = compatible ? COMPATIBLE : TABLE;
      await print(
        await formatRows(
          found.map((one) => row(one, full)),
          { format, defaultTable, headers: {} },
        ),
      );
    }),
});

/** Podman's lines, and its `json`: one object for the repository. */
async function listTags(
  text: string,
  limit: number,
  format: string | undefined,
  registry: RegistryOptions,
): Promise<string> {
  const reference = parseReference(text, { defaultTag: false });
  const Name = `${reference.registry}/${reference.repository}`;
  const Tags = (await repositoryTags(reference, registry)).slice(0, limit);
  if (format?.trim() === 'json') return `${JSON.stringify([{ Name, Tags }], null, 4)}\n`;
  const rows = Tags.map((Tag) => ({ Name, Tag }));
  return formatRows(rows, { format, defaultTable: TAGS, headers: {} });
}

/** Zero and less ask for what there is by default, more than a registry gives for all that it gives (as Podman). */
function readLimit(limit: number): number {
  return limit > 0 ? limit : LIMIT;
}

function row({ index, name, description, stars, official, automated }: FoundImage, full: boolean): object {
  const line = description.replace(/\s+/g, ' ');
  return {
    Index: index,
    Name: name,
    Description: full || line.length <= DESCRIPTION_WIDTH ? line : `${line.slice(0, DESCRIPTION_WIDTH - 1)}…`,
    Stars: stars,
    StarCount: stars,
    Official: official ? '[OK]' : '',
    IsOfficial: official,
    Automated: automated ? '[OK]' : '',
    IsAutomated: automated,
  };
}

function readFilters(filters: readonly string[]): (image: FoundImage) => boolean {
  const tests = filters.map((text): ((image: FoundImage) => boolean) => {
    const [, key, value = ''] = /^([^=]+)=?(.*)$/.exec(text) ?? [];
    if (key === 'stars' && /^\d+$/.test(value)) return ({ stars }) => stars >= Number(value);
    if (key === 'is-official' && isBoolean(value)) return ({ official }) => official === (value !== 'false');
    if (key === 'is-automated' && isBoolean(value))
      return ({ automated }) => automated === (value !== 'false');
    const known = ['stars', 'is-official', 'is-automated'].includes(key ?? '');
    throw new ProaError('INVALID_FILTER', `Invalid filter '${known ? text : (key ?? text)}'`, {
      hint: 'Filters: stars=N, is-official=true|false, is-automated=true|false',
    });
  });
  return (image) => tests.every((test) => test(image));
}

function isBoolean(text: string): boolean {
  return ['', 'true', 'false'].includes(text);
}
