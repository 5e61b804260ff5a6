/** What a container's health check is: the image's HEALTHCHECK, the options over it, the defaults under it. */
import { ProaError } from '../../core/error.ts';
import type { ContainerDefaults, Healthcheck } from '../../oci/model/image-config.ts';
import type { ContainerConfig, ContainerOptions, StartupCheck } from '../../storage/containers.ts';

/** One kind of check, ready to be run. Times are in milliseconds. */
export interface CheckSettings {
  args: string[];
  interval: number;
  timeout: number;
  /** Failures in a row that count. */
  retries: number;
}

export interface HealthSettings extends CheckSettings {
  /** From the start on, failures do not count so long, unless it was healthy once. */
  startPeriod: number;
  /** Between checks while it is starting within that period. */
  startInterval: number;
  /** To be passed before the others begin. `retries` 0: it may fail for ever. */
  startup?: CheckSettings & { successes: number };
}

/** Docker's (Dockerfile reference, HEALTHCHECK), in milliseconds. */
const INTERVAL = 30_000;
const TIMEOUT = 30_000;
const START_INTERVAL = 5_000;
const RETRIES = 3;

/** The options' values over the image's, member by member; options that give no command take the image's. */
export function mergeHealthcheck(
  image: Healthcheck | undefined,
  own: Healthcheck | undefined,
): Healthcheck | undefined {
  if (own === undefined) return image;
  const given = Object.entries(own).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== 0,
  );
  return { ...image, ...Object.fromEntries(given) };
}

/** What a container's record gets of a request and its image. @throws ProaError NO_HEALTHCHECK */
export function healthConfig(
  {
    healthcheck: own,
    health,
    options: { sdNotify } = {},
  }: Pick<ContainerConfig, 'healthcheck' | 'health'> & { options?: ContainerOptions },
  { Healthcheck: image, Shell: shell }: ContainerDefaults,
): Pick<ContainerConfig, 'healthcheck' | 'health'> {
  const healthcheck = mergeHealthcheck(image, own);
  if (sdNotify === 'healthy' && commandOf(healthcheck?.Test) === undefined) {
    throw new ProaError(
      'NO_HEALTHCHECK',
      'use --sdnotify=healthy: the container has no health check to wait for',
      {
        hint: 'Give it one: --health-cmd COMMAND',
      },
    );
  }
  if (healthcheck === undefined) return {};
  const options = { ...health, ...(shell && { shell: [...shell] }) };
  return { healthcheck, ...(Object.keys(options).length > 0 && { health: options }) };
}

/** Undefined when the container's health is not checked. */
export function healthSettings(
  config: Pick<ContainerConfig, 'healthcheck' | 'health'>,
): HealthSettings | undefined {
  const { healthcheck = {}, health = {} } = config;
  const args = commandOf(healthcheck.Test, health.shell);
  if (args === undefined) return undefined;
  const startup = health.startup && startupSettings(health.startup, health.shell);
  return {
    args,
    interval: milliseconds(healthcheck.Interval) ?? INTERVAL,
    timeout: milliseconds(healthcheck.Timeout) ?? TIMEOUT,
    retries: healthcheck.Retries || RETRIES,
    startPeriod: milliseconds(healthcheck.StartPeriod) ?? 0,
    startInterval: milliseconds(healthcheck.StartInterval) ?? START_INTERVAL,
    ...(startup && { startup }),
  };
}

function startupSettings(check: StartupCheck, shell: string[] | undefined): HealthSettings['startup'] {
  const args = commandOf(check.Test, shell);
  if (args === undefined) return undefined;
  return {
    args,
    interval: milliseconds(check.Interval) ?? INTERVAL,
    timeout: milliseconds(check.Timeout) ?? TIMEOUT,
    retries: check.Retries ?? 0,
    successes: check.Successes || 1,
  };
}

/** The words of the process; a shell's command is run by the image's SHELL. */
function commandOf(test: readonly string[] | undefined, shell = ['/bin/sh', '-c']): string[] | undefined {
  const [kind, ...words] = test ?? [];
  if (kind === undefined || kind === 'NONE' || words.length === 0) return undefined;
  return kind === 'CMD-SHELL' ? [...shell, ...words] : words;
}

function milliseconds(nanoseconds: number | undefined): number | undefined {
  return nanoseconds ? nanoseconds / 1e6 : undefined;
}
