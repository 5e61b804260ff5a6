/**
 * What a container really does. A record only says what the last writer knew; whether a process lives is asked of the
 * kernel, so a kill, a crash or a reboot shows at once, with no daemon to notice it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { bootId } from '../../core/boot.ts';
import { hasCode } from '../../core/error.ts';
import { isAlive } from '../../core/process-handle.ts';
import { type Container, type ContainerState, exitFilePath } from '../../storage/containers.ts';
import { readHealth } from '../../storage/health.ts';
import type { Store } from '../../storage/store.ts';

/** What Docker reports for a container whose end no one saw, as after a power cut. */
export const EXIT_CODE_UNKNOWN = 255;

/** How long conmon may take to write the exit code of a process that is gone (milliseconds). */
const CONMON_PATIENCE = 2_000;

/** True while the container's own process lives and was started. */
export function isRunning(state: ContainerState): boolean {
  return state.status !== 'initialized' && hasLivingProcess(state);
}

/** True while a process of the container lives, be it that it runs, is paused, or waits to be started. */
export function hasLivingProcess(state: ContainerState): boolean {
  return recordsProcess(state) && state.bootId === bootId() && isAlive(state.process);
}

/** True when the record says that there is a process. */
function recordsProcess({ status }: ContainerState): boolean {
  return status === 'running' || status === 'paused' || status === 'initialized';
}

/**
 * The state as it is now. A container recorded as running whose process is gone is `exited`, with the code that its
 * conmon left; nothing is written (`cleanUpContainer` does that).
 */
export function observeState(store: Store, { config, state }: Container): ContainerState {
  if (!recordsProcess(state)) return state;
  // Most have no health check, and cost no look into another file.
  const health = config.healthcheck === undefined ? undefined : readHealth(store, config.id);
  if (hasLivingProcess(state)) return health === undefined ? state : { ...state, health };
  const ended = readExit(store, config.id, state);
  return {
    ...state,
    status: 'exited',
    exitCode: ended.code,
    finishedAt: ended.at,
    ...(health && { health: { ...health, status: 'unhealthy' } }),
  };
}

/** True when the record still tells of a process that is gone: someone has to clean up. */
export function needsCleanup(state: ContainerState): boolean {
  return recordsProcess(state) && !hasLivingProcess(state);
}

/**
 * {@link readExit} for a process that may have ended this very moment: conmon sees that when we do, and its exit file
 * follows within a millisecond or two.
 */
export async function awaitExit(
  store: Store,
  id: string,
  state: ContainerState,
): Promise<{ code: number; at: string }> {
  const file = exitFilePath(store, id);
  const end = performance.now() + CONMON_PATIENCE;
  while (!existsSync(file) && isAlive(state.conmon) && performance.now() < end) await Bun.sleep(0.5);
  return readExit(store, id, state);
}

/** The exit code and time that conmon wrote. */
function readExit(store: Store, id: string, state: ContainerState): { code: number; at: string } {
  // Exit files live in RUNROOT; one from before this boot is gone with it.
  if (state.bootId === bootId()) {
    try {
      const file = exitFilePath(store, id);
      const text = readFileSync(file, 'utf8');
      if (text !== '') return { code: Number(text), at: new Date(Bun.file(file).lastModified).toISOString() };
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return { code: EXIT_CODE_UNKNOWN, at: state.finishedAt ?? new Date().toISOString() };
}
