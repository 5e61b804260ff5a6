/** All that bake files say together. */
import type { Target } from './target.ts';
import { mergeTargets } from './target.ts';
import type { Variable } from './variable.ts';

export interface Definition {
  readonly targets: ReadonlyMap<string, Target>;
  /** Names of targets and of other groups. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly variables: readonly Variable[];
}

export const NOTHING: Definition = { targets: new Map(), groups: new Map(), variables: [] };

/** `over` on top of `under`: targets are merged, groups gathered. */
export function mergeDefinitions(under: Definition, over: Definition): Definition {
  const targets = new Map(under.targets);
  for (const [name, target] of over.targets) targets.set(name, mergeTargets(targets.get(name) ?? {}, target));
  const groups = new Map(under.groups);
  for (const [name, members] of over.groups)
    groups.set(name, [...new Set([...(groups.get(name) ?? []), ...members])]);
  return { targets, groups, variables: [...under.variables, ...over.variables] };
}
