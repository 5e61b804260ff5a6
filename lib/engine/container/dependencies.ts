/** Which containers a container cannot start without: those whose namespaces it joins, and those it requires. */
import type { ContainerConfig } from '../../storage/containers.ts';
import { donorOf } from './namespaces.ts';

/** Their full ids. */
export function dependenciesOf({ namespaces, requires, network }: ContainerConfig): string[] {
  const donors = [...Object.values(namespaces ?? {}), network.mode]
    .map(donorOf)
    .filter((id) => id !== undefined);
  return [...new Set([...donors, ...(requires ?? [])])];
}
