/** `stop`, `kill`, `rm`: ending containers. */
import { isNoSpace, ProaError } from '../../core/error.ts';
import { isAlive, signalProcess, waitForExit } from '../../core/process-handle.ts';
import { parseSignal, SIGKILL } from '../../core/signals.ts';
import { span } from '../../core/trace.ts';
import { runtimeKill, runtimeResume } from '../../oci/runtime/runtime.ts';
import { type Container, type ContainerState, readContainer, writeState } from '../../storage/containers.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { cleanUpLocked, lockExisting, removeLocked, removesItself } from './cleanup.ts';
import { containerRuntime } from './runtime.ts';
import { awaitExit, hasLivingProcess, isRunning, needsCleanup } from './state.ts';

export interface StopOptions {
  /** Instead of the container's stop signal. */
  signal?: string;
  /** Seconds until SIGKILL; the container's own when left out; negative waits for ever. */
  timeout?: number;
  /** It is to start again at once: --rm does not remove it. */
  restart?: boolean;
  /** The machine shuts down: its restart policy starts it again at boot. */
  shutdown?: boolean;
}

/** What the record says of an end that is asked for, beside that it is. */
type StopNote = Pick<
  ContainerState,
  'stopRequested' | 'restartRequested' | 'healthRestart' | 'stoppedByShutdown'
>;

function noteOf({ restart, shutdown }: StopOptions): StopNote {
  return { ...(restart && { restartRequested: true }), ...(shutdown && { stoppedByShutdown: true }) };
}

/** How long the kernel may take to end a process after SIGKILL before that is an error (a hung disk, say). */
const KILL_PATIENCE = 10_000;

/**
 * Stops a container: its stop signal, and SIGKILL after the timeout.
 * @returns false when it did not run
 */
export async function stopContainer(engine: Engine, id: string, options: StopOptions = {}): Promise<boolean> {
  const stopping = await askToEnd(engine, id, options);
  if (stopping === undefined) return false;
  const { config, state } = stopping;
  // Its time to end is its own: without the lock, others may kill or remove it meanwhile.
  await waitForExit(state.process!, patienceOf(options.timeout ?? config.stopTimeout));
  using held = await lockExisting(engine, id);
  const container = held === undefined ? undefined : readContainer(engine.store, id);
  const same = container?.state.process?.startTime === state.process!.startTime;
  if (container !== undefined && same) await end(engine, container, { ...options, timeout: 0 });
  // conmon's exit command was faster.
  else tellContainer(engine.store, stopping.config, 'stop');
  return true;
}

/** Notes that the container's end is wanted and sends its stop signal. Undefined when it does not run. */
async function askToEnd(
  engine: Engine,
  id: string,
  options: StopOptions,
  note: StopNote = {},
): Promise<Container | undefined> {
  using held = await lockExisting(engine, id);
  const container = held === undefined ? undefined : readContainer(engine.store, id);
  if (container === undefined) return undefined;
  const { config, state } = container;
  if (!hasLivingProcess(state)) {
    await settle(engine, container, options);
    return undefined;
  }
  // Its process waits in the runtime and heeds no stop signal.
  if (state.status === 'initialized') {
    await end(engine, container, { ...options, timeout: 0 });
    return undefined;
  }
  const stopping = { config, state: noteStop(engine, id, state, { ...noteOf(options), ...note }) };
  if ((options.timeout ?? config.stopTimeout) !== 0) await signalEnd(engine, stopping, options.signal);
  return stopping;
}

/**
 * Ends a container and leaves the start that is to follow to who cleans up behind it: so it starts where it did before,
 * and not as a child of a health check's systemd unit, with which it would end.
 */
export async function restartByEnd(engine: Engine, id: string): Promise<void> {
  const stopping = await askToEnd(engine, id, {}, { healthRestart: true, stopRequested: false });
  if (stopping === undefined) return;
  const { config, state } = stopping;
  if (await waitForExit(state.process!, patienceOf(config.stopTimeout))) return;
  using held = await lockExisting(engine, id);
  if (held !== undefined && isAlive(state.process)) await deliver(engine, stopping, SIGKILL);
}

/**
 * Sends a signal. One that ends the container, and was sent by `kill`, keeps its restart policy from starting it again.
 * @throws ProaError NOT_RUNNING
 */
export async function killContainer(engine: Engine, id: string, signal: string): Promise<void> {
  const number = parseSignal(signal);
  using held = await lockExisting(engine, id);
  const container = held === undefined ? undefined : readContainer(engine.store, id);
  if (container === undefined)
    throw new ProaError('CONTAINER_NOT_FOUND', `kill container ${id}: no such container`);
  const { config, state } = container;
  if (!isRunning(state)) {
    throw new ProaError('NOT_RUNNING', `kill container ${config.name}: it is not running`, {
      hint: `proa start ${config.name}`,
    });
  }
  if (number === SIGKILL || signal === config.stopSignal) noteStop(engine, id, state);
  await deliver(engine, container, number);
  // As with Docker, who kills finds it ended.
  if (number === SIGKILL && (await waitForExit(state.process!, KILL_PATIENCE)))
    await awaitExit(engine.store, id, state);
}

export interface RemoveOptions {
  /** Also when it runs. */
  force?: boolean;
  /** Its anonymous volumes too. */
  volumes?: boolean;
  /** With `force`: seconds from the stop signal until SIGKILL; left out, it is killed at once. */
  timeout?: number;
}

/**
 * Removes a container.
 * @throws ProaError RUNNING when it runs and `force` is not given
 */
export async function removeContainer(
  engine: Engine,
  id: string,
  options: RemoveOptions = {},
): Promise<void> {
  // The time that it is given to end is spent without its lock, and it is still there to be removed then.
  if (options.force && options.timeout)
    await stopContainer(engine, id, { timeout: options.timeout, restart: true });
  using held = await lockExisting(engine, id);
  const container = held === undefined ? undefined : readContainer(engine.store, id);
  if (container === undefined) return;
  const { config } = container;
  if (isRunning(container.state)) {
    if (!options.force) {
      throw new ProaError('RUNNING', `remove container ${config.name}: it is running`, {
        hint: `proa stop ${config.name}, or proa rm --force ${config.name}`,
      });
    }
    // Its end needs no record and no removal of its own: it goes now.
    const state = await end(engine, container, { timeout: 0 }, false);
    await removeLocked(engine, { config, state }, options);
    return;
  }
  const state = needsCleanup(container.state) ? await cleanUpLocked(engine, container) : container.state;
  await removeLocked(engine, { config, state }, options);
}

/** Ends the process, waits for that, and cleans up. The caller holds the lock. */
async function end(
  engine: Engine,
  container: Container,
  options: StopOptions,
  autoRemove = true,
): Promise<ContainerState> {
  using _ = span('stop container');
  const { config } = container;
  const state = noteStop(engine, config.id, container.state, noteOf(options));
  const stopping = { config, state };
  const timeout = options.timeout ?? config.stopTimeout;
  if (timeout !== 0) await signalEnd(engine, stopping, options.signal);
  if (!(await waitForExit(state.process!, patienceOf(timeout)))) {
    await deliver(engine, stopping, SIGKILL);
    if (!(await waitForExit(state.process!, KILL_PATIENCE))) {
      throw new ProaError(
        'STOP_FAILED',
        `stop container ${config.name}: process ${state.process!.pid} does not end`,
        {
          hint: 'It hangs in the kernel (a stalled disk or network mount?): see cat /proc/PID/stack',
        },
      );
    }
  }
  const ended = await cleanUpLocked(engine, stopping);
  if (autoRemove) tellContainer(engine.store, config, 'stop');
  if (autoRemove && removesItself(stopping)) await removeLocked(engine, { config, state: ended });
  return ended;
}

/** Sends the stop signal; a paused container has to go on to take it. */
async function signalEnd(engine: Engine, container: Container, signal: string | undefined): Promise<void> {
  const { config, state } = container;
  await deliver(engine, container, parseSignal(signal ?? config.stopSignal));
  if (state.status === 'paused') await runtimeResume(containerRuntime(engine, config, state), config.id);
}

/** Seconds to milliseconds; negative is for ever. */
function patienceOf(timeout: number): number {
  return timeout < 0 ? Number.POSITIVE_INFINITY : timeout * 1000;
}

/** Cleans up behind a container that ended unnoticed. */
async function settle(
  engine: Engine,
  { config, state: before }: Container,
  { restart, shutdown }: StopOptions,
): Promise<void> {
  const container = { config, state: { ...before, ...(restart && { restartRequested: true }) } };
  if (needsCleanup(container.state)) {
    const state = await cleanUpLocked(engine, container);
    if (removesItself(container)) await removeLocked(engine, { ...container, state });
  } else if (container.state.status === 'exited' && !isNoted(container.state, shutdown)) {
    // Keeps a restart that waits for its pause from happening.
    noteStop(engine, container.config.id, container.state, noteOf({ shutdown }));
  }
}

/** A person's word counts for more than the shutdown's. */
function isNoted({ stopRequested, stoppedByShutdown }: ContainerState, shutdown = false): boolean {
  return stopRequested === true && (shutdown || !stoppedByShutdown);
}

/**
 * Notes that its end is wanted, which keeps its restart policy from starting it again. A full disk does not hold the
 * note, and is no reason not to end it: that is how room is made.
 */
function noteStop({ store }: Engine, id: string, state: ContainerState, note: StopNote = {}): ContainerState {
  const { stoppedByShutdown: _, ...kept } = state;
  const noted = { ...kept, stopRequested: true, ...note };
  try {
    writeState(store, id, noted);
  } catch (error) {
    if (!isNoSpace(error)) throw error;
  }
  return noted;
}

/**
 * Signals the container's first process: directly, for that is certain to be the one meant (pid and start time). A
 * paused one is signalled by the runtime, which knows its cgroup.
 */
async function deliver(engine: Engine, { config, state }: Container, signal: number): Promise<void> {
  if (state.status === 'paused' && signal === SIGKILL) {
    await runtimeKill(containerRuntime(engine, config, state), config.id, signal, true);
    await runtimeResume(containerRuntime(engine, config, state), config.id).catch(() => {
      // On cgroup v2 SIGKILL ends a frozen process, and there is nothing to thaw any more.
    });
  } else if (!signalProcess(state.process!, signal) && isAlive(state.process)) {
    throw new ProaError('SIGNAL_FAILED', `signal container ${config.name}: not permitted`);
  }
  tellContainer(engine.store, config, 'kill', { signal: String(signal) });
}
