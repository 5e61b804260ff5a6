import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { ArchiveInput } from '../../../lib/engine/image/archive.ts';
import { loadImages } from '../../../lib/engine/image/load.ts';
import { parsePlatform } from '../../../lib/oci/model/platform.ts';
import { formatReference } from '../../../lib/oci/model/reference.ts';
import { findImage, readImageConfig } from '../../../lib/storage/images.ts';
import { layerDiffPath, layerRecipePath, readLayer } from '../../../lib/storage/layers.ts';
import { rebuildTar } from '../../../lib/storage/tar/rebuild.ts';
import {
  entryOf,
  type HandMade,
  layerTar,
  makeImage,
  type Packing,
  sha256,
  tarOf,
  writeDockerFolder,
  writeLayout,
} from './support/images.ts';
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

async function* inPieces(bytes: Uint8Array, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const stream = (bytes: Uint8Array): ArchiveInput => ({ stream: inPieces(bytes, 10_007), name: 'stdin' });

function twoLayers(folder: string, packing: Packing = 'none'): HandMade {
  const lower = layerTar(folder, { 'etc/a': 'lower', 'usr/big': 'x'.repeat(300_000) });
  return makeImage([lower, layerTar(folder, { 'etc/a': 'upper', 'etc/.wh.b': '' })], { packing });
}

/** Loads one image and holds that it is complete, its layers bit for bit. */
async function expectLoaded({ engine }: TestEngine, input: ArchiveInput, image: HandMade): Promise<string[]> {
  const loaded = await gather(loadImages(engine, { input }));
  expect(loaded.map((one) => one.image.id)).toEqual([image.id]);
  const diffIds = image.tars.map((tar) => `sha256:${sha256(tar)}`);
  const record = findImage(engine.store, image.id)!;
  expect(record.diffIds).toEqual(diffIds as typeof record.diffIds);
  expect(readImageConfig(engine.store, record).config.Labels).toEqual({ made: 'by hand' });
  for (const [i, diffId] of record.diffIds.entries()) {
    const rebuilt = rebuildTar(layerRecipePath(engine.store, diffId), layerDiffPath(engine.store, diffId));
    expect((await collect(rebuilt)).equals(image.tars[i]!)).toBe(true);
  }
  return loaded[0]!.names.map((name) => `${name.repository}:${name.tag}`);
}

describeAsRoot('what can be loaded', () => {
  const docker = (
    test: TestEngine,
    tags: string[] | null = ['app:1'],
  ): { image: HandMade; folder: string } => {
    const image = twoLayers(test.folder);
    writeDockerFolder(`${test.folder}/docker`, image, tags);
    return { image, folder: `${test.folder}/docker` };
  };

  test("docker's archive as a file, with the manifest behind the layers", async () => {
    using t = openTestEngine();
    const { image, folder } = docker(t);
    writeFileSync(`${t.folder}/a.tar`, tarOf(folder));
    expect(await expectLoaded(t, { path: `${t.folder}/a.tar` }, image)).toEqual(['library/app:1']);
  });

  test('the same as a stream, plain and compressed in every way, and nothing stays in tmp', async () => {
    const { image, tar } = (() => {
      using t = openTestEngine();
      const made = docker(t);
      return { image: made.image, tar: tarOf(made.folder) };
    })();
    const forms: Uint8Array[] = [tar, gzipSync(tar), zstdCompressSync(tar)];
    for (const program of ['xz', 'bzip2'])
      if (Bun.which(program)) forms.push(run([program, '-c'], { stdin: tar }));
    for (const form of forms) {
      using t = openTestEngine();
      await expectLoaded(t, stream(form), image);
      expect(t.contents().filter((name) => name.startsWith('tmp/'))).toEqual([]);
    }
  });

  test('the same as a folder, its layers behind links as older dockers wrote them', async () => {
    using t = openTestEngine();
    const { image, folder } = docker(t);
    const second = (await Bun.file(`${folder}/manifest.json`).json())[0].Layers[1] as string;
    run(['mv', `${folder}/${second}`, `${folder}/moved.tar`]);
    symlinkSync('../moved.tar', `${folder}/${second}`);
    await expectLoaded(t, { path: folder }, image);
    using again = openTestEngine();
    await expectLoaded(again, stream(tarOf(folder)), image);
  });

  test('an image without a name, and one with several', async () => {
    using t = openTestEngine();
    const { image, folder } = docker(t, null);
    expect(await expectLoaded(t, { path: folder }, image)).toEqual([]);
    writeDockerFolder(folder, image, ['app:1', 'quay.io/team/app:2']);
    expect(await expectLoaded(t, { path: folder }, image)).toEqual(['library/app:1', 'team/app:2']);
    expect(findImage(t.engine.store, 'quay.io/team/app:2')?.id).toBe(image.id);
  });

  test.each(['none', 'gzip', 'zstd'] as const)(
    'an OCI layout with %s layers, as folder and archive',
    async (packing) => {
      using t = openTestEngine();
      const image = twoLayers(t.folder, packing);
      writeLayout(`${t.folder}/oci`, [image], [entryOf(image, 'docker.io/library/app:1')]);
      expect(await expectLoaded(t, { path: `${t.folder}/oci` }, image)).toEqual(['library/app:1']);
      const record = findImage(t.engine.store, 'app:1')!;
      expect(record.manifest.digest as string).toBe(`sha256:${sha256(image.manifest)}`);
      expect(record.repoDigests).toEqual([`docker.io/library/app@sha256:${sha256(image.manifest)}`]);
      expect(readLayer(t.engine.store, record.diffIds[0]!)!.blobs).toHaveLength(1);
      using again = openTestEngine();
      await expectLoaded(again, stream(tarOf(`${t.folder}/oci`)), image);
    },
  );

  test('of several platforms the one asked for, without attestations', async () => {
    using t = openTestEngine();
    const on = (architecture: string) =>
      makeImage([layerTar(t.folder, { arch: architecture })], { config: { architecture } });
    const [amd, arm] = [on('amd64'), on('arm64')];
    const platform = (architecture: string) => ({ platform: { os: 'linux', architecture } });
    const inner = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          entryOf(amd, undefined, platform('amd64')),
          entryOf(arm, undefined, platform('arm64')),
          entryOf(amd, undefined, { platform: { os: 'unknown', architecture: 'unknown' } }),
        ],
      }),
    );
    amd.blobs.set(sha256(inner), inner);
    writeLayout(
      `${t.folder}/oci`,
      [amd, arm],
      [
        {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest: `sha256:${sha256(inner)}`,
          size: inner.length,
          annotations: { 'io.containerd.image.name': 'docker.io/library/app:1' },
        },
      ],
    );
    const input = { path: `${t.folder}/oci` };
    const load = (text: string) => gather(loadImages(t.engine, { input, platform: parsePlatform(text) }));
    expect((await load('linux/arm64'))[0]!.image.id as string).toBe(arm.id);
    const [second] = await load('linux/amd64');
    expect(second!.image.id as string).toBe(amd.id);
    expect(second!.moved).toMatchObject([{ from: arm.id }]);
    expect(await failure(load('linux/s390x'))).toMatchObject({ code: 'PLATFORM_MISSING' });
  });

  test('a layer that is here already is not asked of the archive', async () => {
    using t = openTestEngine();
    const { image, folder } = docker(t);
    await expectLoaded(t, { path: folder }, image);
    for (const path of (await Bun.file(`${folder}/manifest.json`).json())[0].Layers)
      rmSync(`${folder}/${path}`);
    await expectLoaded(t, { path: folder }, image);
  });

  testWith('skopeo')("skopeo's archives and folders", async () => {
    using t = openTestEngine();
    const image = twoLayers(t.folder);
    writeLayout(`${t.folder}/oci`, [image], [entryOf(image, 'app:1')]);
    const copy = (target: string) =>
      run(['skopeo', 'copy', '-q', '--insecure-policy', `oci:${t.folder}/oci:app:1`, target]);
    copy(`docker-archive:${t.folder}/d.tar:docker.io/library/app:1`);
    copy(`oci-archive:${t.folder}/o.tar:docker.io/library/app:1`);
    copy(`dir:${t.folder}/dir`);
    for (const path of ['d.tar', 'o.tar', 'dir']) {
      using fresh = openTestEngine();
      const loaded = await gather(loadImages(fresh.engine, { input: { path: `${t.folder}/${path}` } }));
      expect(loaded[0]!.image.diffIds as string[]).toEqual(image.tars.map((tar) => `sha256:${sha256(tar)}`));
      expect(loaded[0]!.names).toHaveLength(path === 'dir' ? 0 : 1);
    }
  });

  test('an annotation that an image took over from another names nothing', async () => {
    using t = openTestEngine();
    const images = ['one', 'two', 'three'].map((text) => makeImage([layerTar(t.folder, { text })]));
    const annotations = (own: string | undefined) => ({
      annotations: {
        'io.containerd.image.name': 'docker.io/library/app:1',
        ...(own && { 'org.opencontainers.image.ref.name': own }),
      },
    });
    const entries = ['1', 'again', 'quay.io/x:2'].map((own, i) =>
      entryOf(images[i]!, undefined, annotations(own)),
    );
    writeLayout(`${t.folder}/oci`, images, entries);
    const loaded = await gather(loadImages(t.engine, { input: { path: `${t.folder}/oci` } }));
    expect(loaded.map(({ image, names }) => [image.id, names.map(formatReference)])).toEqual([
      [images[0]!.id, ['docker.io/library/app:1']],
      [images[1]!.id, ['docker.io/library/again:latest']],
      [images[2]!.id, ['quay.io/x:2']],
    ]);
  });

  testWith('umoci')("umoci's layout", async () => {
    using t = openTestEngine();
    const layout = `${t.folder}/umoci`;
    run(['umoci', 'init', '--layout', layout]);
    run(['umoci', 'new', '--image', `${layout}:app`]);
    run(['umoci', 'unpack', '--image', `${layout}:app`, `${t.folder}/bundle`]);
    writeFileSync(`${t.folder}/bundle/rootfs/file`, 'text');
    run(['umoci', 'repack', '--image', `${layout}:app`, `${t.folder}/bundle`]);
    const [loaded] = await gather(loadImages(t.engine, { input: { path: layout } }));
    expect(loaded!.image.diffIds).toHaveLength(1);
    expect(loaded!.names[0]).toMatchObject({ repository: 'library/app', tag: 'latest' });
    expect(await Bun.file(`${layerDiffPath(t.engine.store, loaded!.image.diffIds[0]!)}/file`).text()).toBe(
      'text',
    );
  });
});

describeAsRoot('what is refused leaves nothing behind', () => {
  /** Loads what `change` made of a good layout. */
  async function refused(
    change: (folder: string, image: HandMade) => void,
    as: 'folder' | 'stream' = 'folder',
  ): ReturnType<typeof failure> {
    using t = openTestEngine();
    const image = twoLayers(t.folder, 'gzip');
    const folder = `${t.folder}/oci`;
    writeLayout(folder, [image], [entryOf(image, 'app:1')]);
    change(folder, image);
    const input = as === 'folder' ? { path: folder } : stream(tarOf(folder));
    const error = await failure(gather(loadImages(t.engine, { input })));
    const left = t.contents().filter((name) => !name.startsWith('layers/'));
    expect(left).toEqual([]);
    return error;
  }
  const blob = (folder: string, bytes: Uint8Array): string => `${folder}/blobs/sha256/${sha256(bytes)}`;
  const blobOfLayer = (folder: string, image: HandMade): string => {
    const hex = JSON.parse(image.manifest.toString()).layers[1].digest.slice('sha256:'.length);
    return `${folder}/blobs/sha256/${hex}`;
  };

  test('an altered manifest or configuration', async () => {
    const altered = (bytes: Buffer) => Buffer.from(bytes.toString().replace('sha256', 'sha257'));
    expect(
      await refused((folder, { manifest }) => writeFileSync(blob(folder, manifest), altered(manifest))),
    ).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(
      await refused((folder, { config }) => writeFileSync(blob(folder, config), altered(config)), 'stream'),
    ).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('an altered layer', async () => {
    const error = await refused((folder, image) => {
      // Another gzip of the same tar: only the blob's own digest tells.
      writeFileSync(blobOfLayer(folder, image), gzipSync(image.tars[1]!, { level: 1 }));
    });
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test('a layer with a tar that its configuration does not name', async () => {
    using t = openTestEngine();
    const image = twoLayers(t.folder);
    writeDockerFolder(`${t.folder}/d`, { ...image, tars: image.tars.toReversed() }, ['app:1']);
    const error = await failure(gather(loadImages(t.engine, { input: { path: `${t.folder}/d` } })));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(t.contents()).toEqual([]);
  });

  test('a configuration under a name that is another digest', async () => {
    using t = openTestEngine();
    const image = twoLayers(t.folder);
    writeDockerFolder(
      `${t.folder}/d`,
      { ...image, config: Buffer.concat([image.config, Buffer.from(' ')]) },
      null,
    );
    const error = await failure(gather(loadImages(t.engine, { input: { path: `${t.folder}/d` } })));
    expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(t.contents()).toEqual([]);
  });

  test('a layer or document that is missing', async () => {
    expect(await refused((folder, image) => rmSync(blobOfLayer(folder, image)))).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: expect.stringContaining('is missing'),
    });
    expect(await refused((folder, { config }) => rmSync(blob(folder, config)))).toMatchObject({
      code: 'BAD_ARCHIVE',
    });
  });

  test('a manifest that names files of the host', async () => {
    using t = openTestEngine();
    const image = twoLayers(t.folder);
    const folder = `${t.folder}/d`;
    writeDockerFolder(folder, image, ['app:1']);
    writeFileSync(`${t.folder}/secret.json`, image.config);
    for (const Config of ['../secret.json', `${t.folder}/secret.json`, 'link.json']) {
      if (Config === 'link.json') symlinkSync('../secret.json', `${folder}/link.json`);
      writeFileSync(`${folder}/manifest.json`, JSON.stringify([{ Config, RepoTags: null, Layers: [] }]));
      expect(await failure(gather(loadImages(t.engine, { input: { path: folder } })))).toMatchObject({
        code: 'BAD_ARCHIVE',
        message: expect.stringContaining('is missing'),
      });
    }
  });

  test('what is no image archive says what it may be instead', async () => {
    using t = openTestEngine();
    const load = (bytes: Uint8Array) => failure(gather(loadImages(t.engine, { input: stream(bytes) })));
    const rootfs = layerTar(t.folder, { 'etc/passwd': '' });
    expect((await load(rootfs)).hint).toContain('proa import');
    expect(await load(Buffer.from('no archive at all, but text. '.repeat(100)))).toMatchObject({
      code: 'BAD_ARCHIVE',
    });
    expect(await load(new Uint8Array())).toMatchObject({ message: 'read stdin: it is empty' });
    const cut = gzipSync(rootfs);
    expect(await load(cut.subarray(0, cut.length - 20))).toMatchObject({ code: 'BAD_COMPRESSION' });
    // Compressed twice: it is not unfolded until something comes of it.
    expect(await load(gzipSync(gzipSync(rootfs)))).toMatchObject({ code: 'BAD_ARCHIVE' });
    expect(
      await failure(gather(loadImages(t.engine, { input: { path: `${t.folder}/nothing` } }))),
    ).toMatchObject({ code: 'ENOENT' });
    expect(t.contents()).toEqual([]);
  });
});
