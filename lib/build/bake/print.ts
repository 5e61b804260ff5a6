/** `bake --print`: the plan as JSON, in buildx's order of fields. */
import type { BakePlan } from './resolve.ts';
import { TARGET_KEYS, type Target, type TargetKey } from './target.ts';

export function planDocument({ groups, targets }: BakePlan): object {
  const named = [...targets].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    group: Object.fromEntries([...groups].map(([name, members]) => [name, { targets: members }])),
    target: Object.fromEntries(named.map(([name, target]) => [name, targetDocument(target)])),
  };
}

function targetDocument(target: Target): object {
  const keys = Object.keys(TARGET_KEYS) as TargetKey[];
  const entries = keys.map((key) => [key, shown(target[key])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** Names of maps in their order, nothing for what is empty. */
function shown(value: unknown): unknown {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([, each]) => each !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
