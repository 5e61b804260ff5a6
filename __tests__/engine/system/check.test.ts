import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tryLock } from '../../../lib/core/lock.ts';
import { isAlive, waitForExit } from '../../../lib/core/process-handle.ts';
import { close, O, open } from '../../../lib/core/sys/file.ts';
import { LOCK_EX, LOCK_NB, tryFlock } from '../../../lib/core/sys/flock.ts';
import { ExitWatch } from '../../../lib/engine/container/exit-watch.ts';
import { startLocked } from '../../../lib/engine/container/start.ts';
import { removeContainer } from '../../../lib/engine/container/stop.ts';
import { mountPoints } from '../../../lib/engine/system/reset.ts';
import { type Digest, shortId } from '../../../lib/oci/model/digest.ts';
import { blobPath, partialBlobPath, putBlob } from '../../../lib/storage/blobs.ts';
import {
  containerPath,
  exitFilePath,
  lockContainer,
  readContainer,
  writeState,
} from '../../../lib/storage/containers.ts';
import { findImage, type ImageRecord, readImage } from '../../../lib/storage/images.ts';
import { layerDiffPath, layerPath, layerRecipePath, readLayer } from '../../../lib/storage/layers.ts';
import { resolveName } from '../../../lib/storage/names.ts';
import { ensureVolume, readVolume, volumeDataPath } from '../../../lib/storage/volumes.ts';
import {
  check,
  IMAGE,
  isRoot,
  makeContainer,
  makeImage,
  repair,
  snapshot,
  TemporaryEngine,
} from './support.ts';

const LONG_AGO = new Date(Date.now() - 30 * 24 * 3600 * 1000);
const ID = 'ab'.repeat(32);
const DIGEST = `sha256:${'cd'.repeat(32)}` as Digest;

// Unpacking changes the root folder and mounts need the right to: both take root (or a user namespace, which Jest's
// process is not in).
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot('system check', () => {
  let template: TemporaryEngine;
  let image: ImageRecord;
  beforeAll(async () => {
    template = TemporaryEngine.make();
    image = await makeImage(template);
  });
  afterAll(() => template[Symbol.asyncDispose]());

  /** Finds exactly `lines` and changes nothing by it; a repair mends them for good. Returns what the repair said. */
  async function expectDamage(engine: TemporaryEngine, lines: (string | RegExp)[]): Promise<string[]> {
    const before = snapshot(engine);
    const found = await check(engine);
    expect(found.length).toBe(lines.length);
    lines.forEach((line, i) => {
      expect(found[i]).toMatch(line);
    });
    expect(snapshot(engine)).toEqual(before);
    const said = await repair(engine);
    expect(await check(engine)).toEqual([]);
    return said;
  }

  const sandbox = (): TemporaryEngine => TemporaryEngine.make(template);
  const top = (): Digest => image.diffIds[1]!;

  describe('of a store without damage', () => {
    test('finds nothing', async () => {
      await using engine = sandbox();
      await makeContainer(engine, image, { name: 'web' });
      ensureVolume(engine.store, 'data');
      const before = snapshot(engine);
      expect(await check(engine)).toEqual([]);
      expect(await check(engine, { quick: true })).toEqual([]);
      expect(await repair(engine)).toEqual([]);
      expect(snapshot(engine)).toEqual(before);
    });

    test('leaves alone what commands are working on', async () => {
      await using engine = sandbox();
      const { store } = engine;
      using held = new DisposableStack();
      mkdirSync(`${store.tmp}/${ID}`);
      held.use(tryLock(`${store.tmp}/${ID}`)!); // a container being created, with its name
      symlinkSync(ID, `${store.root}/names/new`);
      const partial = open(partialBlobPath(store, DIGEST), O.RDWR | O.CREAT, 0o600); // a download
      held.defer(() => close(partial));
      tryFlock(partial, LOCK_EX | LOCK_NB);
      rmSync(`${store.root}/images/by-id`, { recursive: true }); // a pull that has its layers, and no record yet
      mkdirSync(`${store.root}/images/by-id`);
      rmSync(`${store.root}/images/names`, { recursive: true });
      mkdirSync(`${store.root}/images/names`);
      for (const diffId of image.diffIds) held.use(tryLock(layerPath(store, diffId), 'shared')!);
      for (const digest of [image.id, image.manifest.digest])
        utimesSync(blobPath(store, digest), new Date(), new Date());
      expect(await repair(engine)).toEqual([]);
    });

    test('finds nothing while a container runs and ends', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const { id } = await makeContainer(engine, image, { networkMode: 'none' });
      {
        using _ = await lockContainer(store, id);
        await startLocked(engine, id);
      }
      using watch = ExitWatch.open(store, id);
      expect(await repair(engine)).toEqual([]);
      expect(readContainer(store, id)!.state.status).toBe('running');
      await removeContainer(engine, id, { force: true });
      expect(await check(engine)).toEqual([]);
      watch.close(true);
      expect(await check(engine)).toEqual([]);
    });

    test('finds nothing while containers come and go', async () => {
      await using engine = sandbox();
      let done = false;
      const churn = async (n: number): Promise<void> => {
        for (let i = 0; !done; i++) {
          const { id } = await makeContainer(engine, image, { name: `c${n}-${i}` });
          await Bun.sleep(1);
          await removeContainer(engine, id);
        }
      };
      const work = [churn(1), churn(2)];
      const end = performance.now() + 1000;
      while (performance.now() < end) expect(await check(engine, { quick: true, pause: 100 })).toEqual([]);
      done = true;
      await Promise.all(work);
    });
  });

  describe('finds and mends', () => {
    test('folders and files in ROOT/tmp that no one holds', async () => {
      await using engine = sandbox();
      const { tmp } = engine.store;
      mkdirSync(`${tmp}/layer-dead/diff`, { recursive: true });
      writeFileSync(`${tmp}/blob-dead`, 'x');
      expect(await check(engine)).toHaveLength(1); // a fresh file may be being written
      utimesSync(`${tmp}/blob-dead`, LONG_AGO, LONG_AGO);
      await expectDamage(engine, [
        /^temporary: blob-dead: /,
        /^temporary: layer-dead: the command .* is gone/,
      ]);
    });

    test('a record whose write was cut off', async () => {
      await using engine = sandbox();
      const file = `${engine.store.root}/images/names/x.json.new`;
      writeFileSync(file, '{"vers');
      utimesSync(file, LONG_AGO, LONG_AGO);
      await expectDamage(engine, [/^record: .*x\.json\.new: its write was cut off/]);
    });

    test('names without a container, and a container without its name', async () => {
      await using engine = sandbox();
      const { root } = engine.store;
      const { id } = await makeContainer(engine, image, { name: 'web' });
      symlinkSync(ID, `${root}/names/ghost`);
      rmSync(`${root}/names/web`);
      await expectDamage(engine, [
        'container name: ghost: its container abababababab is not here',
        `container: ${id.slice(0, 12)}: its name web does not lead to it`,
      ]);
      expect(resolveName(engine.store, 'web')).toBe(id);
    });

    test('a container whose record is unreadable, and keeps it', async () => {
      await using engine = sandbox();
      const { id } = await makeContainer(engine, image, { name: 'web' });
      const folder = containerPath(engine.store, id);
      writeFileSync(`${folder}/upper/work-of-a-day`, 'data');
      truncateSync(`${folder}/config.json`, 10);
      const [said] = await expectDamage(engine, [new RegExp(`^container: ${id}: its record is unreadable`)]);
      expect(said).toContain('moved to ');
      expect(
        readFileSync(`${engine.store.root}/lost+found/container-${id}/upper/work-of-a-day`, 'utf8'),
      ).toBe('data');
    });

    test('the unreadable state of a container', async () => {
      await using engine = sandbox();
      const { id } = await makeContainer(engine, image, { name: 'web' });
      writeFileSync(`${containerPath(engine.store, id)}/state.json`, '{');
      await expectDamage(engine, [/^container: web: the record of its state is unreadable/]);
      expect(readContainer(engine.store, id)!.state).toMatchObject({ status: 'exited', exitCode: 255 });
    });

    test('the state of a container that a power cut emptied', async () => {
      await using engine = sandbox();
      const { id } = await makeContainer(engine, image, { name: 'web' });
      writeFileSync(`${containerPath(engine.store, id)}/state.json`, '');
      await expectDamage(engine, ['container: web: recorded as running, but the machine was restarted']);
      expect(readContainer(engine.store, id)!.state).toMatchObject({ status: 'exited', exitCode: 255 });
    });

    test('the unreadable state of a running container, which runs on', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const { id } = await makeContainer(engine, image);
      using _ = await lockContainer(store, id);
      const { process } = await startLocked(engine, id);
      writeFileSync(`${containerPath(store, id)}/state.json`, '{');
      _[Symbol.dispose]();
      const said = await expectDamage(engine, [/the record of its state is unreadable/]);
      expect(said[0]).toContain('state made anew: running');
      expect(readContainer(store, id)!.state).toMatchObject({ status: 'running', process });
    });

    test('a record of a newer proa is named and left alone', async () => {
      await using engine = sandbox();
      const { id } = await makeContainer(engine, image, { name: 'web' });
      writeFileSync(`${containerPath(engine.store, id)}/config.json`, '{"version":2}');
      expect(await repair(engine)).toEqual([expect.stringMatching(/has version 2.*: NEWER_RECORD$/)]);
      expect(existsSync(containerPath(engine.store, id))).toBe(true);
    });

    test('a volume without a readable record keeps its data', async () => {
      await using engine = sandbox();
      const { store } = engine;
      ensureVolume(store, 'data');
      writeFileSync(`${volumeDataPath(store, 'data')}/file`, 'precious');
      writeFileSync(`${store.root}/volumes/data/volume.json`, '');
      await expectDamage(engine, [/^volume: data: its record is unreadable/]);
      expect(readVolume(store, 'data')).toMatchObject({ name: 'data', content: 'settled', anonymous: false });
      expect(readFileSync(`${volumeDataPath(store, 'data')}/file`, 'utf8')).toBe('precious');
    });

    test('an anonymous volume whose container was never published', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const names = ['old', 'young', 'filled', 'settled', 'named', 'used'].map((name) =>
        Bun.SHA256.hash(name, 'hex'),
      );
      const [old, young, filled, settled, named, used] = names as [string, ...string[]] & string[];
      for (const name of names) {
        const record = { ...ensureVolume(store, name, { anonymous: name !== named }) };
        if (name !== young) record.created = new Date(Date.now() - 3_600_000).toISOString();
        if (name === settled) record.content = 'settled';
        writeFileSync(`${store.root}/volumes/${name}/volume.json`, JSON.stringify(record));
      }
      writeFileSync(`${volumeDataPath(store, filled!)}/file`, 'precious');
      const mount = {
        type: 'volume' as const,
        source: used!,
        destination: '/data',
        options: [],
        createSource: true,
      };
      await makeContainer(engine, image, { name: 'web', mounts: [mount] });
      await expectDamage(engine, [`volume: ${old}: the container that it was made for never came to be`]);
      expect(readdirSync(`${store.root}/volumes`).sort()).toEqual(names.slice(1).sort());
    });

    test('a volume that a container names and that is gone', async () => {
      await using engine = sandbox();
      const mount = {
        type: 'volume' as const,
        source: 'data',
        destination: '/data',
        options: [],
        createSource: true,
      };
      await makeContainer(engine, image, { name: 'web', mounts: [mount] });
      rmSync(`${engine.store.root}/volumes/data`, { recursive: true });
      await expectDamage(engine, ['container: web: its volume data is not here']);
      expect(readVolume(engine.store, 'data')).toBeDefined();
    });

    test('a layer whose content was altered, and the image with it', async () => {
      await using engine = sandbox();
      const { store } = engine;
      writeFileSync(`${layerDiffPath(store, top())}/etc/greeting`, 'hullo\n');
      expect(await check(engine, { quick: true })).toEqual([]);
      const [found] = await check(engine);
      expect(found).toBe(`layer: ${top()}: etc/greeting: its content has changed`);
      const said = await repair(engine);
      expect(said[0]).toMatch(/: removed$/);
      expect(said[1]).toMatch(`image: localhost/check:1: its layer ${top()} is not here`);
      expect(said[1]).toMatch(/so it was removed: pull it again$/);
      expect(findImage(store, IMAGE)).toBeUndefined();
      expect(readLayer(store, top())).toBeUndefined();
      await repair(engine); // the other layer is nobody's now
      expect(await check(engine)).toEqual([]);
    });

    test('a damaged layer that a container runs on stays, and so does the container', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const { id } = await makeContainer(engine, image);
      {
        using _ = await lockContainer(store, id);
        await startLocked(engine, id);
      }
      writeFileSync(`${layerDiffPath(store, top())}/etc/number`, '43\n');
      expect(await repair(engine)).toEqual([expect.stringMatching(/^layer: .*: LAYER_IN_USE$/)]);
      expect(readContainer(store, id)!.state.status).toBe('running');
    });

    test.each([
      ['its files', layerDiffPath, 'its files are missing'],
      ['its recipe', layerRecipePath, 'its recipe is missing'],
    ])('a layer without %s', async (_, pathOf, why) => {
      await using engine = sandbox();
      rmSync(pathOf(engine.store, top()), { recursive: true });
      expect((await check(engine, { quick: true }))[0]).toBe(`layer: ${top()}: ${why}`);
      await repair(engine);
      await repair(engine);
      expect(await check(engine)).toEqual([]);
    });

    test('a layer without a record, whose content is right', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const before = readLayer(store, top())!;
      rmSync(`${layerPath(store, top())}/layer.json`);
      const said = await expectDamage(engine, [
        `layer: ${top()}: its record is missing`,
        /^image: .*: its layer .* is not here/,
      ]);
      expect(said).toHaveLength(1); // with the layer mended, the image is whole
      // How many entries the archive had is the one thing that the files alone do not tell exactly.
      const after = { ...readLayer(store, top()), files: before.files };
      const { unsyncedSince: _, ...expected } = { ...before, blobs: [] };
      expect(after).toEqual(expected);
    });

    test('a layer that a power cut may have caught: read and noted, or dropped', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const file = `${layerPath(store, top())}/layer.json`;
      writeFileSync(file, JSON.stringify({ ...readLayer(store, top()), unsyncedSince: 'another boot' }));
      expect(await check(engine, { quick: true })).toEqual([
        expect.stringMatching(/^\(harmless\) layer: .* is right$/),
      ]);
      expect(await repair(engine)).toEqual([expect.stringMatching(/: noted$/)]);
      expect(await check(engine)).toEqual([]);
      writeFileSync(file, JSON.stringify({ ...readLayer(store, top()), unsyncedSince: 'another boot' }));
      truncateSync(`${layerDiffPath(store, top())}/etc/greeting`);
      expect((await check(engine, { quick: true }))[0]).toMatch(/etc\/greeting: it is shorter than it was$/);
    });

    test('layers that nothing uses are told, and no damage', async () => {
      await using engine = sandbox();
      const { root } = engine.store;
      rmSync(`${root}/images`, { recursive: true });
      for (const folder of ['names', 'by-id']) mkdirSync(`${root}/images/${folder}`, { recursive: true });
      for (const digest of [image.id, image.manifest.digest]) rmSync(blobPath(engine.store, digest));
      await expectDamage(
        engine,
        image.diffIds
          .toSorted()
          .map((id) => `(harmless) layer: ${shortId(id)}: no image and no container uses it`),
      );
      expect(readLayer(engine.store, top())).toBeUndefined();
    });

    // Which names it had once stands in its record alone.
    const anew = () => ({ ...image, namesHistory: undefined });

    test('an image record that is unreadable is made anew', async () => {
      await using engine = sandbox();
      const { store } = engine;
      writeFileSync(`${store.root}/images/by-id/${image.id.slice(7)}.json`, '{"version":1');
      await expectDamage(engine, [/^image: localhost\/check:1: its record is unreadable/]);
      expect(readImage(store, image.id)).toEqual(anew());
    });

    test('an image record that is gone is made anew for its name', async () => {
      await using engine = sandbox();
      const { store } = engine;
      rmSync(`${store.root}/images/by-id/${image.id.slice(7)}.json`);
      const before = snapshot(engine);
      const found = await check(engine);
      expect(found[0]).toBe(`image name: ${IMAGE}: its image ${image.id} is not here`);
      expect(snapshot(engine)).toEqual(before);
      await repair(engine);
      expect(findImage(store, IMAGE)).toEqual(anew());
      expect(await check(engine)).toEqual([]);
    });

    test('a name whose image is nowhere, and one that is unreadable', async () => {
      await using engine = sandbox();
      const folder = `${engine.store.root}/images/names`;
      const record = { version: 1, name: 'localhost/gone:1', image: DIGEST, updated: LONG_AGO };
      writeFileSync(`${folder}/${encodeURIComponent(record.name)}.json`, JSON.stringify(record));
      writeFileSync(`${folder}/${encodeURIComponent('localhost/bad:1')}.json`, 'null');
      const said = await expectDamage(engine, [
        /^image name: localhost\/bad:1: its record is unreadable/,
        `image name: localhost/gone:1: its image ${DIGEST} is not here`,
      ]);
      expect(said[0]).toContain('lost+found');
      expect(findImage(engine.store, IMAGE)).toEqual(image);
    });

    test('an image without its manifest gets one, without its configuration it goes', async () => {
      await using engine = sandbox();
      const { store } = engine;
      writeFileSync(blobPath(store, image.manifest.digest), '{}');
      await expectDamage(engine, [/^image: .*: read blob .* the file was altered$/]);
      expect(findImage(store, IMAGE)).toEqual(image);
      rmSync(blobPath(store, image.id));
      expect((await check(engine))[0]).toMatch(/^image: .*: read blob .*: it is not in the store$/);
      await repair(engine);
      expect(findImage(store, IMAGE)).toBeUndefined();
      expect(await repair(engine)).toEqual([]);
    });

    test('blobs that no image needs, and altered ones', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const digest = putBlob(store, Buffer.from('{"nobody":"needs this"}'));
      expect(await check(engine)).toEqual([]); // its record may be on the way
      utimesSync(blobPath(store, digest), LONG_AGO, LONG_AGO);
      writeFileSync(blobPath(store, DIGEST), 'not these bytes');
      const said = await expectDamage(engine, [
        new RegExp(`^blob: (${digest}|${DIGEST}): `),
        new RegExp(`^blob: (${digest}|${DIGEST}): `),
      ]);
      expect(said.sort()).toEqual(
        [
          `blob: ${DIGEST}: its bytes were altered: removed`,
          `blob: ${digest}: no image needs it: removed`,
        ].sort(),
      );
    });

    test('old partial blobs; a young one is kept', async () => {
      await using engine = sandbox();
      const file = partialBlobPath(engine.store, DIGEST);
      writeFileSync(file, 'half');
      expect(await repair(engine)).toEqual([expect.stringMatching(/^\(harmless\) partial blob: .*: kept$/)]);
      expect(existsSync(file)).toBe(true);
      utimesSync(file, LONG_AGO, LONG_AGO);
      await expectDamage(engine, [`partial blob: ${DIGEST}: no pull has gone on with it for 30 days`]);
    });

    test('a container recorded as running whose process is gone', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const { id } = await makeContainer(engine, image, { name: 'web' });
      const state = readContainer(store, id)!.state;
      const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      writeState(store, id, { ...state, status: 'running', bootId, process: { pid: 1, startTime: 1 } });
      await expectDamage(engine, ['container: web: recorded as running, but its process is gone']);
      writeState(store, id, {
        ...state,
        status: 'running',
        bootId: 'before',
        process: { pid: 1, startTime: 1 },
      });
      await expectDamage(engine, ['container: web: recorded as running, but the machine was restarted']);
      expect(readContainer(store, id)!.state.status).toBe('exited');
    });

    test('a container whose layer is gone cannot be mended, and says how', async () => {
      await using engine = sandbox();
      const { store } = engine;
      await makeContainer(engine, image, { name: 'web' });
      renameSync(layerPath(store, top()), `${engine.folder}/away`);
      expect(await repair(engine)).toEqual([
        expect.stringMatching(/^image: .* so it was removed/),
        expect.stringMatching(/^container: web: its layer .* is not here: LAYER_MISSING$/),
      ]);
      renameSync(`${engine.folder}/away`, layerPath(store, top()));
      expect(await check(engine)).toEqual([]);
    });

    test('what is in RUNROOT of containers that are gone', async () => {
      await using engine = sandbox();
      const { store } = engine;
      mkdirSync(`${store.runRoot}/containers/${ID}/merged`, { recursive: true });
      closeSync(openSync(`${store.runRoot}/netns/${ID}`, 'w'));
      symlinkSync(`${ID} 10.0.0.2:80`, `${store.runRoot}/ports/tcp-54321-any`);
      writeFileSync(exitFilePath(store, ID), '0');
      writeFileSync(`${exitFilePath(store, ID)}.watch`, '');
      await expectDamage(engine, [
        'run state: abababababab: bundle, exit file, network namespace, port left of a container that is not here',
      ]);
      expect(existsSync(exitFilePath(store, ID))).toBe(false);
    });

    test('what a start that was killed half-way left, with its processes', async () => {
      await using engine = sandbox();
      const { store } = engine;
      const { id } = await makeContainer(engine, image, { name: 'web', networkMode: 'bridge' });
      const before = readContainer(store, id)!.state;
      using held = await lockContainer(store, id);
      const { process, conmon } = await startLocked(engine, id);
      writeState(store, id, before); // as if it had not come to writing this down
      held[Symbol.dispose]();
      await expectDamage(engine, [
        /^run state: web: address, bundle, (crun|runc) state, network namespace left of a container that does not run$/,
      ]);
      expect(isAlive(process)).toBe(false);
      expect(await waitForExit(conmon!, 5000)).toBe(true);
      expect(mountPoints().filter((point) => point.includes(id))).toEqual([]);
      expect(await check(engine)).toEqual([]); // conmon's own clean-up left nothing either
      await startLocked(engine, id);
      expect(readContainer(store, id)!.state.status).toBe('running');
    });
  });
});
