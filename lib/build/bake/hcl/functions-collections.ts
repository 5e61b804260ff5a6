/** Functions of lists, sets and objects. A set is a list without duplicates, in the order of its first ones. */
import {
  type HclFunction,
  isEqual,
  isList,
  isRecord,
  toInteger,
  toList,
  toRecord,
  toText,
  typeOf,
  type Value,
  wrong,
} from './value.ts';

const has = (list: readonly Value[], value: Value): boolean => list.some((each) => isEqual(each, value));

function distinct(list: readonly Value[]): Value[] {
  return list.filter((each, at) => !has(list.slice(0, at), each));
}

function flat(list: readonly Value[]): Value[] {
  return list.flatMap((each) => (isList(each) ? flat(each) : [each]));
}

function product(sets: readonly (readonly Value[])[]): Value[][] {
  return sets.reduce<Value[][]>(
    (rows, set) => rows.flatMap((row) => set.map((each) => [...row, each])),
    [[]],
  );
}

function chunks(list: readonly Value[], size: number): Value[] {
  if (size <= 0) return [list];
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

export const COLLECTIONS: Readonly<Record<string, HclFunction>> = {
  chunklist: (list, size) => chunks(toList(list), toInteger(size!)),
  coalesce: (...args) => args.find((arg) => arg !== null && arg !== '') ?? none('coalesce'),
  coalescelist: (...args) => args.find((arg) => isList(arg) && arg.length > 0) ?? none('coalescelist'),
  compact: (list) => toList(list).filter((each) => each !== '' && each !== null),
  concat: (...lists) => lists.flatMap(toList),
  contains: (list, value) => has(toList(list), value!),
  distinct: (list) => distinct(toList(list)),
  element: (list, index) => {
    const items = toList(list);
    if (items.length === 0) throw wrong('element: the list is empty');
    // Beyond the end it begins again.
    return items.at(toInteger(index!) % items.length)!;
  },
  flatten: (list) => flat(toList(list)),
  hasindex: (of, key) =>
    isList(of)
      ? typeof key === 'number' && Number.isInteger(key) && key >= 0 && key < of.length
      : isRecord(of) && typeof key === 'string' && Object.hasOwn(of, key),
  index: (of, key) => {
    if (isList(of) && typeof key === 'number' && of[key] !== undefined) return of[key];
    if (isRecord(of) && Object.hasOwn(of, toText(key!))) return of[toText(key!)]!;
    throw wrong(`index: there is no ${JSON.stringify(key)}`);
  },
  indexof: (list, value) => {
    const at = toList(list).findIndex((each) => isEqual(each, value!));
    if (at < 0) throw wrong(`indexof: the list has no ${JSON.stringify(value)}`);
    return at;
  },
  keys: (record) => Object.keys(toRecord(record)).sort(),
  length: (of) => {
    if (isList(of)) return of.length;
    if (isRecord(of)) return Object.keys(of).length;
    throw wrong(`length: a list or an object is needed, not ${typeOf(of)}`);
  },
  lookup: (record, key, fallback) => {
    const found = toRecord(record);
    if (Object.hasOwn(found, toText(key!))) return found[toText(key!)]!;
    if (fallback === undefined) throw wrong(`lookup: there is no ${toText(key!)}`);
    return fallback;
  },
  merge: (...records) => Object.assign({}, ...records.filter((each) => each !== null).map(toRecord)),
  reverselist: (list) => [...toList(list)].reverse(),
  sethaselement: (set, value) => has(toList(set), value!),
  setintersection: (first, ...others) =>
    distinct(toList(first)).filter((each) => others.every((other) => has(toList(other), each))),
  setproduct: (...sets) => product(sets.map(toList)),
  setsubtract: (a, b) => distinct(toList(a)).filter((each) => !has(toList(b!), each)),
  setsymmetricdifference: (...sets) =>
    sets
      .map(toList)
      .reduce((a, b) =>
        distinct([...a.filter((each) => !has(b, each)), ...b.filter((each) => !has(a, each))]),
      ),
  setunion: (...sets) => distinct(sets.flatMap(toList)),
  slice: (list, from, to) => {
    const items = toList(list);
    const [start, end] = [toInteger(from!), toInteger(to!)];
    if (start < 0 || end < start || end > items.length)
      throw wrong(`slice: ${start} to ${end} is not within a list of ${items.length}`);
    return items.slice(start, end);
  },
  sort: (list) => toList(list).map(toText).sort(),
  values: (record) =>
    Object.entries(toRecord(record))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => value),
  zipmap: (keys, values) => {
    const [names, items] = [toList(keys), toList(values!)];
    if (names.length !== items.length) throw wrong('zipmap: as many values as keys are needed');
    return Object.fromEntries(names.map((name, i) => [toText(name), items[i]!]));
  },
};

function none(name: string): never {
  throw wrong(`${name}: none of the values is there`);
}
