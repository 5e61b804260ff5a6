/** `--set pattern.key[.subkey]=value`: what the command line changes of targets. */
import { ProaError } from '../../core/error.ts';
import { parseFields } from './fields.ts';
import { mergeTargets, TARGET_KEYS, type Target, type TargetKey } from './target.ts';
import { isTargetKey, targetValue } from './target-values.ts';

/** Names that the option has for attributes. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  platform: 'platforms',
  secrets: 'secret',
  push: 'push',
  load: 'load',
};

interface Override {
  readonly pattern: string;
  readonly key: string;
  readonly subkey?: string;
  readonly value?: string;
  /** `+=`: added to a list. */
  readonly adds: boolean;
}

/**
 * The targets with what `--set` says.
 * @throws ProaError BAKE_OVERRIDE: no such form, key or target
 */
export function applyOverrides(
  targets: ReadonlyMap<string, Target>,
  texts: readonly string[],
): Map<string, Target> {
  const result = new Map(targets);
  // A list is replaced by the first override of it and extended by the next ones.
  const replaced = new Set<string>();
  for (const text of texts) {
    const override = parseOverride(text);
    const names = [...result.keys()].filter((name) => matches(override.pattern, name));
    if (names.length === 0) throw refuse(text, `no target matches ${override.pattern}`);
    for (const name of names) {
      const id = `${name} ${override.key}`;
      const keeps = override.adds || replaced.has(id);
      result.set(name, overridden(result.get(name)!, override, keeps, text));
      replaced.add(id);
    }
  }
  return result;
}

function parseOverride(text: string): Override {
  const [, left = '', plus = '', value] = /^([^=]*?)(\+?)(?:=([\s\S]*))?$/.exec(text) ?? [];
  const [pattern = '', key = '', ...rest] = left.split('.');
  if (pattern === '' || key === '') throw refuse(text, 'expected TARGET.KEY=VALUE');
  const subkey = rest.length === 0 ? undefined : rest.join('.');
  return { pattern, key: OTHER_NAMES[key] ?? key, subkey, value, adds: plus === '+' };
}

function overridden(target: Target, override: Override, keeps: boolean, text: string): Target {
  const { key, subkey } = override;
  if (key === 'push' || key === 'load') return withOutput(target, key, override.value ?? 'true');
  if (!isTargetKey(key) || key === 'inherits') throw refuse(text, `unknown key ${key}: there are ${KEYS}`);
  const { kind } = TARGET_KEYS[key];
  if (kind === 'pairs') {
    if (subkey === undefined) throw refuse(text, `${key} needs a name: TARGET.${key}.NAME=VALUE`);
    // A name without a value takes the environment's.
    const value = override.value ?? process.env[subkey];
    return { ...target, [key]: { ...(target[key] as object), [subkey]: value ?? null } };
  }
  if (subkey !== undefined) throw refuse(text, `${key} has no parts`);
  const value = override.value ?? (kind === 'bool' ? 'true' : undefined);
  if (value === undefined) throw refuse(text, `${key} needs a value`);
  if (kind === 'text' || kind === 'bool') return { ...target, [key]: targetValue(key, value) };
  const items = listItems(key, kind, value);
  const before = keeps ? ((target[key] as readonly unknown[] | undefined) ?? []) : [];
  return { ...target, [key]: [...before, ...items] };
}

function listItems(key: TargetKey, kind: string, value: string): unknown[] {
  if (value === '') return [];
  return kind === 'texts' ? [value] : [parseFields(key, value)];
}

const KEYS = [...Object.keys(TARGET_KEYS).filter((key) => key !== 'inherits'), 'load', 'push'].join(', ');

/** `--push` and `--load`, as `build` has them: beside outputs that the target has, or in place of them. */
export function withOutput(target: Target, key: 'push' | 'load', said: string): Target {
  if (said === 'false' || said === '0') return target;
  const outputs = target.output ?? [];
  if (key === 'push') {
    const hasImage = outputs.some(({ type }) => type === 'image' || type === 'registry');
    const pushed = outputs.map((each) => (each.type === 'image' ? { ...each, push: 'true' } : each));
    return mergeTargets(target, {
      output: hasImage ? pushed : [...outputs, { type: 'image', push: 'true' }],
    });
  }
  const isLoaded = outputs.some(({ type, dest }) => type === 'docker' && dest === undefined);
  return isLoaded ? target : mergeTargets(target, { output: [...outputs, { type: 'docker' }] });
}

/** As Go's path.Match. */
function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/\[\^/g, '[^')
    .replace(/[.+(){}|$\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  try {
    return new RegExp(`^${source}$`, 'u').test(name);
  } catch (error) {
    throw new ProaError('BAKE_OVERRIDE', `no pattern: ${pattern}`, { cause: error });
  }
}

function refuse(text: string, why: string): ProaError {
  return new ProaError('BAKE_OVERRIDE', `--set ${text}: ${why}`, {
    hint: 'For instance: --set app.args.VERSION=2 or --set *.platform=linux/arm64',
  });
}
