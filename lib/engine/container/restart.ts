/** `restart`: the end that `stop` brings, and a start. */
import { ProaError } from '../../core/error.ts';
import { readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { lockExisting } from './cleanup.ts';
import { startLocked } from './start.ts';
import { type StopOptions, stopContainer } from './stop.ts';

/**
 * Stops a container, when it runs, and starts it. Its time to end is spent without its lock, as with `stop`: who kills
 * it meanwhile need not wait, and who starts it has done our work.
 * @throws ProaError CONTAINER_NOT_FOUND when it was removed meanwhile, and what a start throws
 */
export async function restartContainer(engine: Engine, id: string, options: StopOptions): Promise<void> {
  await stopContainer(engine, id, { ...options, restart: true });
  using held = await lockExisting(engine, id);
  if (held === undefined) {
    throw new ProaError(
      'CONTAINER_NOT_FOUND',
      `restart container ${id.slice(0, 12)}: it was removed meanwhile`,
    );
  }
  await startLocked(engine, id);
  tellContainer(engine.store, readContainer(engine.store, id)!.config, 'restart');
}
