import { writeFileSync } from 'node:fs';
import { selectContainers } from '../../../lib/engine/container/select.ts';
import { containerPath, latestContainer } from '../../../lib/storage/containers.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

/** What is shown of each choice, or the code of its error. */
async function select(selection: Parameters<typeof selectContainers>[1]): Promise<string[]> {
  const choices = await selectContainers(records.store, selection);
  return choices.map((choice) =>
    'error' in choice ? (choice.error as { code: string }).code : choice.shown,
  );
}

test('names in their order, also twice; a bad one is an error of its own', async () => {
  const { config } = await records.add({ name: 'web' });
  const prefix = config.id.slice(0, 20);
  expect(await select({ names: ['web', 'nobody', prefix, 'web'] })).toEqual([
    'web',
    'CONTAINER_NOT_FOUND',
    prefix,
    'web',
  ]);
  expect(await select({ names: ['nobody', 'web'], ignore: true })).toEqual(['web']);
});

test('all that suit, by their full ids; filters choose among names, or among all', async () => {
  const { config: up } = await records.add({ name: 'up', labels: { a: '1' } }, runningState());
  const { config: down } = await records.add({ name: 'down', labels: { a: '1' } }, exitedState(0));
  const suits = ({ status }: { status: string }) => status === 'running';
  expect((await select({ names: [], all: true })).sort()).toEqual([up.id, down.id].sort());
  expect(await select({ names: [], all: true, suits })).toEqual([up.id]);
  expect(await select({ names: [], filters: ['label=a=1'], suits })).toEqual([up.id]);
  // Who names one means it, whatever its state.
  expect(await select({ names: ['down', 'up'], filters: ['name=down'], suits })).toEqual(['down']);
  await expect(select({ names: [], filters: ['nonsense=1'] })).rejects.toMatchObject({
    code: 'INVALID_FILTER',
  });
});

test('a record that cannot be read is told beside the others', async () => {
  await records.add({ name: 'whole' });
  const { config } = await records.add({ name: 'broken' });
  writeFileSync(`${containerPath(records.store, config.id)}/config.json`, '{');
  expect(await select({ names: [], all: true })).toEqual([expect.any(String), 'CORRUPT_RECORD']);
});

test('the newest, if there is one', async () => {
  expect(() => latestContainer(records.store)).toThrow(
    expect.objectContaining({ code: 'CONTAINER_NOT_FOUND' }),
  );
  await records.add({ created: '2024-01-01T00:00:00.000Z' });
  const { config } = await records.add({ created: '2024-01-03T00:00:00.000Z' });
  await records.add({ created: '2024-01-02T00:00:00.000Z' });
  expect(await select({ names: [], latest: true })).toEqual([config.id]);
});
