import { mkdirSync, symlinkSync } from 'node:fs';
import { searchFolders } from '../../../lib/systemd/quadlet/folders.ts';
import { dropInFolders } from '../../../lib/systemd/quadlet/load.ts';
import { Folder } from './support/files.ts';

test('a user’s folders and those below, each once', () => {
  using home = new Folder();
  const config = `${home.path}/containers/systemd`;
  mkdirSync(`${config}/sub/deeper`, { recursive: true });
  mkdirSync(`${config}/foo.container.d`);
  symlinkSync('..', `${config}/sub/loop`);
  mkdirSync(`${home.path}/proa/systemd`, { recursive: true });
  const environment = { XDG_CONFIG_HOME: home.path, XDG_RUNTIME_DIR: `${home.path}/none` };
  const { folders, target, left } = searchFolders({ uid: 12345, environment }, undefined);
  expect(folders).toEqual([`${home.path}/proa/systemd`, config, `${config}/sub`, `${config}/sub/deeper`]);
  expect(target).toBe(config);
  expect(left).toBeUndefined();
});

test('beside Podman’s generator, Proa’s own', () => {
  using home = new Folder();
  mkdirSync(`${home.path}/containers/systemd`, { recursive: true });
  mkdirSync(`${home.path}/proa/systemd`, { recursive: true });
  const audience = { uid: 12345, environment: { XDG_CONFIG_HOME: home.path } };
  const found = searchFolders(audience, '/lib/systemd/user-generators/podman-user-generator');
  expect(found.folders).toEqual([`${home.path}/proa/systemd`]);
  expect(found.target).toBe(`${home.path}/proa/systemd`);
  expect(found.left?.folders).toContain(`${home.path}/containers/systemd`);
});

test('QUADLET_UNIT_DIRS in the place of all others', () => {
  using folder = new Folder();
  const environment = { HOME: '/nowhere', QUADLET_UNIT_DIRS: `${folder.path}:/no-such:relative` };
  expect(searchFolders({ environment }, '/podman').folders).toEqual([folder.path]);
});

test('folders of drop-ins, the nearest first', () => {
  expect(dropInFolders('foo-bar-baz.container')).toEqual([
    ...['foo-bar-baz.container.d', 'foo-bar-.container.d', 'foo-.container.d', 'container.d'],
  ]);
  expect(dropInFolders('foo@x.volume')).toEqual(['foo@x.volume.d', 'foo@.volume.d', 'volume.d']);
});
