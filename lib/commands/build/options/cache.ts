/** What a build takes from caches, what it leaves there, and what it fetches anew. */
import type { Options, OptionTable } from '../../../cli/command.ts';
import { parseDuration } from '../../../cli/values.ts';
import type { BuildRequest, CachePlace } from '../../../engine/build/request.ts';
import { invalidOption, splitWords } from '../../container/options/invalid.ts';
import { keyValues } from './key-values.ts';
import { absolute } from './source.ts';

export const cacheOptions = {
  'cache-from': {
    type: 'list',
    metavar: 'IMAGE|type=TYPE,...',
    summary:
      'Caches to take from: type=registry,ref=IMAGE or type=local,src=DIR; or an image that holds its own',
  },
  'cache-to': {
    type: 'list',
    metavar: 'IMAGE|type=TYPE,...',
    summary:
      'Where to leave the cache: type=registry,ref=IMAGE, type=local,dest=DIR or type=inline; mode=min|max',
  },
  'cache-ttl': { type: 'string', metavar: 'DURATION', summary: 'Take nothing from the cache that is older' },
  layers: {
    type: 'bool',
    default: true,
    summary: 'One layer an instruction; with false, one for the whole stage',
  },
  'no-cache': { type: 'bool', summary: 'Take nothing from the cache' },
  'no-cache-filter': {
    type: 'list',
    metavar: 'STAGE',
    summary: 'Take nothing from the cache for these stages',
  },
  pull: {
    type: 'string',
    optionalValue: 'true',
    metavar: 'POLICY',
    summary: 'When base images are pulled: missing, always (--pull alone), newer, never (default: missing)',
  },
} as const satisfies OptionTable;

type CacheOptions = Options<typeof cacheOptions>;

/** @throws ProaError INVALID_OPTION */
export function readPull({ pull = 'missing' }: Pick<CacheOptions, 'pull'>): BuildRequest['pull'] {
  switch (pull.toLowerCase()) {
    case 'always':
    case 'true':
    case '1':
      return 'always';
    case 'missing':
    case 'ifmissing':
    case 'notpresent':
    case 'false':
    case '0':
    case '':
      return 'missing';
    case 'newer':
    case 'ifnewer':
      return 'newer';
    case 'never':
      return 'never';
    default:
      throw invalidOption('pull', pull, 'must be one of missing, always, newer, never');
  }
}

export function readNoCache(options: CacheOptions): BuildRequest['noCache'] {
  if (options['no-cache']) return true;
  const stages = splitWords(options['no-cache-filter']);
  return stages.length > 0 ? stages : false;
}

/** Seconds. @throws ProaError INVALID_OPTION */
export function readCacheTtl({ 'cache-ttl': text }: Pick<CacheOptions, 'cache-ttl'>): number | undefined {
  if (text === undefined || text === '') return undefined;
  return parseDuration(text);
}

/** @throws ProaError INVALID_OPTION */
export function readCachePlaces(option: 'cache-from' | 'cache-to', texts: readonly string[]): CachePlace[] {
  return texts.flatMap((text) => {
    // An image's name alone; several may be in one word, as docker takes them.
    if (!text.includes('=')) return splitWords([text]).map((name) => registryPlace(name));
    return [readPlace(option, text)];
  });
}

function registryPlace(place: string): CachePlace {
  return { type: 'registry', place, mode: 'min', attributes: {} };
}

function readPlace(option: 'cache-from' | 'cache-to', text: string): CachePlace {
  const { type = 'registry', ref, src, dest, mode = 'min', ...rest } = keyValues<string>(option, text);
  if (mode !== 'min' && mode !== 'max')
    throw invalidOption(option, text, `mode=${mode} is neither min nor max`);
  const attributes = rest as Record<string, string>;
  const folder = option === 'cache-from' ? src : dest;
  switch (type) {
    case 'registry':
      if (!ref)
        throw invalidOption(
          option,
          text,
          'ref is required for registry',
          'For example type=registry,ref=quay.io/team/cache',
        );
      return { type, place: ref, mode, attributes };
    case 'local':
      if (!folder)
        throw invalidOption(
          option,
          text,
          `${option === 'cache-from' ? 'src' : 'dest'} is required for local`,
        );
      return { type, place: absolute(folder), mode, attributes };
    case 'inline':
      if (option === 'cache-from')
        throw invalidOption(
          option,
          text,
          'an image that holds its cache is named as such',
          'type=registry,ref=IMAGE',
        );
      return { type, mode, attributes };
    case 'gha':
    case 's3':
    case 'azblob':
      throw invalidOption(
        option,
        text,
        `${type} is a service of one provider, and Proa speaks to registries and folders`,
        'Use type=registry or type=local',
      );
    default:
      throw invalidOption(option, text, `unsupported type "${type}"`, 'It is one of registry, local, inline');
  }
}
