/** `wait`: until a container ends. */
import { type ContainerState, readContainer } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { cleanUpContainer } from './cleanup.ts';
import { ExitWatch } from './exit-watch.ts';
import { isRunning, needsCleanup } from './state.ts';

/** Resolves to the exit code of the container's present run, or of its last one when it does not run. */
export async function waitForContainer(engine: Engine, id: string): Promise<number> {
  using watch = ExitWatch.open(engine.store, id);
  // Read after the watch began: an end from here on leaves its code where we look for it.
  const container = readContainer(engine.store, id);
  if (container === undefined) return 0;
  const { state } = container;
  // A process that has just ended has its code still to come from conmon.
  if (isRunning(state) || needsCleanup(state)) return await awaitEnd(engine, id, watch, state);
  return state.exitCode ?? 0;
}

/**
 * Waits for a running container's end and cleans up behind it (or lets conmon's exit command do so, whichever is
 * first).
 * @param beforeCleanup is told the exit code while the container's root is still there
 */
export async function awaitEnd(
  engine: Engine,
  id: string,
  watch: ExitWatch,
  state: Pick<ContainerState, 'process' | 'conmon'>,
  beforeCleanup?: (exitCode: number) => Promise<void>,
): Promise<number> {
  const code = await watch.wait(state.process!, state.conmon);
  await beforeCleanup?.(code);
  await cleanUpContainer(engine, id);
  watch.close(true);
  return code;
}
