/** Which containers a container cannot be without: those whose namespaces it joins, and those it requires. */
import { ProaError } from '../../core/error.ts';
import { type ContainerConfig, listContainers } from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { donorOf } from './namespaces.ts';

/** Their full ids. */
export function dependenciesOf({ namespaces, requires, network }: ContainerConfig): string[] {
  const donors = [...Object.values(namespaces ?? {}), network.mode]
    .map(donorOf)
    .filter((id) => id !== undefined);
  return [...new Set([...donors, ...(requires ?? [])])];
}

/** @throws ProaError HAS_DEPENDENTS naming the containers that would be left without this one */
export function checkDependents(store: Store, config: ContainerConfig): void {
  // Unreadable records say nothing of whom they need.
  const dependents = listContainers(store, []).filter((other) =>
    dependenciesOf(other.config).includes(config.id),
  );
  if (dependents.length === 0) return;
  const names = dependents.map((other) => other.config.name);
  throw new ProaError(
    'HAS_DEPENDENTS',
    `remove container ${config.name}: it is needed by ${names.join(', ')}`,
    {
      hint: `proa rm --force ${names.join(' ')}`,
    },
  );
}
