import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Engine } from '../../../lib/engine/engine.ts';
import { loadImages } from '../../../lib/engine/image/load.ts';
import { removeImage } from '../../../lib/engine/image/remove.ts';
import { openSave, type SaveFormat, type SaveRequest } from '../../../lib/engine/image/save.ts';
import { tagImage } from '../../../lib/engine/image/tag.ts';
import type { Digest } from '../../../lib/oci/model/digest.ts';
import { parseReference } from '../../../lib/oci/model/reference.ts';
import { lockImages, putName } from '../../../lib/storage/images.ts';
import { layerDiffPath } from '../../../lib/storage/layers.ts';
import { entryOf, type HandMade, layerTar, makeImage, sha256, writeLayout } from './support/images.ts';
import {
  collect,
  describeAsRoot,
  failure,
  gather,
  openTestEngine,
  run,
  type TestEngine,
  testWith,
} from './support/store.ts';

/** Two images that share a layer, as app:1, app:2 and other:1. */
async function loadTwo({ engine, folder }: TestEngine): Promise<HandMade[]> {
  const shared = layerTar(folder, { 'bin/sh': 'shared' });
  const images = ['one', 'two'].map((text) =>
    makeImage([shared, layerTar(folder, { text, 'etc/': '' })], {
      packing: 'gzip',
      config: { author: text },
    }),
  );
  writeLayout(`${folder}/oci`, images, [entryOf(images[0]!, 'app:1'), entryOf(images[1]!, 'other:1')]);
  await gather(loadImages(engine, { input: { path: `${folder}/oci` } }));
  await tagImage(engine, 'app:1', ['app:2']);
  return images;
}

async function save(
  engine: Engine,
  images: string[],
  format: SaveFormat = 'docker-archive',
): Promise<Buffer> {
  await using opened = await openSave(engine, { images, format });
  return await collect(opened.archive());
}

describeAsRoot('save', () => {
  test('the archive has every layer once, bit for bit, and its bytes depend on the images alone', async () => {
    using t = openTestEngine();
    const images = await loadTwo(t);
    const archive = await save(t.engine, ['app:1', 'other:1']);
    expect(archive.length % 512).toBe(0);
    expect(archive.equals(await save(t.engine, ['app:1', 'other:1']))).toBe(true);

    writeFileSync(`${t.folder}/a.tar`, archive);
    mkdirSync(`${t.folder}/a`);
    run(['tar', '-C', `${t.folder}/a`, '-xf', `${t.folder}/a.tar`]);
    const blobs = `${t.folder}/a/blobs/sha256`;
    for (const name of readdirSync(blobs)) expect(sha256(readFileSync(`${blobs}/${name}`))).toBe(name);
    for (const tar of images.flatMap((image) => image.tars)) {
      expect(readFileSync(`${blobs}/${sha256(tar)}`).equals(tar)).toBe(true);
    }
    // 3 layers, 2 configurations, 2 manifests.
    expect(readdirSync(blobs)).toHaveLength(7);
    const [first] = JSON.parse(readFileSync(`${t.folder}/a/manifest.json`, 'utf8'));
    expect(first).toMatchObject({
      Config: `blobs/sha256/${images[0]!.id.slice(7)}`,
      RepoTags: ['docker.io/library/app:1'],
    });
  });

  test('loads again to the same image, ids and names', async () => {
    using t = openTestEngine();
    const images = await loadTwo(t);
    for (const format of ['docker-archive', 'oci-archive'] as const) {
      using fresh = openTestEngine();
      const archive = await save(t.engine, ['app', 'other:1'], format);
      const stream = (async function* () {
        yield archive;
      })();
      const loaded = await gather(loadImages(fresh.engine, { input: { stream, name: 'stdin' } }));
      const found = new Set(loaded.map(({ image }) => image.id as string));
      expect(found).toEqual(new Set(images.map(({ id }) => id)));
      const names = loaded.flatMap((one) => one.names.map(({ repository, tag }) => `${repository}:${tag}`));
      expect(names.sort()).toEqual(['library/app:1', 'library/app:2', 'library/other:1']);
    }
  });

  test('a repository without a tag is all of its tags, an id is no name', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    const tagsOf = async (...names: string[]): Promise<unknown> => {
      const archive = await save(t.engine, names);
      return JSON.parse(run(['tar', '-xOf', '-', 'manifest.json'], { stdin: archive }).toString()).map(
        (entry: { RepoTags: unknown }) => entry.RepoTags,
      );
    };
    expect(await tagsOf('app')).toEqual([['docker.io/library/app:1', 'docker.io/library/app:2']]);
    expect(await tagsOf(app!.id.slice(7, 19))).toEqual([null]);
    expect(await tagsOf(app!.id, 'app:2')).toEqual([['docker.io/library/app:2']]);
    expect(await failure(save(t.engine, ['app:3']))).toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  test('a short name that led elsewhere is saved under the full one', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    using _ = await lockImages(t.engine.store);
    putName(t.engine.store, parseReference('quay.io/team/tool:latest'), app!.id as Digest, 'tool');
    for (const text of ['tool', 'tool:latest']) {
      const archive = await save(t.engine, [text]);
      const manifest = run(['tar', '-xOf', '-', 'manifest.json'], { stdin: archive }).toString();
      expect(JSON.parse(manifest)).toMatchObject([{ RepoTags: ['quay.io/team/tool:latest'] }]);
    }
  });

  test('a file appears whole or not at all', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    const diffId = `sha256:${sha256(app!.tars[1]!)}` as Parameters<typeof layerDiffPath>[1];
    const write = async (): Promise<void> => {
      await using opened = await openSave(t.engine, { images: ['app:1'], format: 'docker-archive' });
      await opened.writeFile(`${t.folder}/out.tar`);
    };
    await write();
    const before = readFileSync(`${t.folder}/out.tar`);
    writeFileSync(`${layerDiffPath(t.engine.store, diffId)}/text`, 'bit');
    expect(await failure(write())).toMatchObject({ code: 'LAYER_DAMAGED' });
    expect(readFileSync(`${t.folder}/out.tar`).equals(before)).toBe(true);
    expect(readdirSync(t.folder).filter((name) => name.startsWith('out'))).toEqual(['out.tar']);
  });

  test('a docker-dir holds one image, and each image is of its platform', async () => {
    using t = openTestEngine();
    await loadTwo(t);
    const open = (request: Partial<SaveRequest>) =>
      failure(openSave(t.engine, { images: ['app:1', 'other:1'], format: 'docker-archive', ...request }));
    expect(await open({ format: 'docker-dir' })).toMatchObject({ code: 'BAD_ARGUMENTS' });
    expect(await open({ platform: { os: 'linux', architecture: 's390x' } })).toMatchObject({
      code: 'PLATFORM_MISSING',
      message: expect.stringMatching(/it is for linux\/amd64, not for linux\/s390x$/),
    });
  });

  test('an image that is removed meanwhile is saved to its end, and its layers go then', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    {
      await using opened = await openSave(t.engine, { images: ['app:1'], format: 'docker-archive' });
      const { deleted } = await removeImage(t.engine, app!.id, { force: true });
      expect(deleted).toEqual([app!.id]);
      expect((await collect(opened.archive())).length).toBeGreaterThan(0);
    }
    const layers = t.contents().filter((name) => name.startsWith('layers/'));
    expect(layers).toHaveLength(2); // those of other:1
  });

  testWith('skopeo')('skopeo reads every format', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    const layers = app!.tars.map((tar) => `sha256:${sha256(tar)}`);
    for (const format of ['docker-archive', 'oci-archive'] as const) {
      writeFileSync(`${t.folder}/${format}`, await save(t.engine, ['app:1'], format));
    }
    for (const format of ['oci-dir', 'docker-dir'] as const) {
      await using opened = await openSave(t.engine, { images: ['app:1'], format });
      await opened.writeFolder(`${t.folder}/${format}`);
    }
    const inspect = (source: string): { Layers: string[] } =>
      JSON.parse(run(['skopeo', 'inspect', source]).toString());
    expect(inspect(`docker-archive:${t.folder}/docker-archive:app:1`).Layers).toEqual(layers);
    // Docker's archive is an OCI archive too.
    expect(inspect(`oci-archive:${t.folder}/docker-archive`).Layers).toEqual(layers);
    expect(inspect(`oci-archive:${t.folder}/oci-archive:docker.io/library/app:1`).Layers).toEqual(layers);
    expect(inspect(`oci:${t.folder}/oci-dir`).Layers).toEqual(layers);
    expect(inspect(`dir:${t.folder}/docker-dir`).Layers).toEqual(layers);
  });

  testWith('podman')('podman loads the archive with its names', async () => {
    using t = openTestEngine();
    const [app] = await loadTwo(t);
    const own = ['--root', `${t.folder}/p`, '--runroot', `${t.folder}/r`, '--storage-driver', 'vfs'];
    run(['podman', ...own, 'load'], { stdin: await save(t.engine, ['app:1', 'other:1']) });
    const listed = run([
      'podman',
      ...own,
      'images',
      '--no-trunc',
      '--format',
      '{{.ID}} {{.Repository}}:{{.Tag}}',
    ]);
    expect(listed.toString()).toContain(`${app!.id} docker.io/library/app:1\n`);
    expect(listed.toString()).toContain('docker.io/library/other:1\n');
  });
});
