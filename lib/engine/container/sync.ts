/** `ps --sync`: every record of a container that ended unnoticed is brought up to date. */
import { listContainers } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { cleanUpContainer } from './cleanup.ts';
import { needsCleanup } from './state.ts';

export async function syncContainers(engine: Engine): Promise<void> {
  const ended = listContainers(engine.store, []).filter(({ state }) => needsCleanup(state));
  await Promise.all(ended.map(({ config }) => cleanUpContainer(engine, config.id)));
}
