/**
 * RUNROOT/containers/ID/health.json: what the checks of a running container's health found. It goes with the bundle; the
 * end of a run puts it into the container's state, see {@link ContainerState.health}. Writers hold the bundle's lock.
 */
import { readRecord, writeRecord } from '../core/atomic-file.ts';
import { hasCode } from '../core/error.ts';
import { lockBriefly } from '../core/lock.ts';
import type { Healthcheck } from '../oci/model/image-config.ts';
import { bundlePath } from './containers.ts';
import type { Store } from './store.ts';

/** Of Podman's `--health-startup-*`; durations are in nanoseconds. */
export interface StartupCheck extends Pick<Healthcheck, 'Test' | 'Interval' | 'Timeout' | 'Retries'> {
  /** In a row, to pass; 1 if left out. */
  readonly Successes?: number;
}

/** What a container's record keeps of its check beside Docker's Healthcheck. */
export interface HealthOptions {
  /** What is done when it turns unhealthy; nothing if left out. */
  onFailure?: 'kill' | 'restart' | 'stop';
  startup?: StartupCheck;
  /** Checked only when somebody asks (`--health-interval=disable`). */
  manual?: boolean;
  /** The image's SHELL, for commands of a shell. */
  shell?: string[];
  /** `local`, `events_logger`, or the absolute path of a folder. */
  logDestination?: string;
  /** Checks that the log keeps, and bytes of output of each; 0 keeps all. */
  maxLogCount?: number;
  maxLogSize?: number;
}

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** One check, as Docker's inspect has it. */
export interface HealthLogEntry {
  /** RFC 3339. */
  Start: string;
  End: string;
  /** -1 for a check that took too long, or could not be run. */
  ExitCode: number;
  Output: string;
}

export interface HealthState {
  status: HealthStatus;
  /** Failures in a row. */
  failingStreak: number;
  /** The last checks, oldest first. */
  log: HealthLogEntry[];
  /** Of the start-up check, while it has not passed: how often it succeeded and failed in a row. */
  startup?: { successes: number; failures: number };
}

type HealthRecord = HealthState & { version: 1 };

function healthPath(store: Store, id: string): string {
  return `${bundlePath(store, id)}/health.json`;
}

/** Undefined when the container does not run, or its health is not checked. */
export function readHealth(store: Store, id: string): HealthState | undefined {
  return readRecord<HealthRecord>(healthPath(store, id));
}

/** For a container that is being started, which nobody else can know of. */
export function writeHealth(store: Store, id: string, health: HealthState): void {
  const record: HealthRecord = { ...health, version: 1 };
  writeRecord(healthPath(store, id), record);
}

/**
 * Changes the record by what it is now.
 * @returns before and after; undefined when the container ended meanwhile
 */
export function updateHealth(
  store: Store,
  id: string,
  change: (health: HealthState) => HealthState,
): { before: HealthState; after: HealthState } | undefined {
  using held = lockBriefly(bundlePath(store, id));
  const before = held === undefined ? undefined : readHealth(store, id);
  if (before === undefined) return undefined;
  const after = change(before);
  try {
    writeHealth(store, id, after);
  } catch (error) {
    // The bundle went this very moment.
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return { before, after };
}
