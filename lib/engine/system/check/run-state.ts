/** What in RUNROOT belongs to containers that do not run. */
import { existsSync } from 'node:fs';
import { hasCode } from '../../../core/error.ts';
import { type Lock, lock } from '../../../core/lock.ts';
import { containerPath, readContainer } from '../../../storage/containers.ts';
import type { Store } from '../../../storage/store.ts';
import { clearLocked, listRunState } from '../../container/run-state.ts';
import { hasLivingProcess, needsCleanup } from '../../container/state.ts';
import type { Engine } from '../../engine.ts';
import { type Finding, isBusy } from './finding.ts';

export function* findRunLeftovers(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  for (const [id, kinds] of listRunState(store)) {
    const name = nameAtRest(store, id);
    if (name === undefined) continue;
    const which = name === '' ? id.slice(0, 12) : name;
    const why = `${[...kinds].sort().join(', ')} left of a container that ${name === '' ? 'is not here' : 'does not run'}`;
    yield { what: 'run state', which, why, repair: () => clearRunState(engine, id) };
  }
}

/** {@link clearLocked} under the container's lock, unless it is in use. */
export async function clearRunState(engine: Engine, id: string): Promise<string> {
  const { store } = engine;
  using _ = await lockIfThere(store, id);
  // It may have been started since we looked.
  if (nameAtRest(store, id, true) === undefined) return 'in use again, kept';
  await clearLocked(engine, id);
  return 'removed';
}

/**
 * The container's name when it is at rest, '' when there is no such container, undefined when it runs, is being worked
 * on, or cannot be judged.
 * @param held the caller itself has the container's lock
 */
function nameAtRest(store: Store, id: string, held = false): string | undefined {
  if (!held && (isBusy(`${store.tmp}/${id}`) || isBusy(containerPath(store, id)))) return undefined;
  try {
    const container = readContainer(store, id);
    if (container === undefined) return existsSync(containerPath(store, id)) ? undefined : '';
    const { config, state } = container;
    return hasLivingProcess(state) || needsCleanup(state) ? undefined : config.name;
  } catch (error) {
    if (hasCode(error, 'CORRUPT_RECORD')) return undefined; // told of the container itself
    throw error;
  }
}

async function lockIfThere(store: Store, id: string): Promise<Lock | undefined> {
  try {
    return await lock(containerPath(store, id));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
