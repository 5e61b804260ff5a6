/** `init`: everything of a start but the start itself (podman-init(1)), so that hooks and tools can look at it. */
import { ProaError } from '../../core/error.ts';
import { lockContainer, readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { startLocked } from './start.ts';
import { isRunning } from './state.ts';

/**
 * Makes a container in the runtime: mounts, network, and a first process that waits for `start`.
 * @throws ProaError RUNNING, INITIALIZED, and what a start throws
 */
export async function initContainer(engine: Engine, id: string): Promise<void> {
  using _ = await lockContainer(engine.store, id);
  const container = readContainer(engine.store, id);
  if (container !== undefined && isRunning(container.state)) {
    throw new ProaError('RUNNING', `initialize container ${container.config.name}: it is running`);
  }
  await startLocked(engine, id, { initOnly: true });
}
