/**
 * What `logs --details` shows of a container beside its lines: the labels, variables and tag that its log options name
 * (Docker's "Customize log driver output").
 */
import { ProaError } from '../../core/error.ts';
import type { ContainerConfig } from '../../storage/containers.ts';

type Described = Pick<ContainerConfig, 'id' | 'name' | 'image' | 'labels' | 'env' | 'logging'> &
  Pick<ContainerConfig, 'entrypoint' | 'command'>;

/** Docker's fields of a tag. */
const TAG_FIELDS: Readonly<Record<string, (config: Described) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ name }) => name,
  ImageID: ({ image }) => (image?.id ?? '').replace(/^sha256:/, '').slice(0, 12),
  ImageFullID: ({ image }) => image?.id ?? '',
  ImageName: ({ image }) => image?.name ?? '',
  Command: ({ entrypoint, command }) => [...entrypoint, ...command].join(' '),
  DaemonName: () => 'proa',
};

const FIELD = /\{\{\s*\.(\w*)\s*\}\}/g;

/** @throws ProaError INVALID_OPTION naming what a tag cannot have */
export function checkTag(tag: string): void {
  const unknown = [...tag.matchAll(FIELD)].find(([, field]) => !Object.hasOwn(TAG_FIELDS, field!));
  const rest = tag.replaceAll(FIELD, '');
  if (unknown === undefined && !rest.includes('{{')) return;
  throw new ProaError(
    'INVALID_OPTION',
    `invalid log tag "${tag}": ${unknown?.[0] ?? rest} is no field of it`,
    {
      hint: `Fields: ${Object.keys(TAG_FIELDS)
        .map((field) => `{{.${field}}}`)
        .join(' ')}`,
    },
  );
}

/** The tag with its fields filled in; without an option of that name, Docker's default. */
export function logTag(config: Described): string {
  const tag = config.logging?.options.tag ?? '{{.ID}}';
  return tag.replaceAll(FIELD, (text, field: string) => TAG_FIELDS[field]?.(config) ?? text);
}

/** `KEY=VALUE,…` in the order of the keys, as Docker prints it; empty when the options name nothing. */
export function logDetails(config: Described): string {
  const { options = {} } = config.logging ?? {};
  const found = new Map<string, string>();
  const variables = Object.fromEntries(
    config.env.map((entry) => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]),
  );
  for (const [kind, values] of [
    ['labels', config.labels],
    ['env', variables],
  ] as const) {
    const names = options[kind]?.split(',') ?? [];
    const pattern = options[`${kind}-regex`];
    const matching = pattern === undefined ? undefined : new RegExp(pattern);
    for (const [name, value] of Object.entries(values))
      if (names.includes(name) || matching?.test(name)) found.set(name, value);
  }
  if (options.tag !== undefined) found.set('tag', logTag(config));
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.map(queryEscape).join('='))
    .join(',');
}

/** Go's url.QueryEscape. */
function queryEscape(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
