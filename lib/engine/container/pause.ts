/** `pause` and `unpause`: the kernel stops and resumes all of a container's processes (cgroup freezer). */
import { ProaError } from '../../core/error.ts';
import { type Container, lockContainer, readContainer, writeState } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { freeze, thaw } from './freezer.ts';
import { isRunning } from './state.ts';

/**
 * The record says `paused` before the processes stop and until they go on again, so a crash in between leaves a
 * container that `unpause` can free.
 * @throws ProaError NOT_RUNNING, PAUSED, RUNTIME_FAILED
 */
export async function pauseContainer(engine: Engine, id: string): Promise<void> {
  using _ = await lockContainer(engine.store, id);
  const { config, state } = runningContainer(engine, id, 'pause');
  if (state.status === 'paused') {
    throw new ProaError('PAUSED', `pause container ${config.name}: it is paused already`);
  }
  writeState(engine.store, id, { ...state, status: 'paused' });
  try {
    await freeze(engine, { config, state });
  } catch (error) {
    writeState(engine.store, id, state);
    throw error;
  }
  tellContainer(engine.store, config, 'pause');
}

/** @throws ProaError NOT_RUNNING, NOT_PAUSED, RUNTIME_FAILED */
export async function unpauseContainer(engine: Engine, id: string): Promise<void> {
  using _ = await lockContainer(engine.store, id);
  const { config, state } = runningContainer(engine, id, 'unpause');
  if (state.status !== 'paused') {
    throw new ProaError('NOT_PAUSED', `unpause container ${config.name}: it is not paused`);
  }
  try {
    await thaw(engine, { config, state });
  } catch (error) {
    // It runs already: the pause, or an earlier unpause, was cut off half-way.
    if (!(error instanceof ProaError && /not paused/i.test(error.message))) throw error;
  }
  writeState(engine.store, id, { ...state, status: 'running' });
  tellContainer(engine.store, config, 'unpause');
}

function runningContainer(engine: Engine, id: string, step: string): Container {
  const container = readContainer(engine.store, id);
  if (container !== undefined && isRunning(container.state)) return container;
  const name = container?.config.name ?? id.slice(0, 12);
  throw new ProaError('NOT_RUNNING', `${step} container ${name}: it is not running`, {
    hint: `proa start ${name}`,
  });
}
