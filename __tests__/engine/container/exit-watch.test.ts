import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { ExitWatch, removeExitFile } from '../../../lib/engine/container/exit-watch.ts';
import { exitFilePath } from '../../../lib/storage/containers.ts';
import { openStore, type Store } from '../../../lib/storage/store.ts';

const ID = 'a'.repeat(64);
let folder: string;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/proa-watch-`);
  store = openStore({ root: `${folder}/root`, runRoot: `${folder}/run`, rootless: false, uid: 0 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const gone = { pid: 2 ** 22, startTime: 1 };

test('the exit code is there for a watcher although the clean-up came first', async () => {
  const watch = ExitWatch.open(store, ID);
  writeFileSync(exitFilePath(store, ID), '3');
  removeExitFile(store, ID);
  expect(await watch.wait(gone, undefined)).toBe(3);
  watch.close(true);
  expect(readdirSync(`${store.runRoot}/exits`)).toEqual([]);
});

test('the last of several watchers removes the files', () => {
  const [first, second] = [ExitWatch.open(store, ID), ExitWatch.open(store, ID)];
  writeFileSync(exitFilePath(store, ID), '0');
  first.close(true);
  expect(existsSync(exitFilePath(store, ID))).toBe(true);
  second.close(true);
  expect(readdirSync(`${store.runRoot}/exits`)).toEqual([]);
});

test('a watcher that was killed leaves nothing behind', () => {
  writeFileSync(`${exitFilePath(store, ID)}.watch`, '');
  writeFileSync(exitFilePath(store, ID), '0');
  removeExitFile(store, ID);
  expect(readdirSync(`${store.runRoot}/exits`)).toEqual([]);
});

test('watchers that come and go always have a lock on the file that is there', () => {
  for (let round = 0; round < 50; round++) {
    using first = ExitWatch.open(store, ID);
    first.close(true);
    using second = ExitWatch.open(store, ID);
    writeFileSync(exitFilePath(store, ID), '0');
    removeExitFile(store, ID);
    expect(existsSync(exitFilePath(store, ID))).toBe(true);
    second.close(true);
  }
});

test('without a conmon that could write it the code is unknown', async () => {
  using watch = ExitWatch.open(store, ID);
  expect(await watch.wait(gone, gone)).toBe(255);
});
