import { killContainer, removeContainer, stopContainer } from '../../../lib/engine/container/stop.ts';
import { type ContainerState, readContainer } from '../../../lib/storage/containers.ts';
import { exitedState, type TestStore } from '../../helpers/container-records.ts';
import { LiveContainers } from './support/live-containers.ts';

let live: LiveContainers;
let records: TestStore;
beforeEach(() => {
  live = new LiveContainers();
  records = live.records;
});
afterEach(() => live[Symbol.asyncDispose]());

const state = (id: string): ContainerState => readContainer(records.store, id)!.state;

test('stop sends the stop signal, and notes that the end was wanted', async () => {
  const { id } = await live.run("trap 'exit 5' USR1; trap '' TERM", { stopSignal: 'SIGUSR1' });
  expect(await stopContainer(records.engine, id)).toBe(true);
  expect(state(id)).toMatchObject({ status: 'exited', exitCode: 5, stopRequested: true });
  expect(state(id).process).toBeUndefined();
  expect(await stopContainer(records.engine, id)).toBe(false);
});

test('one that does not obey is killed after its time', async () => {
  const { id } = await live.run("trap '' TERM", { stopTimeout: 60 });
  const start = performance.now();
  await stopContainer(records.engine, id, { timeout: 0.2 });
  expect(performance.now() - start).toBeGreaterThan(195);
  expect(state(id)).toMatchObject({ exitCode: 137 });
});

test('a signal of the caller’s own, and kill at once with 0', async () => {
  const first = await live.run("trap 'exit 6' HUP; trap '' TERM");
  await stopContainer(records.engine, first.id, { signal: 'HUP' });
  expect(state(first.id).exitCode).toBe(6);
  const second = await live.run("trap 'exit 6' TERM");
  await stopContainer(records.engine, second.id, { timeout: 0 });
  expect(state(second.id).exitCode).toBe(137);
});

test('kill passes any signal on; one that means the end is noted', async () => {
  const { id, child } = await live.run("trap 'exit 9' USR2");
  await killContainer(records.engine, id, 'USR2');
  expect(await child.exited).toBe(9);
  expect(state(id).stopRequested).toBeUndefined();
  const other = await live.run('true');
  await killContainer(records.engine, other.id, 'KILL');
  expect(state(other.id).stopRequested).toBe(true);
  await expect(killContainer(records.engine, other.id, 'KILL')).rejects.toMatchObject({
    code: 'NOT_RUNNING',
  });
  await expect(killContainer(records.engine, other.id, 'NOPE')).rejects.toMatchObject({
    code: 'INVALID_SIGNAL',
  });
});

test('rm refuses what runs, unless forced; with --rm a stop removes', async () => {
  const { id } = await live.run('true', { name: 'web' });
  await expect(removeContainer(records.engine, id)).rejects.toMatchObject({
    code: 'RUNNING',
    hint: expect.stringContaining('rm --force web'),
  });
  await removeContainer(records.engine, id, { force: true });
  expect(readContainer(records.store, id)).toBeUndefined();
  await removeContainer(records.engine, id); // gone is fine
  const other = await live.run('true', { autoRemove: true, stopSignal: 'SIGKILL' });
  await stopContainer(records.engine, other.id);
  expect(readContainer(records.store, other.id)).toBeUndefined();
});

test('a stop during the pause of a restart is remembered', async () => {
  const { config } = await records.add({}, exitedState(1));
  expect(await stopContainer(records.engine, config.id)).toBe(false);
  expect(state(config.id).stopRequested).toBe(true);
});
