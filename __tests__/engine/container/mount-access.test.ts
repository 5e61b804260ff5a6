import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { accessWarnings } from '../../../lib/engine/container/mount-access.ts';
import type { Identity } from '../../../lib/rootless/identity.ts';
import type { ContainerConfig } from '../../../lib/storage/containers.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';

const me = process.geteuid!();
const full = [{ inside: 0, outside: 0, size: 4_294_967_295 }];
const root: Identity = {
  rootless: false,
  uid: 0,
  gid: 0,
  joined: true,
  singleId: false,
  uidMap: full,
  gidMap: full,
  groupIds: 65_536,
};

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
  mkdirSync(`${folder.path}/data`);
  writeFileSync(`${folder.path}/file`, '');
});
afterEach(() => folder[Symbol.dispose]());

const mount = (name: string, ...options: string[]): ContainerConfig['mounts'][number] => ({
  type: 'bind',
  source: `${folder.path}/${name}`,
  destination: '/data',
  options,
});
const maps = (first: number) => {
  const map = [{ containerID: 0, hostID: first, size: 1000 }];
  return { uids: map, gids: map };
};

test('a folder whose owner is not in the container', () => {
  chmodSync(`${folder.path}/data`, 0o755);
  const config = { mounts: [mount('data')], idMaps: maps(100_000) };
  expect(accessWarnings(root, config, { uid: 7, gid: 7 })).toEqual([
    `${folder.path}/data on /data belongs to user ${me} of this host who is not in the container; its process is user 7 ` +
      `(100007 on this host) and may not write to it. -v ${folder.path}/data:/data:U gives it away`,
  ]);
  // The namespace's root has no power over what is not mapped.
  expect(accessWarnings(root, config, { uid: 0, gid: 0 })).toHaveLength(1);
  expect(accessWarnings(root, { ...config, mounts: [mount('data', 'ro')] }, { uid: 7, gid: 7 })).toEqual([]);
  expect(accessWarnings(root, { ...config, mounts: [mount('data', 'U')] }, { uid: 7, gid: 7 })).toEqual([]);
  chmodSync(`${folder.path}/data`, 0o700);
  expect(accessWarnings(root, { ...config, mounts: [mount('data', 'ro')] }, { uid: 7, gid: 7 })[0]).toMatch(
    /may not read it/,
  );
});

test('a folder whose owner is another user of the container, its group, or its root', () => {
  chmodSync(`${folder.path}/data`, 0o750);
  const config = { mounts: [mount('data')], idMaps: maps(me) };
  expect(accessWarnings(root, config, { uid: 7, gid: 7 })[0]).toMatch(
    new RegExp(`belongs to user 0 of the container \\(${me} on this host\\); .* may not read it`),
  );
  expect(accessWarnings(root, config, { uid: 0, gid: 0 })).toEqual([]);
  chmodSync(`${folder.path}/data`, 0o777);
  expect(accessWarnings(root, config, { uid: 7, gid: 7 })).toEqual([]);
});

test('a user is told of keep-id for what is their own', () => {
  const uidMap = [
    { inside: 0, outside: 1001, size: 1 },
    { inside: 1, outside: 100_000, size: 65_536 },
  ];
  const user: Identity = { ...root, rootless: true, uid: 1001, gid: 1001, uidMap, gidMap: uidMap };
  chmodSync(`${folder.path}/data`, 0o755);
  const [warning] = accessWarnings(user, { mounts: [mount('data')] }, { uid: 1000, gid: 50 });
  if (me !== 0) return; // inside of a user namespace the caller's own files are root's
  expect(warning).toMatch(
    /belongs to user 0 of the container \(1001 on this host\); its process is user 1000 \(100999 on this host\) and may not write to it.*--userns=keep-id:uid=1000,gid=50/,
  );
});

test('a file that can be read, and what is not there, is no matter', () => {
  chmodSync(`${folder.path}/file`, 0o644);
  const mounts = [mount('file'), mount('missing')];
  expect(accessWarnings(root, { mounts, idMaps: maps(100_000) }, { uid: 7, gid: 7 })).toEqual([]);
});
