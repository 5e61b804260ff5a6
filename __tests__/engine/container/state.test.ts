import { writeFileSync } from 'node:fs';
import { processHandle } from '../../../lib/core/process-handle.ts';
import { awaitExit, isRunning, needsCleanup, observeState } from '../../../lib/engine/container/state.ts';
import { type Container, exitFilePath } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const self = processHandle(process.pid)!;
const DEAD = { pid: self.pid, startTime: self.startTime - 1 };
const observe = ({ config, state }: Container) => observeState(records.store, { config, state });

test('a process that lives runs; one of another boot, or whose pid another has by now, does not', async () => {
  const running = await records.add({}, runningState());
  expect([isRunning(running.state), needsCleanup(running.state), observe(running)]).toEqual([
    true,
    false,
    running.state,
  ]);
  for (const change of [{ process: DEAD }, { process: undefined }, { bootId: 'another boot' }]) {
    const { config, state } = await records.add({}, { ...runningState(), ...change });
    expect([isRunning(state), needsCleanup(state)]).toEqual([false, true]);
    expect(observe({ config, state })).toMatchObject({ status: 'exited', exitCode: 255 });
  }
});

test("the code of an unnoticed end is the one that conmon left, but not another boot's", async () => {
  const gone = await records.add({}, { ...runningState(), process: DEAD });
  writeFileSync(exitFilePath(records.store, gone.config.id), '137');
  expect(observe(gone)).toMatchObject({
    status: 'exited',
    exitCode: 137,
    finishedAt: expect.stringMatching(/^20/),
  });
  const before = { ...gone, state: { ...gone.state, bootId: 'another boot' } };
  expect(observe(before)).toMatchObject({ exitCode: 255 });
});

test('an end on record stays as it is', async () => {
  const { config, state } = await records.add({}, exitedState(3));
  writeFileSync(exitFilePath(records.store, config.id), '9');
  expect(observe({ config, state })).toEqual(state);
});

test('the code is awaited while conmon lives to write it', async () => {
  const { config, state } = await records.add({}, { ...runningState(), process: DEAD });
  setTimeout(() => writeFileSync(exitFilePath(records.store, config.id), '5'), 30);
  expect(await awaitExit(records.store, config.id, { ...state, conmon: self })).toMatchObject({ code: 5 });
  const late = await records.add({}, { ...runningState(), process: DEAD });
  const start = performance.now();
  expect(await awaitExit(records.store, late.config.id, { ...late.state, conmon: DEAD })).toMatchObject({
    code: 255,
  });
  expect(performance.now() - start).toBeLessThan(1000);
});
