/** `healthcheck run`: one check, what follows from it, and when the next one is due. */
import { appendFileSync } from 'node:fs';
import { addContext, ProaError } from '../../core/error.ts';
import { type Container, readContainer } from '../../storage/containers.ts';
import { type HealthLogEntry, type HealthState, readHealth, updateHealth } from '../../storage/health.ts';
import { isRunning } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { tellContainer } from '../events.ts';
import { afterCheck, hasFailedToStart, nextCheck, OUTPUT_SIZE } from './health-state.ts';
import { probe } from './probe.ts';
import { type HealthSettings, healthSettings } from './settings.ts';

/**
 * Checks a container's health now.
 * @returns whether this check succeeded
 * @throws ProaError CONTAINER_NOT_FOUND, NO_HEALTHCHECK, NOT_RUNNING, PAUSED
 */
export async function runHealthcheck(engine: Engine, id: string): Promise<boolean> {
  const container = readContainer(engine.store, id);
  if (container === undefined) {
    throw new ProaError('CONTAINER_NOT_FOUND', `check health of container ${id}: it was removed meanwhile`);
  }
  const { config, state } = container;
  const step = `check health of container ${config.name}`;
  const settings = healthSettings(config);
  if (settings === undefined) {
    throw new ProaError('NO_HEALTHCHECK', `${step}: it has no health check`, {
      hint: 'Give it one at its creation: --health-cmd COMMAND',
    });
  }
  if (!isRunning(state)) {
    throw new ProaError('NOT_RUNNING', `${step}: it is not running`, { hint: `proa start ${config.name}` });
  }
  if (state.status === 'paused') {
    throw new ProaError('PAUSED', `${step}: it is paused`, { hint: `proa unpause ${config.name}` });
  }
  const entry = await check(engine, container, settings);
  return entry.ExitCode === 0;
}

/**
 * A check that its timer asks for. A paused container is left alone.
 * @param run which run of the container the timer is of: its process's start time
 * @returns milliseconds until the next one; undefined when that run is over
 */
export async function runScheduledCheck(
  engine: Engine,
  id: string,
  run: number,
): Promise<number | undefined> {
  const current = (): Container | undefined => {
    const container = readContainer(engine.store, id);
    const same = container?.state.process?.startTime === run && isRunning(container.state);
    return same ? container : undefined;
  };
  const container = current();
  const settings = container && healthSettings(container.config);
  if (container === undefined || settings === undefined) return undefined;
  if (container.state.status !== 'paused') await check(engine, container, settings);
  const health = current() && readHealth(engine.store, id);
  return health && nextCheck(health, settings, ageOf(container));
}

/** Milliseconds since the container's start. */
function ageOf({ state }: Container): number {
  return Date.now() - Date.parse(state.startedAt!);
}

async function check(
  engine: Engine,
  container: Container,
  settings: HealthSettings,
): Promise<HealthLogEntry> {
  const { store } = engine;
  const { config } = container;
  const { id, health: options = {} } = config;
  const age = ageOf(container);
  const isStartup = settings.startup !== undefined && readHealth(store, id)?.startup !== undefined;
  const { maxLogSize = OUTPUT_SIZE } = options;
  const entry = await probe(engine, container, isStartup ? settings.startup! : settings, maxLogSize);
  const now = readContainer(store, id)?.state;
  // It ended meanwhile, which is why the check failed; or another run has begun.
  if (now?.process?.startTime !== container.state.process!.startTime || !isRunning(now)) return entry;
  const changed = updateHealth(store, id, (health) =>
    afterCheck(health, settings, entry, age, options.maxLogCount),
  );
  if (changed === undefined) return entry;
  const { before, after } = changed;
  const destination = options.logDestination ?? 'local';
  if (after.status !== before.status || destination === 'events_logger') {
    const output: Record<string, string> = {};
    if (destination === 'events_logger') output.health_log = entry.Output;
    tellContainer(store, config, `health_status: ${after.status}`, output);
  }
  if (destination.startsWith('/')) writeLog(`${destination}/${id}-healthcheck.log`, entry);
  await react(engine, container, settings, after, entry.ExitCode !== 0);
  return entry;
}

/** A line of JSON a check. */
function writeLog(file: string, entry: HealthLogEntry): void {
  try {
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
  } catch (error) {
    throw addContext(error, 'write health log');
  }
}

/** --health-on-failure, and the end of a start that does not come to pass. */
async function react(
  engine: Engine,
  { config }: Container,
  settings: HealthSettings,
  health: HealthState,
  failed: boolean,
): Promise<void> {
  if (!failed) return;
  const { onFailure } = config.health ?? {};
  const stop = (): Promise<typeof import('../container/stop.ts')> => import('../container/stop.ts');
  if (hasFailedToStart(health, settings) || (health.status === 'unhealthy' && onFailure === 'restart'))
    await (await stop()).restartByEnd(engine, config.id);
  else if (health.status !== 'unhealthy') return;
  else if (onFailure === 'kill') await (await stop()).killContainer(engine, config.id, 'KILL');
  else if (onFailure === 'stop') await (await stop()).stopContainer(engine, config.id);
}
