import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPlaces, placeOf } from '../../../lib/storage/podman-store/places.ts';

let folder: string;
const before = { ...process.env };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'proa-places-'));
  for (const name of ['CONTAINERS_STORAGE_CONF', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'])
    delete process.env[name];
  process.env.HOME = folder;
});
afterEach(() => {
  Object.assign(process.env, before);
  rmSync(folder, { recursive: true, force: true });
});

function store(name: string, driver: string): string {
  const root = `${folder}/${name}`;
  mkdirSync(`${root}/${driver}-images`, { recursive: true });
  writeFileSync(`${root}/${driver}-images/images.json`, '[]');
  return root;
}

function configure(text: string): void {
  process.env.CONTAINERS_STORAGE_CONF = `${folder}/storage.conf`;
  writeFileSync(`${folder}/storage.conf`, text);
}

test("a user's store is below their home, or where XDG_DATA_HOME says", async () => {
  await expect(defaultPlaces(true)).rejects.toMatchObject({ code: 'STORE_MISSING' });
  const root = store('.local/share/containers/storage', 'vfs');
  expect(await defaultPlaces(true)).toEqual([{ root, driver: 'vfs' }]);
  process.env.XDG_DATA_HOME = `${folder}/data`;
  const other = store('data/containers/storage', 'overlay');
  expect(await defaultPlaces(true)).toEqual([{ root: other, driver: 'overlay' }]);
});

test('storage.conf says where, with variables and further stores', async () => {
  const [main, more] = [store('main', 'overlay'), store('more', 'vfs')];
  configure(
    `[storage]\ngraphroot = "$HOME/main"\n[storage.options]\nadditionalimagestores = ["${more}", "/nowhere"]\n`,
  );
  for (const rootless of [true, false]) {
    expect(await defaultPlaces(rootless)).toEqual([
      { root: main, driver: 'overlay' },
      { root: more, driver: 'vfs' },
    ]);
  }
  configure('[storage');
  await expect(defaultPlaces(false)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(`${folder}/storage.conf`),
  });
});

test('a store that is named', () => {
  const root = store('own', 'overlay');
  const place = { root, driver: 'overlay' };
  for (const text of [
    root,
    `overlay@${root}`,
    `overlay@${root}+/run/x:overlay.mountopt=nodev`,
    `${root}+/run/x`,
  ])
    expect(placeOf(text)).toEqual(place);
  for (const [text, code] of [
    ['own', 'INVALID_REFERENCE'],
    ['', 'INVALID_REFERENCE'],
    [`btrfs@${root}`, 'UNSUPPORTED_STORE'],
    [folder, 'UNSUPPORTED_STORE'],
    [`${folder}/nothing`, 'ENOENT'],
  ] as const)
    expect(() => placeOf(text)).toThrow(expect.objectContaining({ code }));
});
