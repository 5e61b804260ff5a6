/** Health checks begin with a run of their container and end with it. */
import type { ContainerConfig, ContainerState } from '../../storage/containers.ts';
import { type HealthState, readHealth, writeHealth } from '../../storage/health.ts';
import type { Engine } from '../engine.ts';
import { endedHealth, nextCheck, startingHealth } from './health-state.ts';
import { healthSettings } from './settings.ts';
import { startHealthTimer, stopHealthTimer } from './timer.ts';

/** For a container with a check whose process has been started. @param before how its last run ended */
export async function startHealthChecks(
  engine: Engine,
  config: ContainerConfig,
  state: ContainerState,
  before: HealthState | undefined,
): Promise<void> {
  const settings = healthSettings(config);
  if (settings === undefined) return;
  const health = startingHealth(settings, before);
  writeHealth(engine.store, config.id, health);
  if (config.health?.manual) return;
  await startHealthTimer(engine, config.id, state.process!.startTime, nextCheck(health, settings, 0));
}

/** For one that ended. @returns what its record keeps of its health */
export async function endHealthChecks(engine: Engine, id: string): Promise<HealthState | undefined> {
  await stopHealthTimer(engine, id);
  const health = readHealth(engine.store, id);
  return health && endedHealth(health);
}
