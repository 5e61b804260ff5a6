import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { newContainerId, stageContainer } from '../../lib/storage/containers.ts';
import {
  claimName,
  listStaleNames,
  releaseName,
  resolveName,
  validateName,
} from '../../lib/storage/names.ts';
import { openStore, type Store } from '../../lib/storage/store.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/proa-names-`);
  store = openStore({ root: `${folder}/root`, runRoot: `${folder}/run`, rootless: false, uid: 0 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error as { code: string }).code,
  );

test('a name of a container under construction, or of one that is there, is not given away', async () => {
  const [first, second] = [newContainerId(), newContainerId()];
  {
    using _ = stageContainer(store, first);
    await claimName(store, 'web', first);
    expect(await code(claimName(store, 'web', second))).toBe('NAME_IN_USE');
    expect(listStaleNames(store)).toEqual([]);
  }
  mkdirSync(`${store.root}/containers/${first}`);
  expect(await code(claimName(store, 'web', second))).toBe('NAME_IN_USE');
  expect(resolveName(store, 'web')).toBe(first);
});

test('a name that a crash left is taken over', async () => {
  const [dead, next] = [newContainerId(), newContainerId()];
  await claimName(store, 'web', dead);
  expect(listStaleNames(store)).toEqual([{ name: 'web', id: dead }]);
  await claimName(store, 'web', next);
  expect(resolveName(store, 'web')).toBe(next);
});

test('of many at once exactly one takes a name over', async () => {
  await claimName(store, 'web', newContainerId());
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const id = newContainerId();
      using _ = stageContainer(store, id);
      const outcome = await code(claimName(store, 'web', id));
      await Bun.sleep(20);
      return outcome;
    }),
  );
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'NAME_IN_USE')).toHaveLength(19);
});

test('who lost a name does not release it for the one who has it now', async () => {
  const [before, now] = [newContainerId(), newContainerId()];
  await claimName(store, 'web', before);
  await claimName(store, 'web', now);
  releaseName(store, 'web', before);
  expect(resolveName(store, 'web')).toBe(now);
  releaseName(store, 'web', now);
  expect(readdirSync(`${store.root}/names`)).toEqual([]);
});

test('what is no link to a container', async () => {
  writeFileSync(`${store.root}/names/file`, 'text');
  expect(await code(claimName(store, 'file', newContainerId()))).toBe('CORRUPT_RECORD');
  expect(existsSync(`${store.root}/names/file`)).toBe(true);
  // A target that exists, but is no container.
  symlinkSync('../../root', `${store.root}/names/outside`);
  expect(listStaleNames(store)).toEqual([
    { name: 'file', id: '' },
    { name: 'outside', id: '../../root' },
  ]);
  const id = newContainerId();
  await claimName(store, 'outside', id);
  expect(resolveName(store, 'outside')).toBe(id);
});

test.each(['', '.hidden', '-flag', 'a/b', 'ü', 'x'.repeat(256)])('%j is no name', (name) => {
  expect(() => validateName(name)).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }));
});

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
  const rivals = Array.from({ length: 8 }, () => new BunProcess(CLAIM, [store.root, store.runRoot]));
  const ids = await Promise.all(rivals.map((rival) => rival.line()));
  for (const rival of rivals) rival.go();
  const said = await Promise.all(rivals.map((rival) => rival.line()));
  const winner = said.indexOf('mine');
  expect(said.filter((line) => line === 'mine')).toHaveLength(1);
  expect(resolveName(store, 'wanted')).toBe(ids[winner]);
  for (const line of said.filter((_, i) => i !== winner)) {
    expect(line).toMatch(/^NAME_IN_USE .*"wanted"/);
    expect(line).toContain(ids[winner]!.slice(0, 12));
  }
  expect(listStaleNames(store)).toEqual([]);

  // A winner that dies before it published leaves a name that anyone may take over.
  await rivals[winner]!.kill();
  expect(listStaleNames(store)).toEqual([{ name: 'wanted', id: ids[winner] }]);
  const next = newContainerId();
  using _ = stageContainer(store, next);
  await claimName(store, 'wanted', next);
  expect(resolveName(store, 'wanted')).toBe(next);
  for (const rival of rivals) await rival.kill();
});
