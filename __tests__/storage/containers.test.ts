import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import {
  containerPath,
  discardContainer,
  listContainers,
  newContainerId,
  readContainer,
  resolveContainer,
  stageContainer,
  writeConfig,
  writeState,
} from '../../lib/storage/containers.ts';
import type { BadRecord } from '../../lib/storage/images.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const A = `aa${'1'.repeat(62)}`;
const B = `ab${'2'.repeat(62)}`;

test('published, it reads as it was written, and is not yet started', async () => {
  const { config } = await records.add({ env: ['SECRET=1'] });
  const read = readContainer(records.store, config.id)!;
  expect(read).toEqual({ config, state: { version: 1, status: 'created', restartCount: 0 } });
  const folder = containerPath(records.store, config.id);
  expect(readdirSync(folder).sort()).toEqual(['config.json', 'upper', 'work']);
  // The environment may hold a password.
  expect(statSync(`${folder}/config.json`).mode & 0o077).toBe(0);
  writeConfig(records.store, { ...config, name: 'renamed' });
  expect(statSync(`${folder}/config.json`).mode & 0o077).toBe(0);
  discardContainer(records.store, config.id);
  expect([readContainer(records.store, config.id), readdirSync(records.store.tmp)]).toEqual([undefined, []]);
});

test('given up before it is published, it leaves nothing', () => {
  const id = newContainerId();
  {
    using _ = stageContainer(records.store, id);
    expect(existsSync(`${records.store.tmp}/${id}/upper`)).toBe(true);
    expect(readContainer(records.store, id)).toBeUndefined();
  }
  expect(readdirSync(records.store.tmp)).toEqual([]);
});

test('a container is found as Docker finds it: full id, name, unique prefix', async () => {
  await records.add({ id: A, name: 'web' });
  await records.add({ id: B, name: 'aa' });
  const find = (text: string): string => resolveContainer(records.store, text);
  expect([find(A), find('web'), find('/web'), find('ab'), find(A.slice(0, 12))]).toEqual([A, A, A, B, A]);
  expect(find('aa')).toBe(B); // a name before a prefix
  expect(() => find('a')).toThrow(
    expect.objectContaining({ code: 'AMBIGUOUS', message: expect.stringContaining(A.slice(0, 12)) }),
  );
  for (const text of ['b', 'WEB', '', '../containers', newContainerId()]) {
    expect(() => find(text)).toThrow(expect.objectContaining({ code: 'CONTAINER_NOT_FOUND' }));
  }
});

test('a state that a power cut emptied is of a container that ran', async () => {
  const { config } = await records.add({}, { status: 'running' });
  writeFileSync(`${containerPath(records.store, config.id)}/state.json`, '');
  expect(readContainer(records.store, config.id)!.state).toEqual({
    version: 1,
    status: 'running',
    restartCount: 0,
  });
});

test('one bad record does not hide the others', async () => {
  const good = await records.add();
  const bad = await records.add();
  await records.add();
  const torn = `${containerPath(records.store, bad.config.id)}/state.json`;
  writeFileSync(torn, '{"version":1,');
  mkdirSync(containerPath(records.store, newContainerId())); // being made or removed: no record
  const failures: BadRecord[] = [];
  const ids = listContainers(records.store, failures).map(({ config }) => config.id);
  expect(ids).toHaveLength(2);
  expect(ids).toContain(good.config.id);
  expect(failures).toEqual([
    {
      file: containerPath(records.store, bad.config.id),
      error: expect.objectContaining({ code: 'CORRUPT_RECORD' }),
    },
  ]);
  expect(() => listContainers(records.store)).toThrow(expect.objectContaining({ code: 'CORRUPT_RECORD' }));
  writeState(records.store, bad.config.id, { version: 1, status: 'exited', restartCount: 0 });
  expect(listContainers(records.store)).toHaveLength(3);
});
