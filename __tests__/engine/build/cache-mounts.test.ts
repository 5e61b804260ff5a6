import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CacheMountRequest,
  listCacheMounts,
  removeCacheMount,
  takeCacheMount,
} from '../../../lib/engine/build/cache-mounts.ts';
import { openStore, type Store } from '../../../lib/storage/store.ts';

let folder = '';
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cache-mounts-'));
  store = openStore({ root: `${folder}/root`, runRoot: `${folder}/run`, rootless: false, uid: 0 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const asked = (more: Partial<CacheMountRequest> = {}): CacheMountRequest => ({
  id: 'npm',
  sharing: 'shared',
  uid: process.geteuid!(),
  gid: process.getegid!(),
  mode: 0o750,
  ...more,
});

test('what is written stays, under its id, with the mode that it was made with', async () => {
  const first = await takeCacheMount(store, asked());
  expect(statSync(first.folder).mode & 0o777).toBe(0o750);
  writeFileSync(`${first.folder}/x`, '1');
  first.held[Symbol.dispose]();
  const again = await takeCacheMount(store, asked({ mode: 0o700 }));
  expect(again.folder).toBe(first.folder);
  expect(readFileSync(`${again.folder}/x`, 'utf8')).toBe('1');
  const other = await takeCacheMount(store, asked({ id: 'other' }));
  expect(other.folder).not.toBe(first.folder);
  again.held[Symbol.dispose]();
  other.held[Symbol.dispose]();
  expect(
    listCacheMounts(store)
      .map(({ description, inUse }) => [description, inUse])
      .sort(),
  ).toEqual([
    ['cached mount npm', false],
    ['cached mount other', false],
  ]);
});

test('shared: several at once; private: a folder for each; locked: one after the other', async () => {
  const [a, b] = [await takeCacheMount(store, asked()), await takeCacheMount(store, asked())];
  expect(b.folder).toBe(a.folder);
  const own = await takeCacheMount(store, asked({ sharing: 'private' }));
  expect(own.folder).not.toBe(a.folder);
  let taken = false;
  const waiting = takeCacheMount(store, asked({ sharing: 'locked' })).then((locked) => {
    taken = true;
    return locked;
  });
  await Bun.sleep(50);
  expect(taken).toBe(false);
  for (const { held } of [a, b]) held[Symbol.dispose]();
  const locked = await waiting;
  expect(locked.folder).toBe(a.folder);
  for (const { held } of [own, locked]) held[Symbol.dispose]();
});

test('a new one begins with what it is filled with, all of it or none', async () => {
  const fill = jest.fn(async (empty: string) => writeFileSync(`${empty}/from`, 'stage'));
  await expect(takeCacheMount(store, asked({ fill: () => Promise.reject(new Error('no')) }))).rejects.toThrow(
    'no',
  );
  expect(readdirSync(`${store.root}/build-cache/mounts/${listCacheMounts(store)[0]!.name}`)).toEqual([]);
  for (let i = 0; i < 2; i++) {
    const { folder: path, held } = await takeCacheMount(store, asked({ fill }));
    expect(readdirSync(path)).toEqual(['from']);
    held[Symbol.dispose]();
  }
  expect(fill).toHaveBeenCalledTimes(1);
  const { folder: path, held } = await takeCacheMount(store, asked({ origin: 'another stage' }));
  expect(readdirSync(path)).toEqual([]);
  held[Symbol.dispose]();
});

test('one in use is not removed', async () => {
  const { folder: path, held } = await takeCacheMount(store, asked());
  const [{ name, inUse }] = listCacheMounts(store) as [ReturnType<typeof listCacheMounts>[0]];
  expect(inUse).toBe(true);
  expect(removeCacheMount(store, name)).toBe(false);
  held[Symbol.dispose]();
  expect(removeCacheMount(store, name)).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(removeCacheMount(store, name)).toBe(true);
});
