import {
  restartAfterEnd,
  restartPause,
  shouldRestart,
} from '../../../lib/engine/container/restart-policy.ts';
import {
  type ContainerState,
  type RestartPolicy,
  readContainer,
  writeState,
} from '../../../lib/storage/containers.ts';
import { TestStore } from '../../helpers/container-records.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const ended = (more: Partial<ContainerState> = {}, ranFor = 0): ContainerState => ({
  version: 1,
  status: 'exited',
  exitCode: 1,
  restartCount: 0,
  startedAt: new Date(START).toISOString(),
  finishedAt: new Date(START + ranFor).toISOString(),
  ...more,
});

test.each<[RestartPolicy['name'], number, Partial<ContainerState>, boolean]>([
  ['no', 0, {}, false],
  ['always', 0, {}, true],
  ['always', 0, { exitCode: 0 }, true],
  ['always', 0, { stopRequested: true }, false],
  ['always', 0, { status: 'running' }, false],
  ['unless-stopped', 0, { exitCode: 0 }, true],
  ['unless-stopped', 0, { stopRequested: true }, false],
  ['on-failure', 0, { exitCode: 0 }, false],
  ['on-failure', 0, { restartCount: 1000 }, true],
  ['on-failure', 3, { restartCount: 2 }, true],
  ['on-failure', 3, { restartCount: 3 }, false],
])('%s:%i after %j: %p', (name, maximumRetryCount, state, restarts) => {
  expect(shouldRestart({ name, maximumRetryCount }, ended(state))).toBe(restarts);
});

test.each([
  [0, 0, 100],
  [1, 0, 200],
  [5, 9_999, 3_200],
  [9, 0, 51_200],
  [10, 0, 60_000],
  [1_000_000, 0, 60_000],
  // A run of ten seconds starts the pauses over.
  [10, 10_000, 100],
])('after %i restarts and a run of %i ms the pause is %i ms', (restartCount, ranFor, pause) => {
  expect(restartPause(ended({ restartCount }, ranFor))).toBe(pause);
});

test('an end that nobody timed counts as short', () => {
  expect(restartPause({ version: 1, status: 'exited', restartCount: 2 })).toBe(400);
});

test.each<[string, Partial<ContainerState>]>([
  ['stopped', { stopRequested: true }],
  ['started by somebody else and ended again', { finishedAt: new Date(START + 5).toISOString() }],
])('one that was %s during the pause is left alone', async (_, change) => {
  using records = new TestStore();
  const { config, state } = await records.add({ restart: { name: 'always', maximumRetryCount: 0 } }, ended());
  const restarting = restartAfterEnd(records.engine, config.id, state);
  writeState(records.store, config.id, { ...state, ...change });
  await restarting;
  expect(readContainer(records.store, config.id)!.state).toEqual({ ...state, ...change });
});
