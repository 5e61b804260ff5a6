import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { bootId } from '../../lib/core/boot.ts';
import { type Digest, sha256Digest } from '../../lib/oci/model/digest.ts';
import {
  addLayerBlob,
  LayerLease,
  type LayerRecord,
  LayerStaging,
  layerDiffPath,
  layerPath,
  listLayers,
  lowerDirs,
  readLayer,
  requireLayers,
  sweepLayers,
  syncLayers,
} from '../../lib/storage/layers.ts';
import { BunProcess, UNTIL_GO } from '../helpers/bun-process.ts';
import { TestStore } from '../helpers/container-records.ts';

let records: TestStore;
beforeEach(() => {
  records = new TestStore();
});
afterEach(() => records[Symbol.dispose]());

const record = (diffId: Digest): LayerRecord => {
  return { version: 1, diffId, plainSize: 1, diskSize: 1, files: 1, blobs: [] };
};
async function add(word: string, text = ''): Promise<Digest> {
  const diffId = sha256Digest(word);
  using staging = new LayerStaging(records.store);
  writeFileSync(`${staging.diff}/file`, text);
  (await staging.publish(record(diffId)))[Symbol.dispose]();
  return diffId;
}

test('the folder in which `diff` is made has the TOPDIR flag, so that ext4 puts it far from deleted layers', () => {
  using staging = new LayerStaging(records.store);
  const parent = staging.diff.slice(0, -'/diff'.length);
  const { status, stdout } = spawnSync('lsattr', ['-d', parent, staging.diff], { encoding: 'utf8' });
  if (status !== 0) return; // no file system with such flags (tmpfs), or no lsattr
  const [above, below] = stdout.split('\n').map((line) => line.split(' ')[0]);
  expect(above).toContain('T');
  expect(below).not.toContain('T');
});

test('a layer that is given up leaves nothing; of two makers of one the first serves', async () => {
  {
    using _ = new LayerStaging(records.store);
    expect(readdirSync(records.store.tmp)).toHaveLength(1);
  }
  const diffId = await add('a', 'first');
  await add('a', 'second');
  expect(await Bun.file(`${layerDiffPath(records.store, diffId)}/file`).text()).toBe('first');
  expect(readdirSync(records.store.tmp)).toEqual([]);
  expect(listLayers(records.store)).toEqual([diffId]);
});

test('the sweep takes what nothing refers to, not what is leased, here or in another process', async () => {
  const [used, free, mine, theirs] = await Promise.all(
    ['used', 'free', 'mine', 'theirs'].map((word) => add(word)),
  );
  const script = `import { LayerLease } from 'LIB/storage/layers.ts';
    import { openStore } from 'LIB/storage/store.ts';
    const [root, runRoot, id] = process.argv.slice(1);
    const lease = new LayerLease();
    console.log(await lease.add(openStore({ root, runRoot, rootless: false, uid: 0 }), id));
    ${UNTIL_GO}`;
  await using other = new BunProcess(script, [records.root, records.runRoot, theirs!]);
  expect(await other.line()).toBe('true');
  const lease = new LayerLease();
  expect(await lease.add(records.store, mine!)).toBe(true);
  expect(await lease.add(records.store, sha256Digest('missing'))).toBe(false);
  const all = [used!, free!, mine!, theirs!, sha256Digest('missing')];
  const sweep = (): Digest[] => sweepLayers(records.store, all, () => new Set<string>([used!]));
  expect(sweep()).toEqual([free]);
  lease[Symbol.dispose]();
  expect(sweep()).toEqual([mine]);
  await other.kill();
  expect(sweep()).toEqual([theirs]);
  expect([listLayers(records.store), readdirSync(records.store.tmp)]).toEqual([[used], []]);
});

test('records are looked through under the lock of the layer that may go', async () => {
  const diffId = await add('a');
  let leased: Promise<boolean> | undefined;
  using lease = new LayerLease();
  sweepLayers(records.store, [diffId], () => {
    leased = lease.add(records.store, diffId);
    return new Set();
  });
  expect(await leased).toBe(false);
});

test('a fresh layer is doubtful after another boot, until it is known to be on disk', async () => {
  const diffId = await add('a');
  expect(readLayer(records.store, diffId)!.unsyncedSince).toBe(bootId());
  syncLayers(records.store, [diffId, sha256Digest('missing')]);
  expect(readLayer(records.store, diffId)).toEqual(record(diffId));
});

test('blobs that several processes note at once are all there, each once', async () => {
  const diffId = await add('a');
  const script = `import { addLayerBlob, readLayer } from 'LIB/storage/layers.ts';
    import { openStore } from 'LIB/storage/store.ts';
    const [root, runRoot, id, first] = process.argv.slice(1);
    const store = openStore({ root, runRoot, rootless: false, uid: 0 });
    const known = readLayer(store, id);
    console.log('ready');
    ${UNTIL_GO}
    for (let i = 0; i < 20; i++)
      addLayerBlob(store, known, { digest: 'sha256:' + first + i, size: 1, mediaType: 'x' });
    console.log('done');`;
  const others = ['a', 'a', 'b', 'c'].map(
    (first) => new BunProcess(script, [records.root, records.runRoot, diffId, first]),
  );
  for (const other of others) await other.line();
  for (const other of others) other.go();
  for (const other of others) await other.line();
  const digests = readLayer(records.store, diffId)!.blobs.map(({ digest }) => digest);
  expect(digests).toHaveLength(60);
  expect(new Set(digests).size).toBe(60);
  for (const other of others) await other.kill();
});

test('where a blob was pushed to is kept, each place once, the oldest forgotten', async () => {
  const diffId = await add('a');
  const blob = { digest: diffId, size: 1, mediaType: 'x' };
  const note = (...repositories: string[]) =>
    addLayerBlob(records.store, readLayer(records.store, diffId)!, { ...blob, repositories });
  note('r/0');
  note('r/0');
  for (let i = 1; i < 10; i++) note(`r/${i}`);
  const repositories = Array.from({ length: 8 }, (_, i) => `r/${i + 2}`);
  expect(readLayer(records.store, diffId)!.blobs).toEqual([{ ...blob, repositories }]);
});

test('what is noted for a layer that is gone does not bring it back', () => {
  const diffId = sha256Digest('gone');
  addLayerBlob(records.store, record(diffId), { digest: diffId, size: 1, mediaType: 'x' });
  expect(existsSync(layerPath(records.store, diffId))).toBe(false);
});

test('overlay gets the topmost first, and a missing layer is named', async () => {
  const [bottom, top] = [await add('bottom'), await add('top')];
  expect(lowerDirs(records.store, [bottom, top])).toEqual(
    [top, bottom].map((id) => layerDiffPath(records.store, id)),
  );
  requireLayers(records.store, [bottom, top]);
  const missing = sha256Digest('missing');
  expect(() => requireLayers(records.store, [bottom, missing])).toThrow(
    expect.objectContaining({ code: 'LAYER_MISSING', message: expect.stringContaining(missing) }),
  );
});
