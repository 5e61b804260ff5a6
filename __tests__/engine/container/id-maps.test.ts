import { resolveUserNamespace, type UserNamespaceRequest } from '../../../lib/engine/container/id-maps.ts';
import { Engine } from '../../../lib/engine/engine.ts';
import type { Identity } from '../../../lib/rootless/identity.ts';
import { TestStore } from '../../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const map = [
  { inside: 0, outside: 1000, size: 1 },
  { inside: 1, outside: 100_000, size: 65_536 },
];
const user: Identity = {
  rootless: true,
  uid: 1000,
  gid: 1000,
  joined: true,
  singleId: false,
  uidMap: map,
  gidMap: map,
  groupIds: 65_537,
};
const all = [{ inside: 0, outside: 0, size: 4_294_967_295 }];
const root: Identity = { ...user, rootless: false, uid: 0, gid: 0, uidMap: all, gidMap: all };

function resolve(identity: Identity, request: Partial<UserNamespaceRequest>) {
  const engine = new Engine({ store: records.store, identity, self: [] });
  return resolveUserNamespace(engine, { uidMaps: [], gidMaps: [], ...request });
}
const uidsOf = (identity: Identity, request: Partial<UserNamespaceRequest>) =>
  resolve(identity, request).options.idMaps?.uids.map(({ containerID, hostID, size }) => [
    containerID,
    hostID,
    size,
  ]);

test.each<[string, number[][]]>([
  [
    'keep-id',
    [
      [0, 1, 1000],
      [1000, 0, 1],
      [1001, 1001, 64_536],
    ],
  ],
  [
    'keep-id:uid=0',
    [
      [0, 0, 1],
      [1, 1, 65_536],
    ],
  ],
  [
    'keep-id:uid=70000,gid=5',
    [
      [0, 1, 65_536],
      [70_000, 0, 1],
    ],
  ],
  ['nomap', [[0, 1, 65_536]]],
  ['auto', [[0, 1, 1024]]],
  ['auto:size=9', [[0, 1, 9]]],
])('%s of a user', (mode, uids) => {
  expect(uidsOf(user, { mode })).toEqual(uids);
});

test('keep-id runs as the caller, whom the container then knows', () => {
  const { user: who, options } = resolve(user, { mode: 'keep-id:uid=5,gid=6' });
  expect(who).toBe('5:6');
  expect(options).toMatchObject({ namespace: 'private', usernsMode: 'keep-id:uid=5,gid=6' });
  expect(options.hostUsers).toEqual([expect.stringMatching(/^[^:]+:x:5:6:/)]);
});

test('auto takes what no other container has', async () => {
  const uids = [{ containerID: 0, hostID: 1, size: 100 }];
  await records.add({ idMaps: { uids, gids: uids } });
  expect(uidsOf(user, { mode: 'auto:size=50' })).toEqual([[0, 101, 50]]);
  expect(() => resolve(user, { mode: 'auto:size=65500' })).toThrow('find 65500 free ids');
});

test('maps stand for both kinds of ids when one is given; none or the engine’s own is none', () => {
  const { options } = resolve(root, { gidMaps: ['0:5:9', '9:100:1'] });
  expect(options.idMaps).toEqual({
    uids: [
      { containerID: 0, hostID: 5, size: 9 },
      { containerID: 9, hostID: 100, size: 1 },
    ],
    gids: options.idMaps!.uids,
  });
  expect(resolve(root, { mode: 'host' })).toEqual({ options: {} });
});

test('another container’s', async () => {
  const uids = [{ containerID: 0, hostID: 1, size: 100 }];
  const { config } = await records.add({ name: 'own', idMaps: { uids, gids: uids } });
  await records.add({ name: 'none' });
  expect(resolve(root, { mode: 'container:own' }).options).toMatchObject({
    namespace: `container:${config.id}`,
    idMaps: { uids },
  });
  expect(resolve(root, { mode: 'container:none' }).options).not.toHaveProperty('namespace');
});

test.each<[Identity, Partial<UserNamespaceRequest>, string]>([
  [root, { mode: 'keep-id' }, 'INVALID_ID_MAP'],
  [root, { mode: 'private' }, 'INVALID_ID_MAP'],
  [user, { mode: 'keep-id:pid=5' }, 'INVALID_ID_MAP'],
  [user, { mode: 'nomap', uidMaps: ['0:1:1'] }, 'CONFLICTING_OPTIONS'],
  [user, { uidMaps: ['0:1:1'], subuidname: 'x' }, 'CONFLICTING_OPTIONS'],
  [user, { uidMaps: ['0:1:65537'] }, 'INVALID_ID_MAP'],
  [root, { uidMaps: ['0:1:0'] }, 'INVALID_ID_MAP'],
  [root, { uidMaps: ['0:1:5', '4:9:5'] }, 'INVALID_ID_MAP'],
  [root, { mode: 'container:nobody' }, 'CONTAINER_NOT_FOUND'],
  [root, { subuidname: 'nobody-there' }, 'NO_SUBORDINATE_IDS'],
])('%# is refused', (identity, request, code) => {
  expect(() => resolve(identity, request)).toThrow(expect.objectContaining({ code }));
});
