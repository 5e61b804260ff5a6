/** Which containers a command means: by name, the newest, all that suit it, or those that pass filters. */
import { ProaError } from '../../core/error.ts';
import {
  type ContainerState,
  latestContainer,
  readContainer,
  resolveContainer,
} from '../../storage/containers.ts';
import type { Store } from '../../storage/store.ts';
import { observeState } from './state.ts';

export interface Selection {
  /** Ids, unique beginnings of ids, or names. */
  names: readonly string[];
  /** All that suit. */
  all?: boolean;
  /** The newest, whatever its state. */
  latest?: boolean;
  /** KEY=VALUE (filters.ts): of the names those that match, or without names all that suit and match. */
  filters?: readonly string[];
  /** Names without a container are passed over. */
  ignore?: boolean;
  /** With `all` or filters alone: whether a container in this (observed) state is one to act on. */
  suits?: (state: ContainerState) => boolean;
}

/** One that was chosen, or why it could not be. `shown` is what stands for it in the output. */
export type Choice = { shown: string } & ({ id: string } | { error: unknown });

/**
 * Never throws for one bad name or record, so that the others are acted on.
 * @throws ProaError INVALID_FILTER; CONTAINER_NOT_FOUND for `latest` when there is none
 */
export async function selectContainers(store: Store, selection: Selection): Promise<Choice[]> {
  const { names, filters = [], latest, suits = () => true } = selection;
  if (names.length > 0) return selectNamed(store, selection);
  if (latest) {
    const id = latestContainer(store);
    return [{ shown: id, id }];
  }
  const { containers, bad } = await (await import('./list.ts')).listMatching(store, { all: true, filters });
  const chosen = containers
    .filter(({ state }) => suits(state))
    .map(({ config: { id } }) => ({ shown: id, id }));
  return [...chosen, ...bad.map(({ file, error }) => ({ shown: file, error }))];
}

async function selectNamed(store: Store, { names, filters = [], ignore }: Selection): Promise<Choice[]> {
  const choices = names.flatMap((name): Choice[] => {
    try {
      return [{ shown: name, id: resolveContainer(store, name) }];
    } catch (error) {
      const missing = error instanceof ProaError && error.code === 'CONTAINER_NOT_FOUND';
      return missing && ignore ? [] : [{ shown: name, error }];
    }
  });
  if (filters.length === 0) return choices;
  const { matches } = await (await import('./filters.ts')).compileFilters(store, filters);
  return choices.filter((choice) => {
    if ('error' in choice) return true;
    const container = readContainer(store, choice.id);
    return container !== undefined && matches({ ...container, state: observeState(store, container) });
  });
}
