import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { populateVolume } from '../../../lib/engine/container/populate-volume.ts';
import type { ContainerMount } from '../../../lib/storage/containers.ts';
import { ensureVolume, readVolume, setVolumeContent, volumeDataPath } from '../../../lib/storage/volumes.ts';
import { BunProcess } from '../../helpers/bun-process.ts';
import { TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
let root: string;
let data: string;
beforeEach(() => {
  records = new TestStore();
  root = `${records.root}/merged`;
  mkdirSync(`${root}/srv/deep`, { recursive: true });
  writeFileSync(`${root}/srv/deep/file`, 'from the image');
  chmodSync(`${root}/srv/deep/file`, 0o4751);
  symlinkSync('/etc/passwd', `${root}/srv/link`);
  ensureVolume(records.store, 'v');
  data = volumeDataPath(records.store, 'v');
});
afterEach(() => records[Symbol.dispose]());

const populate = (destination = '/srv', options: string[] = []): Promise<void> =>
  populateVolume(records.store, { type: 'volume', source: data, destination, options, volume: 'v' }, root);
const content = (): string => readVolume(records.store, 'v')!.content;

test('it takes over what the image has there, modes and links as they are, once', async () => {
  await populate();
  expect(readdirSync(data).sort()).toEqual(['deep', 'link']);
  expect(readFileSync(`${data}/deep/file`, 'utf8')).toBe('from the image');
  expect(lstatSync(`${data}/deep/file`).mode & 0o7777).toBe(0o4751);
  expect(readlinkSync(`${data}/link`)).toBe('/etc/passwd');
  expect(content()).toBe('settled');
  writeFileSync(`${root}/srv/new`, '');
  await populate();
  expect(readdirSync(data).sort()).toEqual(['deep', 'link']);
});

test("somebody's data is not mixed with the image's", async () => {
  writeFileSync(`${data}/mine`, '');
  await populate();
  expect([readdirSync(data), content()]).toEqual([['mine'], 'settled']);
});

test('a copy that was cut off starts anew', async () => {
  setVolumeContent(records.store, readVolume(records.store, 'v')!, 'copying');
  writeFileSync(`${data}/half`, '');
  await populate();
  expect([readdirSync(data).sort(), content()]).toEqual([['deep', 'link'], 'settled']);
});

test('a copy whose command is killed in the middle counts for nothing', async () => {
  mkdirSync(`${root}/srv/many`);
  for (let i = 0; i < 2000; i++) writeFileSync(`${root}/srv/many/${i}`, String(i));
  const script = `import { openStore } from 'LIB/storage/store.ts';
    import { populateVolume } from 'LIB/engine/container/populate-volume.ts';
    const [storeRoot, runRoot, source, root] = process.argv.slice(1);
    const store = openStore({ root: storeRoot, runRoot, rootless: false, uid: 0 });
    await populateVolume(store, { type: 'volume', source, destination: '/srv', options: [], volume: 'v' }, root);`;
  await using copier = new BunProcess(script, [records.root, records.runRoot, data, root]);
  while (!existsSync(`${data}/many`)) await Bun.sleep(0);
  await copier.kill();
  expect(content()).toBe('copying');
  // What is half there, and changed since, is not what anybody has seen of it.
  await populate();
  expect([readdirSync(`${data}/many`).length, content()]).toEqual([2000, 'settled']);
});

test('an owner that was asked for stays, whatever is copied', async () => {
  const record = ensureVolume(records.store, 'owned', { owner: { uid: 7, gid: 8 } });
  const mount: ContainerMount = {
    type: 'volume',
    source: volumeDataPath(records.store, record.name),
    destination: '/srv',
    options: [],
    volume: record.name,
  };
  await populateVolume(records.store, mount, root, { uid: 1, gid: 1 });
  const { uid, gid } = lstatSync(mount.source);
  expect([uid, gid, readdirSync(mount.source).sort()]).toEqual([7, 8, ['deep', 'link']]);
});

test.each([
  ['nocopy', '/srv', ['nocopy']],
  ['a place that the image does not have', '/missing', []],
  ['a link to outside of the root', '/out', []],
])('%s copies nothing', async (_, destination, options) => {
  symlinkSync('../../../../../../../../../../etc', `${root}/out`);
  await populate(destination, options);
  expect([readdirSync(data), content()]).toEqual([[], 'settled']);
});

test('two containers that start with it at once copy once', async () => {
  await Promise.all([populate(), populate(), populate()]);
  expect(readdirSync(data).sort()).toEqual(['deep', 'link']);
});
