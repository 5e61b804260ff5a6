import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { unpackLayer } from '../../lib/engine/image/unpack-layers.ts';
import type { Digest } from '../../lib/oci/model/digest.ts';
import { measureLayer } from '../../lib/storage/layer-content.ts';
import { LayerLease, layerDiffPath, layerRecipePath } from '../../lib/storage/layers.ts';
import { layerTar } from '../engine/image/support/images.ts';
import { describeAsRoot, openTestEngine, type TestEngine } from '../engine/image/support/store.ts';

describeAsRoot('a layer on disk (unpacking is for root: skipped for users)', () => {
  let test_: TestEngine;
  let tar: Buffer;
  let diffId: Digest;
  beforeAll(async () => {
    test_ = openTestEngine();
    tar = layerTar(test_.folder, { 'etc/a': 'text', 'etc/b': 'more', 'empty/': '' });
    using lease = new LayerLease();
    diffId = await unpackLayer(test_.engine, { chunks: () => [tar] }, lease);
  });
  afterAll(() => test_[Symbol.dispose]());
  const measure = () => measureLayer(test_.engine.store, diffId);

  test('is what its diff id says', async () => {
    expect(await measure()).toEqual({ plainSize: tar.length });
  });

  const file = (): string => `${layerDiffPath(test_.engine.store, diffId)}/etc/a`;
  test.each<[string, () => void, () => void]>([
    ['other bytes', () => writeFileSync(file(), 'TEXT'), () => writeFileSync(file(), 'text')],
    ['fewer bytes', () => writeFileSync(file(), 't'), () => writeFileSync(file(), 'text')],
    [
      'a missing file',
      () => renameSync(file(), `${test_.folder}/a`),
      () => renameSync(`${test_.folder}/a`, file()),
    ],
  ])('%s are damage', async (_, harm, heal) => {
    harm();
    expect(await measure()).toEqual({ damage: expect.any(String) });
    heal();
    expect(await measure()).toEqual({ plainSize: tar.length });
  });

  test('without its recipe or its files it says so', async () => {
    rmSync(layerRecipePath(test_.engine.store, diffId));
    expect(await measure()).toEqual({ damage: 'its recipe is missing' });
    rmSync(layerDiffPath(test_.engine.store, diffId), { recursive: true });
    expect(await measure()).toEqual({ damage: 'its files are missing' });
  });
});
