import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { bootId } from '../../lib/core/boot.ts';
import {
  defaultPlaces,
  namespacePath,
  openStore,
  ROOT_FOLDERS,
  RUN_FOLDERS,
} from '../../lib/storage/store.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TemporaryFolder } from '../helpers/temporary.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const open = (root = `${folder.path}/root`) =>
  openStore({ root, runRoot: `${folder.path}/run`, rootless: false, uid: 0 });

test('it is made on first use, and found later', () => {
  const store = open();
  for (const name of ROOT_FOLDERS) expect(existsSync(`${store.root}/${name}`)).toBe(true);
  for (const name of RUN_FOLDERS) expect(existsSync(`${store.runRoot}/${name}`)).toBe(true);
  writeFileSync(`${store.runRoot}/exits/x`, '0');
  expect(open()).toEqual(store);
  expect(existsSync(`${store.runRoot}/exits/x`)).toBe(true);
});

test('after another boot RUNROOT starts anew, and ROOT stays', () => {
  const store = open();
  writeFileSync(`${store.runRoot}/exits/x`, '0');
  writeFileSync(`${store.root}/layers/x`, '');
  writeFileSync(`${store.runRoot}/boot-id`, 'another boot');
  open();
  expect(readdirSync(`${store.runRoot}/exits`)).toEqual([]);
  expect(readFileSync(`${store.runRoot}/boot-id`, 'utf8')).toBe(bootId());
  expect(existsSync(`${store.root}/layers/x`)).toBe(true);
});

test('a folder that only happens to be there is not emptied', () => {
  mkdirSync(`${folder.path}/run`);
  writeFileSync(`${folder.path}/run/somebody's`, '');
  open();
  expect(existsSync(`${folder.path}/run/somebody's`)).toBe(true);
});

test('of several first commands after a boot one resets it, and none takes what another has started', async () => {
  const store = open();
  writeFileSync(`${store.runRoot}/boot-id`, 'another boot');
  const script = `import { openStore } from 'LIB/storage/store.ts';
    console.log('ready');
    ${UNTIL_GO}
    const [root, runRoot] = process.argv.slice(1);
    const store = openStore({ root, runRoot, rootless: false, uid: 0 });
    await Bun.write(store.runRoot + '/exits/' + process.pid, '');
    console.log('done');`;
  const others = Array.from({ length: 4 }, () => new BunProcess(script, [store.root, store.runRoot]));
  for (const other of others) await other.line();
  for (const other of others) other.go();
  for (const other of others) await other.line();
  expect(readdirSync(`${store.runRoot}/exits`).map(Number).sort()).toEqual(
    others.map(({ pid }) => pid).sort(),
  );
  for (const other of others) await other.kill();
});

test('a place that cannot be used is named, with the way out', () => {
  writeFileSync(`${folder.path}/file`, '');
  expect(() => open(`${folder.path}/file/root`)).toThrow(
    expect.objectContaining({
      code: 'ENOTDIR',
      message: expect.stringContaining(`open storage ${folder.path}/file/root`),
      hint: expect.stringContaining('--root'),
    }),
  );
});

describe('the places of a user', () => {
  const { HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR } = process.env;
  afterEach(() => {
    for (const [name, value] of Object.entries({ HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test('follow XDG', () => {
    Object.assign(process.env, { HOME: '/home/u', XDG_DATA_HOME: '/data', XDG_RUNTIME_DIR: '/runtime' });
    expect(defaultPlaces({ rootless: true, uid: 1000 })).toEqual({
      root: '/data/proa',
      runRoot: '/runtime/proa',
    });
    delete process.env.XDG_DATA_HOME;
    expect(defaultPlaces({ rootless: true, uid: 1000 }).root).toBe('/home/u/.local/share/proa');
    expect(defaultPlaces({ rootless: false, uid: 0 })).toEqual({
      root: '/var/lib/proa',
      runRoot: '/run/proa',
    });
  });

  test('without a session a folder in /tmp serves, unless somebody else made it', () => {
    delete process.env.XDG_RUNTIME_DIR;
    const uid = 3_000_000_000 + process.pid;
    const place = `/tmp/proa-run-${uid}`;
    try {
      expect(defaultPlaces({ rootless: true, uid }).runRoot).toBe(`${place}/proa`);
      expect(defaultPlaces({ rootless: true, uid }).runRoot).toBe(`${place}/proa`);
      chmodSync(place, 0o777);
      const unsafe = expect.objectContaining({ code: 'UNSAFE_FOLDER' });
      expect(() => defaultPlaces({ rootless: true, uid })).toThrow(unsafe);
      rmSync(place, { recursive: true });
      symlinkSync(folder.path, place);
      expect(() => defaultPlaces({ rootless: true, uid })).toThrow(unsafe);
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  });
});

test("a user's namespaces are where AppArmor lets Debian's pasta open them", () => {
  expect(namespacePath({ runRoot: '/run/user/1000/proa' }, 'ID')).toBe('/run/user/1000/netns/proa-ID');
  expect(namespacePath({ runRoot: '/run/proa' }, 'ID')).toBe('/run/proa/netns/ID');
  expect(namespacePath({ runRoot: '/tmp/mine/proa' }, 'ID')).toBe('/tmp/mine/proa/netns/ID');
});
