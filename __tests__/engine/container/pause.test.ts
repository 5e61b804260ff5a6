// Freezing itself is the runtime's; here a script stands in for it, to fail and to leave things half done.
import { chmodSync, writeFileSync } from 'node:fs';
import { pauseContainer, unpauseContainer } from '../../../lib/engine/container/pause.ts';
import { type ContainerState, readContainer } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

/** A container whose runtime runs this shell command. */
async function add(script: string, state: Partial<ContainerState> = {}): Promise<string> {
  const runtime = `${test_.root}/runc`;
  writeFileSync(runtime, `#!/bin/sh\n${script}\n`);
  chmodSync(runtime, 0o755);
  const { config } = await test_.add({ name: 'c' }, { ...runningState(), runtime, ...state });
  return config.id;
}
const status = (id: string) => readContainer(test_.store, id)!.state.status;

test('the record says paused while the processes stand', async () => {
  const id = await add(`echo "$@" >> ${test_.root}/calls`);
  await pauseContainer(test_.engine, id);
  expect(status(id)).toBe('paused');
  await unpauseContainer(test_.engine, id);
  expect(status(id)).toBe('running');
  const calls = await Bun.file(`${test_.root}/calls`).text();
  expect(calls.match(/\b(pause|resume) [0-9a-f]{64}/g)).toEqual([`pause ${id}`, `resume ${id}`]);
});

test('a pause that fails leaves it running', async () => {
  const id = await add('echo no freezer >&2; exit 1');
  await expect(pauseContainer(test_.engine, id)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  expect(status(id)).toBe('running');
});

test('a pause that was cut off is undone by unpause', async () => {
  const id = await add('echo container not paused >&2; exit 1', { status: 'paused' });
  await unpauseContainer(test_.engine, id);
  expect(status(id)).toBe('running');
});

test('an unpause that fails leaves it paused', async () => {
  const id = await add('echo device busy >&2; exit 1', { status: 'paused' });
  await expect(unpauseContainer(test_.engine, id)).rejects.toMatchObject({ code: 'RUNTIME_FAILED' });
  expect(status(id)).toBe('paused');
});

test('only what runs can be paused, and only what is paused resumed', async () => {
  const id = await add('exit 0');
  await expect(unpauseContainer(test_.engine, id)).rejects.toMatchObject({ code: 'NOT_PAUSED' });
  await pauseContainer(test_.engine, id);
  await expect(pauseContainer(test_.engine, id)).rejects.toMatchObject({ code: 'PAUSED' });
  const { config } = await test_.add({ name: 'ended' }, exitedState(0));
  await expect(pauseContainer(test_.engine, config.id)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
});
