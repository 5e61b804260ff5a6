/** `--filter` of `network ls` and `network prune`: texts become one predicate. */
import { ProaError } from '../../core/error.ts';
import { listContainers } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { networkNamesOf } from './attachments.ts';
import type { ShownNetwork } from './inspect.ts';

type Test = (network: ShownNetwork) => boolean;

/** Makes a test of one value. */
type Maker = (value: string, store: Store, filter: string) => Test;

const MAKERS: Readonly<Record<string, Maker>> = {
  dangling: (value, store, filter) => {
    if (!/^(true|false|1|0)$/i.test(value)) throw invalid(filter, 'dangling is true or false');
    const wanted = /^(true|1)$/i.test(value);
    const used = usedNetworks(store);
    return ({ name, builtin }) => !builtin && !used.has(name) === wanted;
  },
  driver:
    (value) =>
    ({ driver }) =>
      driver === value,
  id:
    (value) =>
    ({ id }) =>
      id.startsWith(value),
  label: (value) => hasLabel(value),
  'label!': (value) => {
    const has = hasLabel(value);
    return (network) => !has(network);
  },
  name:
    (value) =>
    ({ name }) =>
      name.includes(value),
  scope: (value) => () => value === 'local',
  type: (value, _, filter) => {
    if (value !== 'custom' && value !== 'builtin') throw invalid(filter, 'type is custom or builtin');
    return ({ builtin }) => builtin === (value === 'builtin');
  },
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
export function networkFilter(store: Store, filters: readonly string[], keys = Object.keys(MAKERS)): Test {
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
  return (network) => tests.every((any) => any.some((test) => test(network)));
}

/** The names of all networks that a container has, whether or not it runs. */
export function usedNetworks(store: Store): Set<string> {
  return new Set(listContainers(store, []).flatMap(({ config }) => networkNamesOf(config)));
}

function hasLabel(value: string): Test {
  const at = value.indexOf('=');
  const [key, wanted] = at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + 1)];
  return ({ labels }) => Object.hasOwn(labels, key) && (wanted === undefined || labels[key] === wanted);
}

function invalid(filter: string, why: string): ProaError {
  return new ProaError('INVALID_FILTER', `use filter ${JSON.stringify(filter)}: ${why}`);
}
