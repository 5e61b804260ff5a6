import { resolveNamespaces, StartNamespaces } from '../../../lib/engine/container/namespaces.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

test('a record keeps full ids, and no modes that are the default', async () => {
  const { config } = await records.add({ name: 'donor' });
  expect(
    resolveNamespaces(records.store, { pid: 'container:donor', uts: 'private', cgroup: 'host' }),
  ).toEqual({
    pid: `container:${config.id}`,
    cgroup: 'host',
  });
  expect(() => resolveNamespaces(records.store, { ipc: 'container:donor' })).toThrow('it is not shareable');
  expect(() => resolveNamespaces(records.store, { pid: 'container:nobody' })).toThrow('no such container');
  expect(() => resolveNamespaces(records.store, { pid: 'ns:/nowhere' })).toThrow('no such file');
});

test('at the start they are held open, of a container that runs', async () => {
  const running = await records.add({ name: 'up' }, runningState());
  const ended = await records.add({ name: 'down' }, exitedState(0));
  const guest = (id: string) =>
    records.add({ namespaces: { uts: `container:${id}`, pid: 'host', ipc: 'shareable' } });
  const { config } = await guest(running.config.id);
  using joined = await StartNamespaces.open(records.engine, config);
  expect(joined.choices).toEqual({
    pid: 'host',
    uts: { path: expect.stringMatching(new RegExp(`^/proc/${process.pid}/fd/\\d+$`)) },
  });
  await expect(
    StartNamespaces.open(records.engine, (await guest(ended.config.id)).config),
  ).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    message: expect.stringContaining('of container down: it is not'),
  });
  await expect(
    StartNamespaces.open(records.engine, (await guest('f'.repeat(64))).config),
  ).rejects.toMatchObject({
    message: expect.stringContaining('it was removed'),
  });
});
