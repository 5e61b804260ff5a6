/** `--filter` of `volume ls` and `volume prune`: texts become one predicate. */
import { messageOf } from '../../core/error.ts';
import type { Store } from '../../storage/store.ts';
import { readVolume, type VolumeRecord } from '../../storage/volumes.ts';
import {
  COMMON_FILTERS,
  invalidFilter,
  type Maker,
  objectFilter,
  readBool,
  splitOnce,
  type Test,
} from '../object-filter.ts';
import { volumeUsers } from './users.ts';

/** Later than another volume. */
const since: Maker<VolumeRecord> = (value, store, filter) => {
  const other = readVolume(store, value);
  if (other === undefined) throw invalidFilter(filter, `there is no volume ${value}`);
  return ({ created }) => Date.parse(created) > Date.parse(other.created);
};

const MAKERS: Readonly<Record<string, Maker<VolumeRecord>>> = {
  ...COMMON_FILTERS,
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
  // Docker looks for a part of the name, Podman for a regular expression: those differ in what no name can have.
  name: (value, _, filter) => {
    const pattern = /^[\w.-]*$/.test(value) ? value.replaceAll('.', '\\.') : value;
    try {
      const regular = new RegExp(pattern);
      return ({ name }) => regular.test(name);
    } catch (error) {
      throw invalidFilter(filter, messageOf(error));
    }
  },
  opt: (value) => {
    const [key, wanted] = splitOnce(value);
    return ({ options }) => Object.hasOwn(options, key) && (wanted === undefined || options[key] === wanted);
  },
  since,
};

export const FILTER_KEYS: readonly string[] = Object.keys(MAKERS);

/**
 * @param keys which of the filters the command knows
 * @param filters KEY=VALUE; `until` as RFC 3339
 * @throws ProaError INVALID_FILTER
 */
export function volumeFilter(
  store: Store,
  filters: readonly string[],
  keys = FILTER_KEYS,
): Test<VolumeRecord> {
  return objectFilter(store, MAKERS, filters, keys);
}
