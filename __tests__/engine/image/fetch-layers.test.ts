/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type LayerEvent, LayerFetcher } from '../../../lib/engine/image/fetch-layers.ts';
import type { Digest } from '../../../lib/oci/model/digest.ts';
import { parseManifest, runnableLayers } from '../../../lib/oci/model/manifest.ts';
import { openRegistry } from '../../../lib/oci/registry/client.ts';
import { partialBlobPath } from '../../../lib/storage/blobs.ts';
import {
  LayerLease,
  layerDiffPath,
  listLayers,
  readLayer,
  sweepLayers,
} from '../../../lib/storage/layers.ts';
import { type HandMade, layerTar, makeImage, sha256 } from './support/images.ts';
import { ONE_ATTEMPT, type SmallRegistry, serveImage } from './support/registry.ts';
import { describeAsRoot, failure, openTestEngine, type TestEngine } from './support/store.ts';

describeAsRoot('layers from a registry (unpacking is for root: skipped for users)', () => {
  let test_: TestEngine;
  let image: HandMade;
  let registry: SmallRegistry;
  beforeEach(async () => {
    test_ = openTestEngine();
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('hex');
    const tars = [layerTar(test_.folder, { noise }), layerTar(test_.folder, { small: 'text' })];
    image = makeImage(tars, { packing: 'gzip' });
    registry = await serveImage(image);
  });
  afterEach(async () => {
    await registry[Symbol.asyncDispose]();
    test_[Symbol.dispose]();
  });

  const layers = () => {
    const manifest = parseManifest(image.manifest, undefined);
    if (manifest.kind !== 'image') throw new Error('an index');
    return runnableLayers(manifest);
  };
  const diffIds = () => image.tars.map((tar) => `sha256:${sha256(tar)}` as Digest);
  const partial = () => partialBlobPath(test_.engine.store, layers()[0]!.digest);

  async function fetchAll(ids = diffIds(), lease = new LayerLease()): Promise<LayerEvent['kind'][]> {
    const events: LayerEvent['kind'][] = [];
    const { registry: host, repository } = registry.reference;
    const client = openRegistry(host, ONE_ATTEMPT);
    const onEvent = (event: LayerEvent): unknown => events.push(event.kind);
    try {
      await new LayerFetcher(test_.engine, client, repository, lease, { onEvent }).fetch(layers(), ids);
    } finally {
      lease[Symbol.dispose]();
    }
    return events;
  }
  const nothingHalf = (): void => {
    expect(readdirSync(test_.engine.store.tmp)).toEqual([]);
    expect(readdirSync(`${test_.engine.store.root}/blobs/sha256`)).toEqual([]);
  };

  test('all arrive, are known by their blobs, and are on disk', async () => {
    const events = await fetchAll();
    expect(events.filter((kind) => kind === 'done')).toHaveLength(2);
    expect(listLayers(test_.engine.store).sort()).toEqual(diffIds().sort());
    const record = readLayer(test_.engine.store, diffIds()[1]!)!;
    const { digest, size, mediaType } = layers()[1]!;
    expect(record).toMatchObject({ plainSize: image.tars[1]!.length, blobs: [{ digest, size, mediaType }] });
    expect(record.unsyncedSince).toBeUndefined();
    expect(readFileSync(`${layerDiffPath(test_.engine.store, diffIds()[1]!)}/small`, 'utf8')).toBe('text');
    nothingHalf();
    // The second time nothing is asked for.
    registry.blobs.length = 0;
    expect(await fetchAll()).toEqual(['exists', 'exists']);
    expect(registry.blobs).toEqual([]);
  });

  test('they are leased until the caller has a record', async () => {
    const lease = new LayerLease();
    const client = openRegistry(registry.reference.registry, ONE_ATTEMPT);
    await new LayerFetcher(test_.engine, client, 'app', lease, {}).fetch(layers(), diffIds());
    const sweep = () => sweepLayers(test_.engine.store, diffIds(), () => new Set());
    expect(sweep()).toEqual([]);
    lease[Symbol.dispose]();
    expect(sweep()).toHaveLength(2);
  });

  test('a lost connection keeps what came, and the next pull asks for the rest only', async () => {
    const hex = layers()[0]!.digest.slice(7);
    registry.cutAfter = (which) => (which === hex ? 20_000 : Number.POSITIVE_INFINITY);
    expect((await failure(fetchAll())).code).toBe('CONNECTION_LOST');
    const had = statSync(partial()).size;
    expect(had).toBeGreaterThan(0);
    expect(had).toBeLessThanOrEqual(20_000);
    registry.cutAfter = () => Number.POSITIVE_INFINITY;
    registry.blobs.length = 0;
    await fetchAll();
    expect(registry.blobs.filter((request) => request.startsWith(hex))).toEqual([`${hex} ${had}`]);
    nothingHalf();
  });

  test('a file that was complete when its pull was killed is not asked for again', async () => {
    const hex = layers()[0]!.digest.slice(7);
    writeFileSync(partial(), image.blobs.get(hex)!);
    await fetchAll();
    expect(registry.blobs.filter((request) => request.startsWith(hex))).toEqual([]);
    nothingHalf();
  });

  test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['of the right length, but altered', (bytes) => Buffer.from(bytes).fill(7, bytes.length >> 1)],
    ['another blob of the same length', (bytes) => repacked(bytes)],
  ])('wrong bytes (%s) are thrown away', async (_, change) => {
    const hex = layers()[0]!.digest.slice(7);
    registry.alter = (which, bytes) => (which === hex ? change(bytes) : bytes);
    expect((await failure(fetchAll())).code).toMatch(/DIGEST_MISMATCH|BAD_COMPRESSION|BAD_ARCHIVE/);
    expect(existsSync(partial())).toBe(false);
    expect(existsSync(layerDiffPath(test_.engine.store, diffIds()[0]!))).toBe(false);
    expect(readdirSync(test_.engine.store.tmp)).toEqual([]);
    registry.alter = (_which, bytes) => bytes;
    await fetchAll();
    nothingHalf();
  });

  test('a wrong start left by an earlier pull is noticed, thrown away, and the next one is right', async () => {
    const bytes = image.blobs.get(layers()[0]!.digest.slice(7))!;
    writeFileSync(partial(), Buffer.from(bytes.subarray(0, 10_000)).fill(1, 5_000));
    expect((await failure(fetchAll())).code).toMatch(/DIGEST_MISMATCH|BAD_COMPRESSION|BAD_ARCHIVE/);
    expect(existsSync(partial())).toBe(false);
    await fetchAll();
  });

  test('a partial file that is longer than the blob is of something else', async () => {
    writeFileSync(partial(), Buffer.alloc(layers()[0]!.size + 1));
    expect((await failure(fetchAll())).code).toBe('DIGEST_MISMATCH');
    await fetchAll();
  });

  test('a right blob that unpacks to another diff id is refused', async () => {
    const wrong = `sha256:${'0'.repeat(64)}` as Digest;
    const error = await failure(fetchAll([wrong, diffIds()[1]!]));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH', message: expect.stringContaining('diff id') });
    expect(listLayers(test_.engine.store)).not.toContain(wrong);
  });
});

/** A gzip stream of the same length and the same content, with another byte in its header (the time). */
function repacked(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  copy[4]! ^= 1;
  return copy;
}
