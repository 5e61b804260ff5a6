/** `--filter` of `volume ls` and `volume prune`: texts become one predicate. */
import { ProaError } from '../../core/error.ts';
import type { Store } from '../../storage/store.ts';
import type { VolumeRecord } from '../../storage/volumes.ts';
import { volumeUsers } from './users.ts';

type Test = (volume: VolumeRecord) => boolean;

/** Makes a test of one value. */
type Maker = (value: string, store: Store, filter: string) => Test;

const MAKERS: Readonly<Record<string, Maker>> = {
  dangling: (value, store, filter) => {
    if (!/^(true|false|1|0)$/i.test(value)) throw invalid(filter, 'dangling is true or false');
    const wanted = /^(true|1)$/i.test(value);
    const { users, bad } = volumeUsers(store);
    // What an unreadable record uses is not known, so nothing is known to be unused.
    return ({ name }) => (bad.length === 0 && !users.has(name)) === wanted;
  },
  driver:
    (value) =>
    ({ driver }) =>
      driver === value,
  label: (value) => hasLabel(value),
  'label!': (value) => {
    const has = hasLabel(value);
    return (volume) => !has(volume);
  },
  name:
    (value) =>
    ({ name }) =>
      name.includes(value),
  opt: (value) => {
    const [key, wanted] = splitOnce(value);
    return ({ options }) => Object.hasOwn(options, key) && (wanted === undefined || options[key] === wanted);
  },
  scope: (value) => () => value === 'local',
  until: (value, _, filter) => {
    const border = Date.parse(value);
    if (Number.isNaN(border)) throw invalid(filter, 'it is no point in time');
    return ({ created }) => Date.parse(created) < border;
  },
};

/** Those that must all hold; of the others' values, one a key. */
const ALL = ['label', 'label!'];

/**
 * @param keys which of the filters the command knows
 * @param filters KEY=VALUE; `until` as RFC 3339
 * @throws ProaError INVALID_FILTER
 */
export function volumeFilter(store: Store, filters: readonly string[], keys = Object.keys(MAKERS)): Test {
  const groups = new Map<string, Test[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 1) throw invalid(filter, 'it is not KEY=VALUE');
    const key = filter.slice(0, equals).trim().toLowerCase();
    if (!keys.includes(key)) throw invalid(filter, `filters here are ${keys.join(', ')}`);
    const group = ALL.includes(key) ? filter : key;
    const test = MAKERS[key]!(filter.slice(equals + 1).trim(), store, filter);
    groups.set(group, [...(groups.get(group) ?? []), test]);
  }
  const tests = [...groups.values()];
  return (volume) => tests.every((any) => any.some((test) => test(volume)));
}

function hasLabel(value: string): Test {
  const [key, wanted] = splitOnce(value);
  return ({ labels }) => Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`);
}
