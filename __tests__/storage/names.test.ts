import { mkdirSync, writeFileSync } from 'node:fs';
import { newContainerId } from '../../lib/storage/containers.ts';
import {
  claimName,
  listStaleNames,
  releaseName,
  resolveName,
  validateName,
} from '../../lib/storage/names.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const CLAIM = `import { newContainerId, stageContainer } from 'LIB/storage/containers.ts';
  import { claimName } from 'LIB/storage/names.ts';
  import { openStore } from 'LIB/storage/store.ts';
  const [root, runRoot] = process.argv.slice(1);
  const store = openStore({ root, runRoot, rootless: false, uid: 0 });
  const id = newContainerId();
  stageContainer(store, id);
  console.log(id);
  ${UNTIL_GO}
  try {
    await claimName(store, 'wanted', id);
    console.log('mine');
  } catch (error) {
    console.log(error.code + ' ' + error.message);
  }
  await Bun.sleep(60_000);`;

test('of eight processes that want one name at once, one gets it, and the others learn which', async () => {
  const rivals = Array.from({ length: 8 }, () => new BunProcess(CLAIM, [records.root, records.runRoot]));
  const ids = await Promise.all(rivals.map((rival) => rival.line()));
  for (const rival of rivals) rival.go();
  const said = await Promise.all(rivals.map((rival) => rival.line()));
  const winner = said.indexOf('mine');
  expect(said.filter((line) => line === 'mine')).toHaveLength(1);
  expect(resolveName(records.store, 'wanted')).toBe(ids[winner]);
  for (const line of said.filter((_, i) => i !== winner)) {
    expect(line).toMatch(/^NAME_IN_USE .*"wanted"/);
    expect(line).toContain(ids[winner]!.slice(0, 12));
  }
  expect(listStaleNames(records.store)).toEqual([]);

  // A winner that dies before it published leaves a name that anyone may take over.
  await rivals[winner]!.kill();
  expect(listStaleNames(records.store)).toEqual([{ name: 'wanted', id: ids[winner] }]);
  const { config } = await records.add({ name: 'wanted' });
  expect(resolveName(records.store, 'wanted')).toBe(config.id);
  for (const rival of rivals) await rival.kill();
});

test('only its holder gives a name up', async () => {
  const { config } = await records.add({ name: 'web' });
  releaseName(records.store, 'web', newContainerId());
  expect(resolveName(records.store, 'web')).toBe(config.id);
  releaseName(records.store, 'web', config.id);
  expect(resolveName(records.store, 'web')).toBeUndefined();
});

test('a name that is no link is reported, not overwritten', async () => {
  writeFileSync(`${records.root}/names/odd`, 'text');
  mkdirSync(`${records.root}/names/folder`);
  for (const name of ['odd', 'folder'])
    await expect(claimName(records.store, name, newContainerId())).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
    });
  expect(listStaleNames(records.store).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
    { name: 'folder', id: '' },
    { name: 'odd', id: '' },
  ]);
});

test.each(['', '-a', '.', '..', 'a/b', 'a b', 'ü', 'a\n', 'x'.repeat(256)])('%j is no name', (name) => {
  expect(() => validateName(name)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }));
  expect(resolveName(records.store, name)).toBeUndefined();
});

test.each(['a', '0', 'A.b_c-d', 'x'.repeat(255)])('%j is one', (name) => {
  expect(() => validateName(name)).not.toThrow();
});
