import { readdirSync, writeFileSync } from 'node:fs';
import { removeImage } from '../../../lib/engine/image/remove.ts';
import { tagImage } from '../../../lib/engine/image/tag.ts';
import { shortId } from '../../../lib/oci/model/digest.ts';
import { findImage } from '../../../lib/storage/images.ts';
import { LayerLease } from '../../../lib/storage/layers.ts';
import { addContainer, addImage } from './support/records.ts';
import { failure, openTestEngine, type TestEngine } from './support/store.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const layersOf = ({ engine }: TestEngine): string[] => readdirSync(`${engine.store.root}/layers`);

test('the last name takes the image, its documents, and the layers that no one else has', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: ['app:1', 'app:2'], layers: ['base', 'app'] });
  await addImage(t.engine, { names: ['other'], layers: ['base'] });
  expect(await removeImage(t.engine, 'app:1')).toEqual({ untagged: ['app:1'], deleted: [] });
  expect(findImage(t.engine.store, 'app:2')?.id).toBe(app.id);
  expect(await removeImage(t.engine, 'app:2')).toEqual({
    untagged: ['app:2'],
    deleted: [app.id, app.diffIds[1]!],
  });
  expect(layersOf(t)).toHaveLength(1);
  expect(t.contents().filter((name) => name.startsWith('blobs/'))).toHaveLength(2);
  expect(await failure(removeImage(t.engine, 'app:2'))).toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    message: 'No such image: app:2',
  });
});

test('an id or prefix takes the image with its one name; several names need force', async () => {
  using t = openTestEngine();
  const one = await addImage(t.engine, { names: ['one'] });
  const two = await addImage(t.engine, { names: ['two:1', 'quay.io/two:2'], labels: { two: '' } });
  expect(await removeImage(t.engine, shortId(one.id))).toEqual({
    untagged: ['one:latest'],
    deleted: [one.id],
  });
  expect(await failure(removeImage(t.engine, two.id))).toMatchObject({
    code: 'IMAGE_HAS_NAMES',
    message: expect.stringContaining('image is referenced in multiple repositories'),
    hint: expect.stringContaining('two:1, quay.io/two:2'),
  });
  const forced = await removeImage(t.engine, two.id, { force: true });
  expect(forced).toEqual({ untagged: ['two:1', 'quay.io/two:2'], deleted: [two.id] });
  expect(t.contents()).toEqual([]);
});

test('a digest goes alone while there are names, and with the last tag of its repository', async () => {
  using t = openTestEngine();
  const digests = ['docker.io/library/app', 'quay.io/app', 'ghcr.io/app'].map((name) => `${name}@${DIGEST}`);
  await addImage(t.engine, { names: ['app:1', 'quay.io/app:1'], digests });
  expect(await removeImage(t.engine, `ghcr.io/app@${DIGEST}`)).toEqual({
    untagged: [`ghcr.io/app@${DIGEST}`],
    deleted: [],
  });
  expect((await removeImage(t.engine, 'quay.io/app:1')).untagged).toEqual([
    'quay.io/app:1',
    `quay.io/app@${DIGEST}`,
  ]);
  expect(findImage(t.engine.store, 'app:1')!.repoDigests).toEqual([digests[0]!]);
  expect((await removeImage(t.engine, 'app:1')).untagged).toEqual(['app:1', `app@${DIGEST}`]);

  const bare = await addImage(t.engine, { digests: [digests[1]!] });
  expect((await removeImage(t.engine, `quay.io/app@${DIGEST}`)).deleted).toEqual([bare.id]);
});

describe('an image that a container uses', () => {
  test('stays, and the container is named; with another name it can lose this one', async () => {
    using t = openTestEngine();
    const app = await addImage(t.engine, { names: ['app', 'spare'], layers: ['app'] });
    addContainer(t.engine, 'web', app, 'exited');
    expect((await removeImage(t.engine, 'spare')).untagged).toEqual(['spare:latest']);
    for (const text of ['app', app.id]) {
      expect(await failure(removeImage(t.engine, text))).toMatchObject({
        code: 'IMAGE_IN_USE',
        message: expect.stringMatching(/\(must (be )?force/),
        hint: expect.stringContaining('proa rm web'),
      });
    }
    expect(findImage(t.engine.store, 'app')?.id).toBe(app.id);
  });

  test('goes by force when it is stopped, but its layers stay with the container', async () => {
    using t = openTestEngine();
    const app = await addImage(t.engine, { names: ['app'], layers: ['app'] });
    addContainer(t.engine, 'web', app, 'exited');
    expect(await removeImage(t.engine, 'app', { force: true })).toEqual({
      untagged: ['app:latest'],
      deleted: [app.id],
    });
    expect(layersOf(t)).toHaveLength(1);
  });

  test('only loses its names while it runs', async () => {
    using t = openTestEngine();
    const app = await addImage(t.engine, { names: ['app'], layers: ['app'] });
    addContainer(t.engine, 'web', app, 'running');
    expect(await failure(removeImage(t.engine, app.id, { force: true }))).toMatchObject({
      code: 'IMAGE_IN_USE',
      message: expect.stringContaining('cannot be forced'),
    });
    expect(await removeImage(t.engine, 'app', { force: true })).toEqual({
      untagged: ['app:latest'],
      deleted: [],
    });
    expect(findImage(t.engine.store, app.id)?.id).toBe(app.id);
  });
});

test('a layer that someone is about to use stays', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: ['app'], layers: ['app'] });
  using lease = new LayerLease();
  await lease.add(t.engine.store, app.diffIds[0]!);
  expect((await removeImage(t.engine, 'app')).deleted).toEqual([app.id]);
  expect(layersOf(t)).toHaveLength(1);
});

test('while a record cannot be read, no layer goes, for it may be that one’s', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: ['app'], layers: ['app'] });
  const broken = await addImage(t.engine, { names: ['broken'], labels: { broken: '' } });
  writeFileSync(`${t.engine.store.root}/images/by-id/${broken.id.slice(7)}.json`, '{');
  const removed = await removeImage(t.engine, 'app');
  expect(removed).toMatchObject({ deleted: [app.id], warning: { code: 'CORRUPT_RECORD' } });
  expect(layersOf(t)).toHaveLength(1);
});

test('tag points names at an image, all or none', async () => {
  using t = openTestEngine();
  const app = await addImage(t.engine, { names: ['app'] });
  await tagImage(t.engine, shortId(app.id), ['x', 'quay.io/y:2']);
  expect(findImage(t.engine.store, 'quay.io/y:2')?.id).toBe(app.id);
  expect(await failure(tagImage(t.engine, 'app', ['fine', 'Not fine']))).toMatchObject({
    code: 'INVALID_REFERENCE',
  });
  expect(await failure(tagImage(t.engine, 'app', [`z@${DIGEST}`]))).toMatchObject({
    code: 'INVALID_REFERENCE',
  });
  expect(await failure(tagImage(t.engine, 'nothing', ['z']))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  expect(findImage(t.engine.store, 'fine')).toBeUndefined();
});
