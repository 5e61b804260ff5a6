/** Which targets are built, with all that they inherit. */

import { ProaError } from '../../core/error.ts';
import { nearest } from '../../core/nearest.ts';
import type { Definition } from './definition.ts';
import { mergeTargets, type Target } from './target.ts';

export interface BakePlan {
  /** The groups that were asked for, and those in them. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  /** By name, complete, in the order in which they are met; those that others need come with them. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Targets that were asked for, without those that only others need. */
  readonly wanted: readonly string[];
}

/**
 * @param names of targets and groups; none: `default`
 * @throws ProaError BAKE_TARGET: unknown, or part of itself
 */
export function resolveTargets(definition: Definition, names: readonly string[]): BakePlan {
  const groups = new Map<string, readonly string[]>();
  const wanted: string[] = [];
  const asked = names.length === 0 ? ['default'] : names;

  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      throw new ProaError('BAKE_TARGET', `group ${name} is in itself: ${[...path, name].join(' → ')}`);
    const members = definition.groups.get(name);
    if (members === undefined) {
      inherited(definition, name, []);
      if (!wanted.includes(name)) wanted.push(name);
      return;
    }
    groups.set(name, members);
    for (const member of members) visitMember(member, [...path, name]);
  };
  // A group `default` may name the target `default`.
  const visitMember = (member: string, path: readonly string[]): void => {
    if (path.at(-1) === member && definition.targets.has(member)) {
      if (!wanted.includes(member)) wanted.push(member);
    } else visit(member, path);
  };
  for (const name of asked) visit(name, []);
  if (!groups.has('default') || names.length > 0) groups.set('default', [...new Set(asked)]);

  const targets = new Map<string, Target>();
  const add = (name: string, path: readonly string[]): void => {
    if (path.includes(name))
      throw new ProaError('BAKE_TARGET', `target ${name} needs itself: ${[...path, name].join(' → ')}`);
    if (targets.has(name)) return;
    const target = inherited(definition, name, []);
    for (const needed of neededTargets(target)) add(needed, [...path, name]);
    targets.set(name, complete(target));
  };
  for (const name of wanted) add(name, []);
  return { groups: sorted(groups), targets, wanted };
}

/** Targets that are contexts of this one. */
export function neededTargets(target: Target): string[] {
  return Object.values(target.contexts ?? {})
    .filter((place) => place.startsWith('target:'))
    .map((place) => place.slice('target:'.length));
}

/** A target on top of those that it inherits from, the last one of which counts most. */
function inherited({ targets, groups }: Definition, name: string, path: readonly string[]): Target {
  const own = targets.get(name);
  if (own === undefined) {
    const meant = nearest(name, [...targets.keys(), ...groups.keys()]);
    throw new ProaError('BAKE_TARGET', `failed to find target ${name}`, {
      hint: meant === undefined ? 'proa buildx bake --list=targets shows them' : `Did you mean ${meant}?`,
    });
  }
  if (path.includes(name))
    throw new ProaError('BAKE_TARGET', `target ${name} inherits from itself: ${[...path, name].join(' → ')}`);
  let base: Target = {};
  for (const parent of own.inherits ?? []) {
    // A group stands for its targets.
    const parents = targets.has(parent) ? [parent] : (groups.get(parent) ?? [parent]);
    for (const each of parents)
      base = mergeTargets(base, inherited({ targets, groups, variables: [] }, each, [...path, name]));
  }
  const { description, ...kept } = base;
  return {
    ...mergeTargets(kept, own),
    inherits: undefined,
    ...(own.description !== undefined && { description: own.description }),
  };
}

/** With what a target has when nobody says otherwise. */
function complete(target: Target): Target {
  const { context = '.', dockerfile = 'Dockerfile' } = target;
  return {
    ...target,
    context,
    dockerfile: target['dockerfile-inline'] === undefined ? dockerfile : target.dockerfile,
  };
}

function sorted<T>(map: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
}
