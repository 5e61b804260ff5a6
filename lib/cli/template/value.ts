/**
 * How JavaScript values stand for Go's. A plain object is a struct: its fields are known, and an unknown one is an error.
 * A map is a `Map`, an object without a prototype, one marked by `asMap`, or a struct's field with one of the
 * well-known names below: any key may be asked of it, and it prints in the order of its keys. Null is a nil pointer, and
 * undefined no value at all.
 */
import { nearest } from '../../core/nearest.ts';
import { TemplateFailure } from './failure.ts';

type Dictionary = Record<string, unknown>;

const markedMaps = new WeakSet<object>();

/** Says that this object is a map, not a struct; returns it. */
export function asMap<T extends object>(object: T): T {
  markedMaps.add(object);
  return object;
}

/** Fields of Docker's and Podman's inspect records that are maps in Go. */
const MAP_FIELDS = new Set([
  'Annotations',
  'Data',
  'DriverOpts',
  'ExposedPorts',
  'Labels',
  'LoginInfo',
  'Networks',
  'Options',
  'PortBindings',
  'Ports',
  'Status',
  'StorageOpt',
  'Sysctls',
  'Tmpfs',
  'Volumes',
]);

/** Fields that are lists in Go and null in JSON when they are empty. */
const LIST_FIELDS = new Set([
  'Aliases',
  'Binds',
  'CapAdd',
  'CapDrop',
  'Cmd',
  'DeviceCgroupRules',
  'DeviceRequests',
  'DNSNames',
  'Entrypoint',
  'Env',
  'ExecIDs',
  'ExtraHosts',
  'GroupAdd',
  'Links',
  'OnBuild',
  'SecondaryIPAddresses',
  'SecondaryIPv6Addresses',
  'SecurityOpt',
  'Shell',
  'VolumesFrom',
]);

/** A list and a map that are nil: empty to a template, null in JSON. */
export const NIL_LIST: readonly unknown[] = Object.freeze([]);
export const NIL_MAP: object = asMap(Object.freeze({}));

export type Kind = 'nil' | 'bool' | 'number' | 'string' | 'list' | 'map' | 'struct' | 'time' | 'function';

export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'undefined':
      return 'nil';
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'number';
    case 'function':
      return 'function';
    case 'object':
      break;
    default:
      return 'string';
  }
  if (value === null) return 'nil';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return 'list';
  if (value instanceof Date) return 'time';
  if (value instanceof Map || Object.getPrototypeOf(value) === null || markedMaps.has(value as object))
    return 'map';
  return 'struct';
}

/** Go's name for the value's type, for %T and for errors. */
export function typeName(value: unknown): string {
  const elements = (values: unknown[]): string => {
    const types = new Set(values.map(typeName));
    return types.size === 1 ? [...types][0]! : 'interface {}';
  };
  switch (kindOf(value)) {
    case 'nil':
      return '<nil>';
    case 'number':
      return typeof value === 'bigint' || Number.isInteger(value) ? 'int' : 'float64';
    case 'list':
      return `[]${elements([...(value as unknown[])])}`;
    case 'map':
      return `map[string]${elements(mapEntries(value).map(([, element]) => element))}`;
    case 'time':
      return 'time.Time';
    case 'struct':
      return 'struct';
    case 'function':
      return 'func';
    default:
      return typeof value === 'boolean' ? 'bool' : 'string';
  }
}

/** Go's truth: false, 0, the empty string, list and map, and nil are false; a struct is true. */
export function isTrue(value: unknown): boolean {
  switch (kindOf(value)) {
    case 'nil':
      return false;
    case 'list':
      return (value as unknown[]).length > 0;
    case 'map':
      return mapEntries(value).length > 0;
    case 'struct':
    case 'time':
    case 'function':
      return true;
    default:
      return Boolean(value);
  }
}

/** A map's pairs in the order of their keys, as Go ranges over them and prints them. */
export function mapEntries(map: unknown): [key: unknown, value: unknown][] {
  const entries = map instanceof Map ? [...map] : Object.entries(map as Dictionary);
  return entries.sort(([a], [b]) => (a === b ? 0 : (a as string) < (b as string) ? -1 : 1));
}

/** A struct's fields with their values, in the order of declaration; functions (methods) are left out. */
export function structFields(struct: unknown): [name: string, value: unknown][] {
  const fields: [string, unknown][] = [];
  for (const name of Object.keys(struct as object)) {
    const value = readField(struct as object, name);
    if (typeof value !== 'function') fields.push([name, value]);
  }
  return fields;
}

/** A map's value for a key; undefined when it has none, or null, which is nothing in an untyped map. */
export function mapValue(map: unknown, key: unknown): unknown {
  if (map instanceof Map) return map.get(key) ?? undefined;
  return Object.hasOwn(map as object, key as string)
    ? ((map as Dictionary)[key as string] ?? undefined)
    : undefined;
}

/**
 * The field `name` of a value: a struct's field or method, or a map's value for that key. A struct's field is also
 * found under another case, because Docker and Podman spell `.ID` and `.Id` one for the other.
 * Throws TemplateFailure TEMPLATE_FIELD, naming the field.
 */
export function fieldOf(value: unknown, name: string): unknown {
  switch (kindOf(value)) {
    case 'map':
      return mapValue(value, name);
    case 'struct': {
      const key = fieldKey(value as object, name);
      if (key !== undefined) return readField(value as object, key);
      const names = fieldNames(value as object);
      const meant = nearest(name, names);
      const hint = meant
        ? `Did you mean .${meant}?`
        : `It has ${names.map((known) => `.${known}`).join(' ')}`;
      throw new TemplateFailure(
        `can't evaluate field ${name} in type ${typeName(value)}`,
        'TEMPLATE_FIELD',
        hint,
      );
    }
    case 'nil':
      if (value === undefined) return undefined;
      throw new TemplateFailure(`nil pointer evaluating ${name}`, 'TEMPLATE_FIELD');
    default:
      throw new TemplateFailure(`can't evaluate field ${name} in type ${typeName(value)}`, 'TEMPLATE_FIELD');
  }
}

function readField(struct: object, key: string): unknown {
  const value = (struct as Dictionary)[key];
  if (value === null && LIST_FIELDS.has(key)) return NIL_LIST;
  if (value === null && MAP_FIELDS.has(key)) return NIL_MAP;
  // An object in a field with a map's name is one; a class instance keeps its own type.
  const plain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return plain && MAP_FIELDS.has(key) ? asMap(value) : value;
}

/** Own and inherited names, but nothing that every JavaScript object has (`constructor`, `__proto__`). */
function fieldNames(struct: object): string[] {
  const names = new Set<string>();
  for (
    let level = struct;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Object.getOwnPropertyNames(level)) if (!(name in Object.prototype)) names.add(name);
  }
  return [...names];
}

function fieldKey(struct: object, name: string): string | undefined {
  if (Object.hasOwn(struct, name)) return name;
  const names = fieldNames(struct);
  return names.includes(name) ? name : names.find((known) => known.toLowerCase() === name.toLowerCase());
}
