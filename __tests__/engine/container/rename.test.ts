import { readdirSync } from 'node:fs';
import { renameContainer } from '../../../lib/engine/container/rename.ts';
import { readContainer, resolveContainer } from '../../../lib/storage/containers.ts';
import { TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const names = () => readdirSync(`${test_.root}/names`).sort();

test('the new name leads to the container, the old one is free', async () => {
  const { config } = await test_.add({ name: 'old' });
  await renameContainer(test_.engine, config.id, 'new');
  expect(names()).toEqual(['new']);
  expect(resolveContainer(test_.store, 'new')).toBe(config.id);
  expect(readContainer(test_.store, config.id)!.config).toEqual({ ...config, name: 'new' });
});

test.each([
  ['taken', 'NAME_IN_USE'],
  ['mine', 'SAME_NAME'],
  ['a b', 'INVALID_NAME'],
])('to %j: refused, and nothing changes', async (name, code) => {
  await test_.add({ name: 'taken' });
  const { config } = await test_.add({ name: 'mine' });
  await expect(renameContainer(test_.engine, config.id, name)).rejects.toMatchObject({ code });
  expect(names()).toEqual(['mine', 'taken']);
  expect(readContainer(test_.store, config.id)!.config.name).toBe('mine');
});
