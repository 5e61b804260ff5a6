import {
  afterCheck,
  endedHealth,
  hasFailedToStart,
  nextCheck,
  startingHealth,
} from '../../../lib/engine/health/health-state.ts';
import { healthSettings, mergeHealthcheck } from '../../../lib/engine/health/settings.ts';
import type { HealthState } from '../../../lib/storage/health.ts';

const SECOND = 1e9;
const settings = healthSettings({
  healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 10 * SECOND, StartPeriod: 60 * SECOND, Retries: 2 },
})!;
const entry = (ExitCode: number) => ({ Start: '', End: '', ExitCode, Output: '' });

/** The health after checks of these exit codes, all at one age in milliseconds. */
function after(
  codes: number[],
  age: number,
  from: HealthState = startingHealth(settings, undefined),
): HealthState {
  return codes.reduce((health, code) => afterCheck(health, settings, entry(code), age), from);
}

test('the defaults are those of Docker', () => {
  expect(healthSettings({ healthcheck: { Test: ['CMD', 'a', 'b'] } })).toEqual({
    args: ['a', 'b'],
    interval: 30_000,
    timeout: 30_000,
    retries: 3,
    startPeriod: 0,
    startInterval: 5_000,
  });
  expect(settings.args).toEqual(['/bin/sh', '-c', 'true']);
  const shell = { healthcheck: { Test: ['CMD-SHELL', 'x'] }, health: { shell: ['/bin/bash', '-ec'] } };
  expect(healthSettings(shell)!.args).toEqual(['/bin/bash', '-ec', 'x']);
});

test.each([[undefined], [{}], [{ Test: [] }], [{ Test: ['NONE'] }], [{ Interval: 5 }]])(
  '%j is no check',
  (healthcheck) => {
    expect(healthSettings({ healthcheck })).toBeUndefined();
  },
);

test("options win over the image's members one by one; zeros and no command take the image's", () => {
  const image = { Test: ['CMD', 'image'], Interval: 1, Retries: 7 };
  expect(mergeHealthcheck(image, undefined)).toBe(image);
  expect(mergeHealthcheck(image, { Test: [], Interval: 0, Retries: 2, Timeout: 3 })).toEqual({
    ...image,
    Retries: 2,
    Timeout: 3,
  });
  expect(mergeHealthcheck(image, { Test: ['NONE'] })!.Test).toEqual(['NONE']);
  expect(mergeHealthcheck(undefined, undefined)).toBeUndefined();
});

test('failures count after the start period, or when it was healthy once', () => {
  expect(after([1, 1, 1], 59_000)).toMatchObject({ status: 'starting', failingStreak: 0 });
  expect(after([1], 60_000)).toMatchObject({ status: 'starting', failingStreak: 1 });
  expect(after([1, -1], 60_000)).toMatchObject({ status: 'unhealthy', failingStreak: 2 });
  expect(after([0, 1], 1_000)).toMatchObject({ status: 'healthy', failingStreak: 1 });
  expect(after([0, 1, 1], 1_000)).toMatchObject({ status: 'unhealthy', failingStreak: 2 });
  expect(after([1, 1, 1, 0], 60_000)).toMatchObject({ status: 'healthy', failingStreak: 0 });
});

test('the log has the last checks, and outlives a restart', () => {
  const health = after([1, 2, 3, 4, 5, 6], 60_000);
  expect(health.log.map(({ ExitCode }) => ExitCode)).toEqual([2, 3, 4, 5, 6]);
  expect(endedHealth(health)).toMatchObject({ status: 'unhealthy', log: health.log });
  expect(startingHealth(settings, health)).toEqual({ status: 'starting', failingStreak: 0, log: health.log });
  expect(afterCheck(health, settings, entry(7), 0, 0).log).toHaveLength(6);
  expect(afterCheck(health, settings, entry(7), 0, 1).log).toEqual([entry(7)]);
});

test('the next check is due sooner while it starts', () => {
  const starting = startingHealth(settings, undefined);
  expect(nextCheck(starting, settings, 1_000)).toBe(5_000);
  expect(nextCheck(starting, settings, 60_000)).toBe(10_000);
  expect(nextCheck(after([0], 1_000), settings, 1_000)).toBe(10_000);
});

test('a start-up check is passed by successes in a row, and fails by failures in a row', () => {
  const checks = healthSettings({
    healthcheck: { Test: ['CMD', 'x'] },
    health: { startup: { Test: ['CMD', 'y'], Interval: SECOND, Retries: 2, Successes: 2 } },
  })!;
  const go = (health: HealthState, code: number): HealthState => afterCheck(health, checks, entry(code), 0);
  let health = startingHealth(checks, undefined);
  expect(nextCheck(health, checks, 0)).toBe(1_000);
  health = go(go(health, 0), 1);
  expect(health).toMatchObject({ status: 'starting', startup: { successes: 0, failures: 1 } });
  expect(hasFailedToStart(health, checks)).toBe(false);
  expect(hasFailedToStart(go(health, 1), checks)).toBe(true);
  health = go(go(health, 0), 0);
  expect(health).toMatchObject({ status: 'starting', failingStreak: 0 });
  expect(health.startup).toBeUndefined();
  expect(go(health, 0)).toMatchObject({ status: 'healthy' });
});
