/**
 * What is left to do when a container's process has ended: the runtime's state, the mount, the network, the record,
 * and then its restart policy or its removal. conmon calls it (`proa container cleanup ID`); a foreground `run` does
 * too, and so does every command that finds a dead container recorded as running. The first to take the lock does it.
 */
import { existsSync } from 'node:fs';
import { hasCode, isNoSpace } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { removeTree } from '../../core/sys/directory.ts';
import { span } from '../../core/trace.ts';
import { runtimeDelete } from '../../oci/runtime/runtime.ts';
import {
  bundlePath,
  type Container,
  type ContainerState,
  discardContainer,
  lockContainer,
  mergedPath,
  readContainer,
  writeState,
} from '../../storage/containers.ts';
import { releaseName } from '../../storage/names.ts';
import { unmountOverlay } from '../../storage/overlay.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { containerEvent, resourceEvents, tell, tellContainer } from '../events.ts';
import { removeAnonymousVolumes } from './anonymous-volumes.ts';
import { removeExitFile } from './exit-watch.ts';
import { removeSharedMemory } from './namespaces.ts';
import { ContainerNetwork } from './network.ts';
import { restartAfterEnd, shouldRestart } from './restart-policy.ts';
import { hideRoot } from './root-mount.ts';
import { clearLocked } from './run-state.ts';
import { containerRuntime } from './runtime.ts';
import { releaseVolumes, unmountSideMounts } from './side-mounts.ts';
import { awaitExit, hasLivingProcess, needsCleanup } from './state.ts';

/**
 * Cleans up after a container that ended; one that runs, or is gone, is left alone.
 * @returns its exit code, when it has one
 */
export async function cleanUpContainer(engine: Engine, id: string): Promise<number | undefined> {
  const ended = await finishContainer(engine, id);
  if (ended?.restart) await restartAfterEnd(engine, id, ended.state);
  return ended?.state.exitCode;
}

/** The part under the container's lock; a restart's pause must not hold it. */
async function finishContainer(
  engine: Engine,
  id: string,
): Promise<{ state: ContainerState; restart: boolean } | undefined> {
  using held = await lockExisting(engine, id);
  if (held === undefined) return undefined;
  const container = readContainer(engine.store, id);
  if (container === undefined || hasLivingProcess(container.state)) return undefined;
  if (!needsCleanup(container.state)) return { state: container.state, restart: false };
  const restart = (state: ContainerState): boolean => shouldRestart(container.config.restart, state);
  const state = await cleanUpLocked(engine, container);
  if (restart(state)) return { state, restart: true };
  if (removesItself(container)) await removeLocked(engine, { ...container, state });
  return { state, restart: false };
}

/** The container's lock, or undefined when the container was removed meanwhile. */
export async function lockExisting(engine: Engine, id: string): Promise<Lock | undefined> {
  try {
    return await lockContainer(engine.store, id);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Takes down what the ended process left, and writes the end to the record. The caller holds the lock. */
export async function cleanUpLocked(engine: Engine, container: Container): Promise<ContainerState> {
  using _ = span('clean up');
  const { store } = engine;
  const { config, state } = container;
  const ended = await awaitExit(store, config.id, state);
  // conmon's mark.
  const oomKilled = existsSync(`${bundlePath(store, config.id)}/oom`);
  const deleted = runtimeDelete(containerRuntime(engine, config, state), config.id);
  if (config.rootfs === undefined) unmountOverlay(mergedPath(store, config.id));
  unmountSideMounts(store, config.id);
  await releaseVolumes(store, config.id);
  const disconnected = new ContainerNetwork(engine, config, ContainerNetwork.recorded(state)).remove();
  await Promise.all([deleted, disconnected]);
  if (config.namespaces?.ipc === 'shareable') removeSharedMemory(store, config.id);
  const health = config.healthcheck === undefined ? undefined : await endHealthChecks(engine, config.id);
  removeTree(bundlePath(store, config.id));
  tell(
    store,
    ...(oomKilled ? [containerEvent(config, 'oom')] : []),
    containerEvent(config, 'die', { exitCode: String(ended.code) }),
    ...resourceEvents(config, state.network, false),
    containerEvent(config, 'cleanup'),
  );
  const { process: _p, conmon: _c, network: _n, bootId: _b, ...kept } = state;
  const next: ContainerState = {
    ...kept,
    status: 'exited',
    exitCode: ended.code,
    finishedAt: ended.at,
    ...(oomKilled && { oomKilled }),
    ...(health && { health }),
  };
  // What disappears in the next moment needs no record of its end.
  if (removesItself(container) || wroteState(store, config.id, next)) removeExitFile(store, config.id);
  return next;
}

/** True for one that goes with its end (--rm), unless it is about to start again. */
export function removesItself({ config, state }: Container): boolean {
  return config.autoRemove && !state.restartRequested;
}

async function endHealthChecks(engine: Engine, id: string): Promise<ContainerState['health']> {
  const { endHealthChecks: end } = await import('../health/start.ts');
  return await end(engine, id);
}

/** False when the disk is full: then the old record stays, with the exit file, and the next command finishes this. */
function wroteState(store: Store, id: string, state: ContainerState): boolean {
  try {
    writeState(store, id, state);
    return true;
  } catch (error) {
    if (isNoSpace(error)) return false;
    throw error;
  }
}

/**
 * Removes a container that does not run, with its anonymous volumes when it was to remove itself, and with what a start
 * that was killed half-way left of it.
 */
export async function removeLocked(
  engine: Engine,
  container: Container,
  options: { volumes?: boolean } = {},
): Promise<void> {
  using _ = span('remove container');
  const { store } = engine;
  const { config } = container;
  if (existsSync(bundlePath(store, config.id))) await clearLocked(engine, config.id);
  hideRoot(store, config.id);
  discardContainer(store, config.id);
  releaseName(store, config.name, config.id);
  tellContainer(store, config, 'destroy');
  if (options.volumes || config.autoRemove) removeAnonymousVolumes(store, config);
}
