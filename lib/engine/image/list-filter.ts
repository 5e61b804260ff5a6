/** `--filter` of `images`: texts become one function. */
import { ProaError } from '../../core/error.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { familiarName, familiarRepository, parseReference } from '../../oci/model/reference.ts';
import type { ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import type { NamedImage } from './list.ts';
import { requireImage } from './require-image.ts';

type Predicate = (image: NamedImage) => boolean;

const KEYS = ['dangling', 'label', 'before', 'since', 'until', 'reference', 'id'];

/**
 * All filters must hold; of several `reference` or `id`, one. The function gives what stays of an image: with a
 * `reference` only the names that match, and nothing when none does.
 * @throws ProaError INVALID_FILTER; IMAGE_NOT_FOUND for the image of a `before` or `since`
 */
export function imageFilter(
  engine: Engine,
  filters: readonly string[],
): (image: NamedImage) => NamedImage | undefined {
  const all: Predicate[] = [];
  const patterns: string[] = [];
  const ids: Predicate[] = [];
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 1) throw invalid(filter, 'it must be of the form KEY=VALUE');
    const key = filter.slice(0, equals).trim().toLowerCase();
    const value = filter.slice(equals + 1).trim();
    if (key === 'reference') patterns.push(value);
    else if (key === 'id')
      ids.push(({ record }) => digestHex(record.id).startsWith(value.replace('sha256:', '')));
    else all.push(predicate(engine, filter, key, value));
  }
  if (ids.length > 0) all.push((image) => ids.some((holds) => holds(image)));
  return (image) => {
    if (!all.every((holds) => holds(image))) return undefined;
    if (patterns.length === 0) return image;
    const names = image.names.filter((name) => patterns.some((pattern) => isNamed(name, pattern)));
    return names.length === 0 ? undefined : { ...image, names };
  };
}

function predicate(engine: Engine, filter: string, key: string, value: string): Predicate {
  switch (key) {
    case 'dangling': {
      if (!/^(true|false|1|0)$/i.test(value)) throw invalid(filter, 'dangling is true or false');
      const wanted = /^(true|1)$/i.test(value);
      return ({ names }) => (names.length === 0) === wanted;
    }
    case 'label': {
      const [name, ...rest] = value.split('=');
      const text = rest.length === 0 ? undefined : rest.join('=');
      return ({ record }) => {
        const label = record.labels?.[name!];
        return label !== undefined && (text === undefined || label === text);
      };
    }
    case 'before': {
      const border = timeOf(requireImage(engine, value));
      return ({ record }) => timeOf(record) < border;
    }
    case 'since': {
      const border = timeOf(requireImage(engine, value));
      return ({ record }) => timeOf(record) > border;
    }
    case 'until': {
      const border = Date.parse(value);
      if (Number.isNaN(border)) throw invalid(filter, 'until takes a date such as 2024-05-01T12:00:00Z');
      return ({ record }) => timeOf(record) < border;
    }
    default:
      throw invalid(filter, `there is no key '${key}', only ${KEYS.join(', ')}`);
  }
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
