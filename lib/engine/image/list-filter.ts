/** `--filter` of `images` and of the prunes: texts become one function. */
import { ProaError } from '../../core/error.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { familiarName, familiarRepository, parseReference } from '../../oci/model/reference.ts';
import { type ContainerConfig, listContainers } from '../../storage/containers.ts';
import type { ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import type { NamedImage } from './list.ts';
import { requireImage } from './require-image.ts';

type Predicate = (image: NamedImage) => boolean;

/** One filter as it was given; `fail` says why its value will not do. */
interface Given {
  engine: Engine;
  value: string;
  fail: (why: string) => never;
}

const KEYS: Readonly<Record<string, (given: Given) => Predicate>> = {
  after: created('after'),
  before: created('before'),
  containers: usedByContainers,
  dangling: yesOrNo((image) => image.names.length === 0 && !image.isParent, hasTag),
  digest({ value, fail }) {
    if (!value.startsWith('sha256:')) fail('it takes the beginning of a digest: sha256:…');
    const digests = ({ record }: NamedImage): string[] => [
      record.manifest.digest,
      ...record.repoDigests.map((name) => name.slice(name.indexOf('@') + 1)),
    ];
    return (image) => digests(image).some((digest) => digest.startsWith(value));
  },
  id:
    ({ value }) =>
    ({ record }) =>
      digestHex(record.id).startsWith(value.replace('sha256:', '')),
  intermediate: yesOrNo((image) => image.names.length === 0 && image.isParent),
  label: ({ value }) => {
    const [name, ...rest] = value.split('=');
    const text = rest.length === 0 ? undefined : rest.join('=');
    return ({ record }) => {
      const label = record.labels?.[name!];
      return label !== undefined && (text === undefined || label === text);
    };
  },
  manifest: yesOrNo(({ record }) => record.list !== undefined),
  // There are no stores that are only read.
  readonly: yesOrNo(() => false),
  reference:
    ({ value }) =>
    ({ names }) =>
      names.some((name) => isNamed(name, value)),
  since: created('after'),
  until({ value, fail }) {
    const border = Date.parse(value);
    if (Number.isNaN(border)) fail('it takes a point in time, or how long ago: 2024-05-01T12:00:00Z, 24h');
    return ({ record }) => timeOf(record) < border;
  },
};

/** What may be asked of a prune. */
export const PRUNE_KEYS: readonly string[] = ['dangling', 'label', 'until'];

/**
 * All filters must hold; of several `reference`, `id` or `digest`, one. `KEY!=VALUE` turns a filter round. The function
 * gives what stays of an image: with a `reference` only the names that match, and nothing when none does.
 * @param keys those that may be used, all of them by default
 * @throws ProaError INVALID_FILTER; IMAGE_NOT_FOUND for the image of a `before` or `since`
 */
export function imageFilter(
  engine: Engine,
  filters: readonly string[],
  keys: readonly string[] = Object.keys(KEYS),
): (image: NamedImage) => NamedImage | undefined {
  const all: Predicate[] = [];
  const patterns: string[] = [];
  const choices = new Map<string, Predicate[]>();
  for (const filter of filters) {
    const { key, value, negated } = split(filter);
    const make = keys.includes(key) ? KEYS[key] : undefined;
    if (make === undefined) throw invalid(filter, `there is no key '${key}', only ${keys.join(', ')}`);
    const holds = make({
      engine,
      value,
      fail: (why) => {
        throw invalid(filter, why);
      },
    });
    if (negated) all.push((image) => !holds(image));
    else if (key === 'reference') patterns.push(value);
    else if (key === 'id' || key === 'digest') choices.set(key, [...(choices.get(key) ?? []), holds]);
    else all.push(holds);
  }
  for (const some of choices.values()) all.push((image) => some.some((holds) => holds(image)));
  return (image) => {
    if (!all.every((holds) => holds(image))) return undefined;
    if (patterns.length === 0) return image;
    const names = image.names.filter((name) => patterns.some((pattern) => isNamed(name, pattern)));
    return names.length === 0 ? undefined : { ...image, names };
  };
}

/** `dangling` as a prune understands it: the other way to say `--all`. The last one counts. */
export function danglingOf(filters: readonly string[]): boolean | undefined {
  const values = filters.map(split).filter(({ key }) => key === 'dangling');
  const last = values.at(-1);
  return last && isTrue(last.value) !== last.negated;
}

function split(filter: string): { key: string; value: string; negated: boolean } {
  const equals = filter.indexOf('=');
  if (equals < 1) throw invalid(filter, 'it must be of the form KEY=VALUE');
  const left = filter.slice(0, equals).trim().toLowerCase();
  const negated = left.endsWith('!');
  return { key: negated ? left.slice(0, -1) : left, value: filter.slice(equals + 1).trim(), negated };
}

/** @param isNot what `false` asks for, where that is not the rest */
function yesOrNo(is: Predicate, isNot: Predicate = (image) => !is(image)): (given: Given) => Predicate {
  return ({ value, fail }) => {
    if (!/^(1|t|true|0|f|false)$/i.test(value)) fail('it is true or false');
    return isTrue(value) ? is : isNot;
  };
}

function isTrue(value: string): boolean {
  return /^(1|t|true)$/i.test(value);
}

/** What `dangling=false` shows: intermediate images are no answer to it, as with Docker. */
function hasTag({ names }: NamedImage): boolean {
  return names.length > 0;
}

function created(side: 'before' | 'after'): (given: Given) => Predicate {
  return ({ engine, value }) => {
    const border = timeOf(requireImage(engine, value));
    return ({ record }) => (side === 'before' ? timeOf(record) < border : timeOf(record) > border);
  };
}

/** Podman also knows `external`: used by containers of other programs, of which there are none. */
function usedByContainers(given: Given): Predicate {
  if (given.value.toLowerCase() === 'external') return () => false;
  const used = new Set<string>();
  for (const { config } of listContainers(given.engine.store, []))
    for (const id of imagesOf(config)) used.add(id);
  return yesOrNo(({ record }) => used.has(record.id))(given);
}

/** The images that a container needs: its own, and those that are mounted in it. */
export function imagesOf({ image, mounts }: Pick<ContainerConfig, 'image' | 'mounts'>): string[] {
  // A damaged record may lack its mounts; that is for `system check` to say.
  return [image, ...(mounts ?? []).map((mount) => mount.image)].flatMap((one) => one?.id ?? []);
}

/** As Docker: the pattern is compared with `busybox:latest` and with `busybox`. */
function isNamed(name: string, pattern: string): boolean {
  const reference = parseReference(name);
  return [familiarName(reference), familiarRepository(reference), name].some((text) =>
    globMatches(pattern, text),
  );
}

/** Go's path.Match: `*` and `?` stop at a slash. */
export function globMatches(pattern: string, text: string): boolean {
  return pattern === text || new Bun.Glob(pattern).match(text);
}

/** Milliseconds since 1970; images without a date count as the oldest. */
export function timeOf({ created }: Pick<ImageRecord, 'created'>): number {
  const time = created === undefined ? Number.NaN : Date.parse(created);
  return Number.isNaN(time) ? 0 : time;
}

function invalid(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `invalid filter '${filter}': ${why}`);
}
