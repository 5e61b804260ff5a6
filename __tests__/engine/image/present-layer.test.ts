import { existsSync, writeFileSync } from 'node:fs';
import { leasePresentLayer } from '../../../lib/engine/image/present-layer.ts';
import { unpackLayer } from '../../../lib/engine/image/unpack-layers.ts';
import { type Digest, sha256Digest } from '../../../lib/oci/model/digest.ts';
import { LayerLease, layerDiffPath, layerPath, readLayer, syncLayers } from '../../../lib/storage/layers.ts';
import { layerTar } from './support/images.ts';
import { describeAsRoot, openTestEngine, type TestEngine } from './support/store.ts';

describeAsRoot('a layer that is here (unpacking is for root: skipped for users)', () => {
  let test_: TestEngine;
  let diffId: Digest;
  beforeEach(async () => {
    test_ = openTestEngine();
    using lease = new LayerLease();
    const tar = layerTar(test_.folder, { file: 'text' });
    diffId = await unpackLayer(test_.engine, { chunks: () => [tar] }, lease);
  });
  afterEach(() => test_[Symbol.dispose]());

  const rewrite = (change: object): void =>
    writeFileSync(
      `${layerPath(test_.engine.store, diffId)}/layer.json`,
      JSON.stringify({ ...readLayer(test_.engine.store, diffId), ...change }),
    );
  const damage = (): void => writeFileSync(`${layerDiffPath(test_.engine.store, diffId)}/file`, 'TEXT');
  const lease = async () => {
    using held = new LayerLease();
    return await leasePresentLayer(test_.engine.store, held, diffId);
  };

  test('of this boot, or known to be on disk, it is believed without a look', async () => {
    damage();
    expect(await lease()).toMatchObject({ diffId });
    syncLayers(test_.engine.store, [diffId]);
    expect(await lease()).toMatchObject({ diffId });
  });

  test('of another boot and whole, it is checked once', async () => {
    rewrite({ unsyncedSince: 'another boot' });
    expect(await lease()).toMatchObject({ diffId });
    expect(readLayer(test_.engine.store, diffId)!.unsyncedSince).toBeUndefined();
  });

  test('of another boot and damaged, it goes, so that it is fetched again', async () => {
    rewrite({ unsyncedSince: 'another boot' });
    damage();
    expect(await lease()).toBeUndefined();
    expect(existsSync(layerPath(test_.engine.store, diffId))).toBe(false);
    expect(test_.contents()).toEqual([]);
  });

  test('several that doubt at once agree', async () => {
    rewrite({ unsyncedSince: 'another boot' });
    expect(await Promise.all([lease(), lease(), lease()])).toEqual(
      Array(3).fill(expect.objectContaining({ diffId })),
    );
  });

  test('one that is not here is none', async () => {
    using held = new LayerLease();
    expect(await leasePresentLayer(test_.engine.store, held, sha256Digest('missing'))).toBeUndefined();
  });
});
