/** How a container's health follows from its checks: pure functions on its record. */
import type { HealthLogEntry, HealthState } from '../../storage/health.ts';
import type { HealthSettings } from './settings.ts';

/** Docker's: the last five checks, 4096 bytes of each one's output. 0 keeps all. */
const LOG_COUNT = 5;
export const OUTPUT_SIZE = 4096;

/** Of a container that starts: what is known of its last run stays in the log. */
export function startingHealth(settings: HealthSettings, before: HealthState | undefined): HealthState {
  return {
    status: 'starting',
    failingStreak: 0,
    log: before?.log ?? [],
    ...(settings.startup && { startup: { successes: 0, failures: 0 } }),
  };
}

/** Of one that ended: Docker says unhealthy then. */
export function endedHealth(before: HealthState): HealthState {
  const { startup: _, ...rest } = before;
  return { ...rest, status: 'unhealthy' };
}

/** @param age milliseconds since the start, when the check began */
export function afterCheck(
  health: HealthState,
  settings: HealthSettings,
  entry: HealthLogEntry,
  age: number,
  logCount: number = LOG_COUNT,
): HealthState {
  const log = [...health.log, entry];
  const next: HealthState = { ...health, log: logCount === 0 ? log : log.slice(-logCount) };
  if (health.startup !== undefined && settings.startup !== undefined) {
    return afterStartupCheck(next, health.startup, settings.startup, entry);
  }
  if (entry.ExitCode === 0) return { ...next, status: 'healthy', failingStreak: 0 };
  // What was healthy once has started.
  if (health.status === 'starting' && age < settings.startPeriod) return next;
  const failingStreak = health.failingStreak + 1;
  return { ...next, failingStreak, ...(failingStreak >= settings.retries && { status: 'unhealthy' }) };
}

function afterStartupCheck(
  health: HealthState,
  counts: NonNullable<HealthState['startup']>,
  settings: NonNullable<HealthSettings['startup']>,
  entry: HealthLogEntry,
): HealthState {
  if (entry.ExitCode !== 0) return { ...health, startup: { successes: 0, failures: counts.failures + 1 } };
  const successes = counts.successes + 1;
  if (successes < settings.successes) return { ...health, startup: { successes, failures: 0 } };
  const { startup: _, ...passed } = health;
  return passed;
}

/** True when the start-up check has failed so often that the container is to be started anew. */
export function hasFailedToStart({ startup }: HealthState, settings: HealthSettings): boolean {
  const retries = settings.startup?.retries ?? 0;
  return startup !== undefined && retries > 0 && startup.failures >= retries;
}

/** Milliseconds until the next check. @param age since the container's start */
export function nextCheck(health: HealthState, settings: HealthSettings, age: number): number {
  if (health.startup !== undefined && settings.startup !== undefined) return settings.startup.interval;
  return health.status === 'starting' && age < settings.startPeriod
    ? settings.startInterval
    : settings.interval;
}
