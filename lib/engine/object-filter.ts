/** `--filter` of `ls` and `prune` for objects with a driver, labels and a date: texts become one predicate. */
import { ProaError } from '../core/error.ts';
import type { Store } from '../storage/store.ts';

export type Test<T> = (object: T) => boolean;

/** Makes a test of one value. `filter` is the whole text, for errors. */
export type Maker<T> = (value: string, store: Store, filter: string) => Test<T>;

interface Labelled {
  labels: Readonly<Record<string, string>>;
  driver: string;
  created: string;
}

/** Filters that mean the same for all kinds of objects. */
export const COMMON_FILTERS = {
  driver:
    (value) =>
    ({ driver }) =>
      driver === value,
  label: (value) => hasLabel(value),
  'label!': (value) => {
    const has = hasLabel(value);
    return (object) => !has(object);
  },
  // There is no swarm whose scope could be another.
  scope: (value) => () => value === 'local',
  until: (value, _, filter) => {
    const border = Date.parse(value);
    if (Number.isNaN(border)) throw invalidFilter(filter, 'it is no point in time');
    return ({ created }) => Date.parse(created) < border;
  },
} satisfies Record<string, Maker<Labelled>>;

/** Those that must all hold; of the others' values, one a key. */
const ALL = ['label', 'label!'];

/**
 * @param makers the filters that there are
 * @param keys which of them the command knows
 * @param filters KEY=VALUE; `until` as RFC 3339
 * @throws ProaError INVALID_FILTER
 */
export function objectFilter<T>(
  store: Store,
  makers: Readonly<Record<string, Maker<T>>>,
  filters: readonly string[],
  keys: readonly string[],
): Test<T> {
  const groups = new Map<string, Test<T>[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 1) throw invalidFilter(filter, 'it is not KEY=VALUE');
    const key = filter.slice(0, equals).trim().toLowerCase();
    if (!keys.includes(key)) throw invalidFilter(filter, `filters here are ${keys.join(', ')}`);
    const group = ALL.includes(key) ? filter : key;
    const test = makers[key]!(filter.slice(equals + 1).trim(), store, filter);
    groups.set(group, [...(groups.get(group) ?? []), test]);
  }
  const tests = [...groups.values()];
  return (object) => tests.every((any) => any.some((test) => test(object)));
}

/** @throws ProaError INVALID_FILTER for what is neither true nor false */
export function readBool(value: string, filter: string): boolean {
  if (!/^(true|false|1|0)$/i.test(value)) throw invalidFilter(filter, 'it is true or false');
  return /^(true|1)$/i.test(value);
}

/** `KEY` or `KEY=VALUE`. */
export function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

export function invalidFilter(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`);
}

function hasLabel(value: string): Test<Pick<Labelled, 'labels'>> {
  const [key, wanted] = splitOnce(value);
  return ({ labels }) => Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
}
