/** `--filter` of `network ls` and `network prune`: texts become one predicate. */

import { listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import {
  COMMON_FILTERS,
  invalidFilter,
  type Maker,
  objectFilter,
  readBool,
  type Test,
} from '../object-filter.ts';
import { networkNamesOf } from './attachments.ts';
import type { ShownNetwork } from './inspect.ts';

const MAKERS: Readonly<Record<string, Maker<ShownNetwork>>> = {
  ...COMMON_FILTERS,
  dangling: (value, store, filter) => {
    const wanted = readBool(value, filter);
    const isUsed = networkUse(store);
    return ({ name, builtin }) => !builtin && !isUsed(name) === wanted;
  },
  id:
    (value) =>
    ({ id }) =>
      id.startsWith(value),
  name:
    (value) =>
    ({ name }) =>
      name.includes(value),
  type: (value, _, filter) => {
    if (value !== 'custom' && value !== 'builtin') throw invalidFilter(filter, 'type is custom or builtin');
    return ({ builtin }) => builtin === (value === 'builtin');
  },
};

/**
 * @param keys which of the filters the command knows
 * @param filters KEY=VALUE; `until` as RFC 3339
 * @throws ProaError INVALID_FILTER
 */
export function networkFilter(
  store: Store,
  filters: readonly string[],
  keys = Object.keys(MAKERS),
): Test<ShownNetwork> {
  return objectFilter(store, MAKERS, filters, keys);
}

/**
 * Whether a container has a network of this name, running or not. What an unreadable record uses is not known, so with one
 * of them nothing is known to be unused.
 */
export function networkUse(store: Store): (name: string) => boolean {
  const bad: BadRecord[] = [];
  const used = new Set(listContainers(store, bad).flatMap(({ config }) => networkNamesOf(config)));
  return (name) => bad.length > 0 || used.has(name);
}
