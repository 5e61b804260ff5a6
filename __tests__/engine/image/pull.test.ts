/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { readFileSync, writeFileSync } from 'node:fs';
import { type PullEvent, pullImage } from '../../../lib/engine/image/pull.ts';
import { hostPlatform } from '../../../lib/oci/model/platform.ts';
import { formatReference } from '../../../lib/oci/model/reference.ts';
import { findImage } from '../../../lib/storage/images.ts';
import { layerDiffPath, layerPath, readLayer } from '../../../lib/storage/layers.ts';
import { type HandMade, layerTar, makeImage, sha256 } from './support/images.ts';
import { ONE_ATTEMPT, type SmallRegistry, serveImage } from './support/registry.ts';
import { describeAsRoot, failure, openTestEngine, type TestEngine } from './support/store.ts';

const { architecture } = hostPlatform();
const foreign = architecture === 'arm64' ? 'amd64' : 'arm64';

describeAsRoot('pull (unpacking is for root: skipped for users)', () => {
  let test_: TestEngine;
  let tar: Buffer;
  beforeEach(() => {
    test_ = openTestEngine();
    tar = layerTar(test_.folder, { file: 'text' });
  });
  afterEach(() => test_[Symbol.dispose]());

  const make = (config: object = {}): HandMade =>
    makeImage([tar], { packing: 'gzip', config: { architecture, ...config } });
  const pull = (registry: SmallRegistry, more: object = {}) => {
    const request = { reference: registry.reference, registry: ONE_ATTEMPT, ...more };
    return pullImage(test_.engine, request);
  };

  test('the image is there under its name and its digest; the second time nothing changes', async () => {
    const image = make();
    await using registry = await serveImage(image);
    const first = await pull(registry);
    expect(first).toMatchObject({
      changed: true,
      digest: `sha256:${sha256(image.manifest)}`,
      image: { id: image.id },
    });
    const { registry: host, repository } = registry.reference;
    for (const text of [
      formatReference(registry.reference),
      `${host}/${repository}@${first.digest}`,
      image.id,
    ]) {
      expect(findImage(test_.engine.store, text)?.id).toBe(image.id);
    }
    expect(await pull(registry)).toMatchObject({ changed: false });
  });

  test('a layer of another boot that is damaged is fetched again', async () => {
    const image = make();
    await using registry = await serveImage(image);
    const { diffIds } = (await pull(registry)).image;
    const { store } = test_.engine;
    const file = `${layerDiffPath(store, diffIds[0]!)}/file`;
    writeFileSync(file, 'TEXT');
    const doubtful = { ...readLayer(store, diffIds[0]!), unsyncedSince: 'another boot' };
    writeFileSync(`${layerPath(store, diffIds[0]!)}/layer.json`, JSON.stringify(doubtful));
    registry.blobs.length = 0;
    await pull(registry);
    expect(readFileSync(file, 'utf8')).toBe('text');
    const [layer] = JSON.parse(image.manifest.toString()).layers as { digest: string }[];
    expect(registry.blobs).toContain(`${layer!.digest.slice(7)} 0`);
  });

  test('a configuration with other bytes is refused, and nothing is left', async () => {
    const image = make();
    await using registry = await serveImage(image);
    registry.alter = (hex, bytes) => (image.id.endsWith(hex) ? Buffer.from(bytes).fill(32, 5, 6) : bytes);
    expect((await failure(pull(registry))).code).toBe('DIGEST_MISMATCH');
    expect(test_.contents()).toEqual([]);
  });

  test('a configuration that does not match its manifest is refused', async () => {
    await using registry = await serveImage(make({ rootfs: { type: 'layers', diff_ids: [] } }));
    expect(await failure(pull(registry))).toMatchObject({
      code: 'INVALID_MANIFEST',
      message: expect.stringContaining('1 layers, the configuration 0'),
    });
    expect(test_.contents()).toEqual([]);
  });

  test('another platform is a warning when none was asked for, and else an error', async () => {
    await using registry = await serveImage(make({ architecture: foreign }));
    const asked = { platform: { os: 'linux', architecture } };
    expect(await failure(pull(registry, asked))).toMatchObject({ code: 'PLATFORM_MISSING' });
    expect(test_.contents()).toEqual([]);
    const events: PullEvent[] = [];
    await pull(registry, { onEvent: (event: PullEvent) => events.push(event) });
    expect(events.filter(({ kind }) => kind === 'warning')).toEqual([
      { kind: 'warning', text: expect.stringContaining(foreign) },
    ]);
  });
});
