/** Which namespaces a container has of its own, shares with the host, or joins: namespaces(7). */
import type { Namespace, NamespaceType } from './types.ts';

/** A fresh one, none of its own, or the one behind a namespace file (`/proc/PID/ns/net`). */
export type NamespaceChoice = 'new' | 'host' | { path: string };

export type NamespaceChoices = Partial<
  Record<'pid' | 'network' | 'ipc' | 'uts' | 'cgroup' | 'user', NamespaceChoice>
>;

const DEFAULTS: Readonly<Record<Exclude<NamespaceType, 'mount'>, NamespaceChoice>> = {
  user: 'host',
  pid: 'new',
  network: 'new',
  ipc: 'new',
  uts: 'new',
  cgroup: 'new',
};

/** The choices with the defaults filled in: all private but the user namespace, which is the runtime's own. */
export function completeNamespaces(choices: NamespaceChoices): Required<NamespaceChoices> {
  return { ...DEFAULTS, ...choices };
}

/** `linux.namespaces`. A mount namespace is always new. */
export function makeNamespaces(choices: Required<NamespaceChoices>): Namespace[] {
  const namespaces: Namespace[] = [{ type: 'mount' }];
  for (const type of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const choice = choices[type];
    if (choice === 'host') continue;
    namespaces.push(choice === 'new' ? { type } : { type, path: choice.path });
  }
  return namespaces;
}
