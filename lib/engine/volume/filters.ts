/** `--filter` of `volume ls` and `volume prune`: texts become one predicate. */
import { messageOf, ProaError } from '../../core/error.ts';
import type { Store } from '../../storage/store.ts';
import { readVolume, type VolumeRecord } from '../../storage/volumes.ts';
import { volumeUsers } from './users.ts';

type Test = (volume: VolumeRecord) => boolean;

/** Makes a test of one value. */
type Maker = (value: string, store: Store, filter: string) => Test;

/** Later than another volume. */
const since: Maker = (value, store, filter) => {
  const other = readVolume(store, value);
  if (other === undefined) throw invalid(filter, `there is no volume ${value}`);
  return ({ created }) => Date.parse(created) > Date.parse(other.created);
};

const MAKERS: Readonly<Record<string, Maker>> = {
  after: since,
  // Docker's `volume prune -a` in another form: here it always is.
  all: () => () => true,
  anonymous: (value, _, filter) => {
    const wanted = readBool(value, filter);
    return ({ anonymous }) => anonymous === wanted;
  },
  dangling: (value, store, filter) => {
    const wanted = readBool(value, filter);
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
  // Docker looks for a part of the name, Podman for a regular expression: those differ in what no name can have.
  name: (value, _, filter) => {
    const pattern = /^[\w.-]*$/.test(value) ? value.replaceAll('.', '\\.') : value;
    try {
      const regular = new RegExp(pattern);
      return ({ name }) => regular.test(name);
    } catch (error) {
      throw invalid(filter, messageOf(error));
    }
  },
  opt: (value) => {
    const [key, wanted] = splitOnce(value);
    return ({ options }) => Object.hasOwn(options, key) && (wanted === undefined || options[key] === wanted);
  },
  scope: (value) => () => value === 'local',
  since,
  until: (value, _, filter) => {
    const border = Date.parse(value);
    if (Number.isNaN(border)) throw invalid(filter, 'it is no point in time');
    return ({ created }) => Date.parse(created) < border;
  },
};

export const FILTER_KEYS: readonly string[] = Object.keys(MAKERS);

/** Those that must all hold; of the others' values, one a key. */
const ALL = ['label', 'label!'];

/**
 * @param keys which of the filters the command knows
 * @param filters KEY=VALUE; `until` as RFC 3339
 * @throws ProaError INVALID_FILTER
 */
export function volumeFilter(store: Store, filters: readonly string[], keys = FILTER_KEYS): Test {
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

function readBool(value: string, filter: string): boolean {
  if (!/^(true|false|1|0)$/i.test(value)) throw invalid(filter, 'it is true or false');
  return /^(true|1)$/i.test(value);
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
