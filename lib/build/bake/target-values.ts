/** A target's attributes, from values of HCL, JSON or a compose file. */
import { parseFields } from './fields.ts';
import { isRecord, toBool, toList, toRecord, toText, type Value } from './hcl/value.ts';
import { type Fields, TARGET_KEYS, type Target, type TargetKey } from './target.ts';

export function isTargetKey(name: string): name is TargetKey {
  return Object.hasOwn(TARGET_KEYS, name);
}

/** One attribute; undefined where null says nothing. @throws ProaError BAKE_VALUE */
export function targetValue(key: TargetKey, value: Value): Target[TargetKey] {
  if (value === null) return undefined;
  switch (TARGET_KEYS[key].kind) {
    case 'text':
      return toText(value);
    case 'bool':
      // `pull = "always"` and `"newer"` mean that it is asked.
      return key === 'pull' && (value === 'always' || value === 'newer') ? true : toBool(value);
    case 'texts':
      // An empty text is what a condition leaves out.
      return toList(value)
        .filter(isSaid)
        .map((each) => (isRecord(each) ? ulimitText(each) : toText(each)));
    case 'pairs':
      return pairs(key, value);
    case 'fields':
    case 'shorthand':
      return toList(value)
        .filter(isSaid)
        .map((each) => (isRecord(each) ? record(each) : parseFields(key, toText(each))));
  }
}

function pairs(key: TargetKey, value: Value): Readonly<Record<string, string>> {
  const entries = Object.entries(toRecord(value)).map(([name, each]) => [
    name,
    each === null ? null : toText(each),
  ]);
  const keepsNull = key === 'args' || key === 'labels';
  return Object.fromEntries(keepsNull ? entries : entries.filter(([, each]) => each !== null));
}

function record(value: Value): Fields {
  const entries = Object.entries(toRecord(value)).filter(([, each]) => each !== null);
  return Object.fromEntries(
    entries.map(([name, each]) => [name, Array.isArray(each) ? each.map(toText).join(',') : toText(each)]),
  );
}

/** `{ name, soft, hard }` of an ulimit. */
function ulimitText(value: { readonly [name: string]: Value }): string {
  const { name, soft, hard } = record(value);
  return `${name}=${soft}:${hard ?? soft}`;
}

function isSaid(value: Value): boolean {
  return value !== '' && value !== null;
}
