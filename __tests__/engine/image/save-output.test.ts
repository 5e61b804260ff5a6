import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Engine } from '../../../lib/engine/engine.ts';
import { loadImages } from '../../../lib/engine/image/load.ts';
import { openSave, type SaveFormat, type SaveRequest } from '../../../lib/engine/image/save.ts';
import { layerDiffPath } from '../../../lib/storage/layers.ts';
import { entryOf, type HandMade, layerTar, makeImage, sha256, writeLayout } from './support/images.ts';
import {
  collect,
  describeAsRoot,
  failure,
  gather,
  openTestEngine,
  type TestEngine,
} from './support/store.ts';

async function loadTwo({ engine, folder }: TestEngine): Promise<[HandMade, HandMade]> {
  const shared = layerTar(folder, { 'bin/sh': 'shared'.repeat(100_000) });
  const [one, two] = ['one', 'two'].map((text) => makeImage([shared, layerTar(folder, { text })])) as [
    HandMade,
    HandMade,
  ];
  writeLayout(`${folder}/made`, [one, two], [entryOf(one, 'app:1'), entryOf(two, 'other:1')]);
  await gather(loadImages(engine, { input: { path: `${folder}/made` } }));
  return [one, two];
}

async function saveTo(
  engine: Engine,
  folder: string,
  format: SaveFormat,
  images: string[],
  more: Partial<SaveRequest> = {},
): Promise<void> {
  await using save = await openSave(engine, { images, format, ...more });
  await save.writeFolder(folder);
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const refNames = (folder: string): string[] =>
  json(`${folder}/index.json`).manifests.map(
    (entry: { annotations: Record<string, string> }) =>
      entry.annotations['org.opencontainers.image.ref.name'],
  );
/** Everything in a folder: names, and sizes of files. */
const contents = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(
      (name) => `${name} ${statSync(`${folder}/${name}`).isFile() ? statSync(`${folder}/${name}`).size : ''}`,
    )
    .sort();

describeAsRoot('an OCI layout', () => {
  test('gets one image after the other; a name moves, and what else its index says stays', async () => {
    using t = openTestEngine();
    const [one, two] = await loadTwo(t);
    const layout = `${t.folder}/new/layout`;
    await saveTo(t.engine, layout, 'oci-dir', ['app:1'], { refName: 'a' });
    const index = json(`${layout}/index.json`);
    writeFileSync(`${layout}/index.json`, JSON.stringify({ ...index, annotations: { kept: 'yes' } }));
    const shared = `${layout}/blobs/sha256/${sha256(one.tars[0]!)}`;
    const { ino } = statSync(shared);
    await saveTo(t.engine, layout, 'oci-dir', ['other:1'], { refName: 'b' });
    expect(refNames(layout)).toEqual(['a', 'b']);
    // What is there already is not written again.
    expect(statSync(shared).ino).toBe(ino);
    await saveTo(t.engine, layout, 'oci-dir', ['other:1'], { refName: 'a' });
    expect(refNames(layout)).toEqual(['b', 'a']);
    expect(json(`${layout}/index.json`).annotations).toEqual({ kept: 'yes' });
    using fresh = openTestEngine();
    const loaded = await gather(loadImages(fresh.engine, { input: { path: layout } }));
    expect(loaded.map(({ image }) => image.id as string)).toEqual([two.id, two.id]);
    expect(contents(layout).filter((name) => name.includes('.proa-'))).toEqual([]);
  });

  test('holds compressed layers, whose tars are the same', async () => {
    using t = openTestEngine();
    const [one] = await loadTwo(t);
    for (const compression of ['gzip', 'zstd'] as const) {
      const layout = `${t.folder}/${compression}`;
      await saveTo(t.engine, layout, 'oci-dir', ['app:1'], { packing: { compression } });
      const blob = (hex: string) => readFileSync(`${layout}/blobs/sha256/${hex}`);
      for (const name of readdirSync(`${layout}/blobs/sha256`)) expect(sha256(blob(name))).toBe(name);
      const [entry] = json(`${layout}/index.json`).manifests;
      const manifest = JSON.parse(blob(entry.digest.slice(7)).toString());
      expect(manifest.layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual(
        Array(2).fill(`application/vnd.oci.image.layer.v1.tar+${compression}`),
      );
      const unpack = compression === 'gzip' ? gunzipSync : zstdDecompressSync;
      for (const [i, { digest, size }] of manifest.layers.entries()) {
        expect(blob(digest.slice(7)).length).toBe(size);
        expect(unpack(blob(digest.slice(7))).equals(one.tars[i]!)).toBe(true);
      }
    }
    expect(t.contents().filter((name) => name.startsWith('tmp/'))).toEqual([]);
  });

  test('as an archive with compressed layers is loaded from a pipe', async () => {
    using t = openTestEngine();
    const [one, two] = await loadTwo(t);
    await using save = await openSave(t.engine, {
      images: ['app:1', 'other:1'],
      format: 'oci-archive',
      packing: { compression: 'gzip' },
    });
    const archive = await collect(save.archive());
    using fresh = openTestEngine();
    const stream = (async function* () {
      yield archive;
    })();
    const loaded = await gather(loadImages(fresh.engine, { input: { stream, name: 'stdin' } }));
    expect(loaded.map(({ image }) => image.id as string)).toEqual([one.id, two.id]);
  });
});

describeAsRoot('dir:', () => {
  test('the image in it is replaced, and nothing of the old one stays', async () => {
    using t = openTestEngine();
    const [one, two] = await loadTwo(t);
    const folder = `${t.folder}/dir`;
    await saveTo(t.engine, folder, 'docker-dir', ['app:1']);
    expect(readdirSync(folder)).toContain(one.id.slice(7));
    writeFileSync(`${folder}/signature-1`, 'of the old one');
    writeFileSync(`${folder}/notes.txt`, 'not ours');
    await saveTo(t.engine, folder, 'docker-dir', ['other:1']);
    const layers = two.tars.map((tar) => sha256(tar));
    expect(readdirSync(folder).sort()).toEqual(
      [two.id.slice(7), ...layers, 'manifest.json', 'notes.txt', 'version'].sort(),
    );
    using fresh = openTestEngine();
    const [loaded] = await gather(loadImages(fresh.engine, { input: { path: folder } }));
    expect(loaded!.image.id as string).toBe(two.id);
  });
});

describeAsRoot('what is refused leaves things as they were', () => {
  test('a folder of something else, and a folder for a file', async () => {
    using t = openTestEngine();
    await loadTwo(t);
    mkdirSync(`${t.folder}/full/of`, { recursive: true });
    for (const format of ['oci-dir', 'docker-dir'] as const) {
      expect(await failure(saveTo(t.engine, `${t.folder}/full`, format, ['app:1']))).toMatchObject({
        code: 'EEXIST',
        message: expect.stringContaining(`${t.folder}/full: the folder is not empty`),
      });
    }
    expect(contents(`${t.folder}/full`)).toEqual(['of ']);
    await using save = await openSave(t.engine, { images: ['app:1'], format: 'docker-archive' });
    expect(await failure(save.writeFile(`${t.folder}/full`))).toMatchObject({ code: 'EISDIR' });
    expect(await failure(save.writeFile(`${t.folder}/nowhere/x.tar`))).toMatchObject({
      code: 'ENOENT',
      message: `create ${t.folder}/nowhere/x.tar: no such file or directory`,
    });
  });

  test('a layer that is damaged: no half folder, no half image in a layout', async () => {
    using t = openTestEngine();
    const [, two] = await loadTwo(t);
    const layout = `${t.folder}/layout`;
    await saveTo(t.engine, layout, 'oci-dir', ['app:1']);
    const before = contents(layout);
    const diffId = `sha256:${sha256(two.tars[1]!)}` as Parameters<typeof layerDiffPath>[1];
    writeFileSync(`${layerDiffPath(t.engine.store, diffId)}/text`, 'bit');
    for (const compression of ['none', 'gzip'] as const) {
      const packing = { compression };
      for (const [folder, format] of [
        [layout, 'oci-dir'],
        [`${t.folder}/not/there`, 'oci-dir'],
        [`${t.folder}/not/there`, 'docker-dir'],
      ] as const) {
        expect(await failure(saveTo(t.engine, folder, format, ['other:1'], { packing }))).toMatchObject({
          code: 'LAYER_DAMAGED',
        });
      }
    }
    expect(contents(layout)).toEqual(before);
    expect(existsSync(`${t.folder}/not`)).toBe(false);
    expect(t.contents().filter((name) => name.startsWith('tmp/'))).toEqual([]);
  });

  test('a layout whose index means two things', async () => {
    using t = openTestEngine();
    await loadTwo(t);
    const layout = `${t.folder}/layout`;
    await saveTo(t.engine, layout, 'oci-dir', ['app:1']);
    writeFileSync(`${layout}/index.json`, '{"schemaVersion":2,"manifests":[],"manifests":[]}');
    const before = contents(layout);
    expect(await failure(saveTo(t.engine, layout, 'oci-dir', ['other:1']))).toMatchObject({
      code: 'INVALID_MANIFEST',
    });
    expect(contents(layout)).toEqual(before);
  });
});
