// What Proa saves, docker, podman, skopeo and umoci read, and what they write, Proa loads: the same image, by its id and
// by the digests of its layers. Each peer is skipped where it is not installed.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { writeBusyboxTar } from '../../scripts/lib/busybox-image.mjs';
import { archive, file, folder, link, symlink } from '../storage/tar/support/archive.ts';
import { collect, collectBytes } from './support/child.ts';
import { type BuiltImage, buildImage, hostArchitecture } from './support/image.ts';
import { describeAs } from './support/machine.ts';

/** Why a peer cannot be asked here. */
function lacking(program: string): string | undefined {
  if (Bun.which(program) === null) return `${program} is not installed`;
  const asked = program === 'docker' ? Bun.spawnSync(['docker', 'version']) : undefined;
  return asked === undefined || asked.exitCode === 0 ? undefined : 'no Docker daemon answers';
}

function describeWith(program: string, body: () => void): void {
  const reason = lacking(program);
  if (reason === undefined) describe(program, body);
  else describe.skip(`${program} (skipped: ${reason})`, body);
}

const SUITE = `e2e-interop-${crypto.randomUUID().slice(0, 8)}`;
const [ONE, TWO] = [`localhost/${SUITE}:1`, `localhost/${SUITE}:2`];

/** Layers that differ in all that archives of layers differ in. */
function layers(base: Uint8Array): Uint8Array[] {
  const long = `${'deep/'.repeat(30)}name`;
  return [
    base,
    archive(
      folder('opt'),
      file('opt/a', 'x'.repeat(70_000)),
      link('opt/hard', 'opt/a'),
      symlink('opt/soft', '/etc/passwd'),
      { ...file('long', 'pax'), pax: { path: long, 'SCHILY.xattr.user.note': 'kept' } },
      file('opt/.wh.gone', ''),
    ),
    archive(file('opt/a', 'replaced'), folder('empty', 0o1777)),
  ];
}

async function run(...command: string[]): Promise<string> {
  const { code, out, err } = await collect(command);
  if (code !== 0) throw new Error(`${command.join(' ')}: ${code}: ${out}${err}`);
  return out.trim();
}

describeAs('root', (machine) => {
  let built: BuiltImage[];
  let place: string;
  const idOf = (name: string) => machine.ok('image', 'inspect', '--format={{.Id}}', name);
  const layersOf = (name: string) => machine.ok('image', 'inspect', '--format={{json .RootFS.Layers}}', name);

  beforeAll(async () => {
    place = await machine.makeFolder('interop');
    // No name twice in a layer: docker and podman refuse that, Proa does not.
    writeBusyboxTar(`${place}/base.tar`);
    const tars = layers(readFileSync(`${place}/base.tar`));
    built = [
      buildImage(tars.map((tar) => ({ tar })).slice(0, 2)),
      buildImage(tars.map((tar) => ({ tar }))),
    ] as BuiltImage[];
    const layout = `${place}/built`;
    mkdirSync(`${layout}/blobs/sha256`, { recursive: true });
    writeFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    const manifests = built.map(({ manifest: { mediaType, digest, bytes } }, i) => ({
      mediaType,
      digest,
      size: bytes.length,
      annotations: { 'org.opencontainers.image.ref.name': [ONE, TWO][i] },
    }));
    writeFileSync(`${layout}/index.json`, JSON.stringify({ schemaVersion: 2, manifests }));
    for (const { blobs, config, manifest } of built)
      for (const { digest, bytes } of [...blobs, config, manifest])
        writeFileSync(`${layout}/blobs/sha256/${digest.slice(7)}`, bytes);
    await machine.ok('load', '-i', layout);
    await machine.ok('save', '-o', `${place}/docker.tar`, ONE, TWO);
    await machine.ok('save', '--format=oci-archive', '-o', `${place}/oci.tar`, ONE);
    await machine.ok('save', '--format=oci-dir', '-o', `${place}/oci`, ONE, TWO);
    await machine.ok('save', '--format=docker-dir', '-o', `${place}/dir`, ONE);
    await machine.ok('save', '--format=docker-dir', '--compress', '-o', `${place}/packed`, ONE);
  });

  /** Loads an archive into the emptied store; these names must then be these images again, to the layer. */
  async function expectLoads(
    words: string[],
    names: string[],
    images: BuiltImage[],
    stdin?: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const wanted = names.map((_, i) => images[i]!.config.digest);
    await machine.proa('rmi', '-f', ONE, TWO);
    const { code, err } = await machine.proaWith(stdin === undefined ? {} : { stdin }, 'load', ...words);
    expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
    expect([words, await Promise.all(names.map(idOf))]).toEqual([words, wanted]);
    for (const [i, name] of names.entries())
      expect(await layersOf(name)).toBe(
        JSON.stringify(JSON.parse(images[i]!.config.bytes.toString()).rootfs.diff_ids),
      );
  }

  test('two images of one archive', () => expectLoads(['-i', `${place}/docker.tar`], [ONE, TWO], built));

  test('compressed in every way, from files and pipes', async () => {
    for (const program of ['gzip', 'zstd', 'xz', 'bzip2']) {
      if (Bun.which(program) === null) continue;
      const { out } = await collectBytes(['sh', '-c', `${program} -1 < ${place}/docker.tar`]);
      const packed = new Uint8Array(out);
      if (program === 'zstd' || program === 'xz') {
        await expectLoads([], [ONE], built, packed);
        continue;
      }
      writeFileSync(`${place}/packed.tar`, packed);
      await expectLoads(['--input', `${place}/packed.tar`], [ONE, TWO], built);
    }
  });

  test('from a web server', async () => {
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch: ({ url }) =>
        url.endsWith('/docker.tar')
          ? new Response(Bun.file(`${place}/docker.tar`))
          : new Response('no', { status: 404 }),
    });
    const address = `http://user:secret@127.0.0.1:${server.port}`;
    await expectLoads(['-i', `${address}/docker.tar`], [ONE, TWO], built);
    const { code, err } = await machine.proa('load', '-i', `${address}/nothing`);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/\/nothing: the server answers 404/),
    });
    expect(err).not.toContain('secret');
  });

  test('--platform takes and saves only what is for it', async () => {
    for (const words of [
      ['load', '-i', `${place}/docker.tar`],
      ['save', '-o', `${place}/x`, ONE],
    ]) {
      const { code, err } = await machine.proa(...words, '--platform=linux/s390x');
      expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/for linux\/s390x/) });
    }
  });

  test('of a manifest list --platform chooses, under its name', async () => {
    const arm = await machine.ok('import', '--platform=linux/arm64', '-q', `${place}/base.tar`, 'arm');
    await machine.ok('manifest', 'create', 'list:1', 'arm', ONE);
    const chosen = async (...words: string[]) => {
      const { out } = await machine.proaBytes({}, 'save', ...words, 'list');
      const tar = collect(['tar', '-xOf', '-', 'manifest.json'], { stdin: new Uint8Array(out) });
      return JSON.parse((await tar).out).map(
        ({ Config, RepoTags }: { Config: string; RepoTags: string[] }) => [
          Config.replace('blobs/sha256/', 'sha256:'),
          ...RepoTags,
        ],
      );
    };
    const name = 'docker.io/library/list:1';
    expect(await chosen('--platform=linux/arm64')).toEqual([[arm, name]]);
    if (hostArchitecture() === 'amd64') expect(await chosen()).toEqual([[built[0]!.config.digest, name]]);
    const { code, err } = await machine.proa('save', '--platform=linux/s390x', '-o', `${place}/x`, 'list');
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/no image for linux\/s390x that it lists/),
    });
    await machine.ok('rmi', '-f', 'list:1', 'arm');
  });

  test('save refuses --compress where it means nothing', async () => {
    const { code, err } = await machine.proa('save', '--compress', '-o', `${place}/x`, ONE);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringContaining("--compress can only be set when --format is 'docker-dir'"),
    });
  });

  test('OCI formats are compressed unless --uncompressed says otherwise, and are whole on a pipe', async () => {
    const plain = await machine.proaBytes({}, 'save', '--format=oci-archive', '--uncompressed', '-q', ONE);
    const packed = await machine.proaBytes({}, 'save', '--format=oci-archive', ONE);
    expect(packed.out.length).toBeLessThan(plain.out.length);
    expect(packed.out.length).toBe(statSync(`${place}/oci.tar`).size);
    await expectLoads([], [ONE], built, new Uint8Array(plain.out));
  });

  describeWith('skopeo', () => {
    const sources = (): string[] => [
      `docker-archive:${place}/docker.tar:${ONE}`,
      `oci-archive:${place}/oci.tar`,
      `oci:${place}/oci:${ONE}`,
      `dir:${place}/dir`,
      `dir:${place}/packed`,
    ];

    test('reads all that Proa saves', async () => {
      for (const [i, source] of sources().entries()) {
        // A copy reads and verifies each layer.
        await run('skopeo', 'copy', '-q', '--insecure-policy', source, `oci:${place}/skopeo-${i}:x`);
        const config = JSON.parse(await run('skopeo', 'inspect', '--config', `oci:${place}/skopeo-${i}:x`));
        expect(config.rootfs).toEqual(JSON.parse(built[0]!.config.bytes.toString()).rootfs);
      }
    });

    test('writes what Proa loads', async () => {
      const copy = (target: string, ...options: string[]) =>
        run('skopeo', 'copy', '-q', '--insecure-policy', ...options, `oci:${place}/oci:${ONE}`, target);
      await copy(`docker-archive:${place}/s-docker.tar:${ONE}`);
      await copy(`oci-archive:${place}/s-oci.tar:${ONE}`);
      await copy(`oci:${place}/s-zstd:${ONE}`, '--dest-compress-format=zstd');
      await copy(`dir:${place}/s-dir`);
      for (const path of ['s-docker.tar', 's-oci.tar', 's-zstd'])
        await expectLoads(['-i', `${place}/${path}`], [ONE], built);
      await expectLoads(['-i', `${place}/s-dir`], [built[0]!.config.digest], built);
    });
  });

  describeWith('umoci', () => {
    test('unpacks and repacks what Proa saves, and Proa loads that', async () => {
      await run('umoci', 'unpack', '--image', `${place}/oci:${ONE}`, `${place}/bundle`);
      expect(readFileSync(`${place}/bundle/rootfs/opt/hard`, 'utf8')).toBe('x'.repeat(70_000));
      writeFileSync(`${place}/bundle/rootfs/opt/by-umoci`, 'more');
      await run('cp', '-r', `${place}/oci`, `${place}/umoci`);
      await run('umoci', 'repack', '--image', `${place}/umoci:again`, `${place}/bundle`);
      await run('umoci', 'gc', '--layout', `${place}/umoci`);
      const id = await machine.ok('pull', '-q', `oci:${place}/umoci:again`);
      const diffIds = JSON.parse(await layersOf(id));
      expect(diffIds).toHaveLength(3);
      expect(diffIds.slice(0, 2)).toEqual(JSON.parse(built[0]!.config.bytes.toString()).rootfs.diff_ids);
      expect(await machine.ok('run', '--rm', '--network=none', id, 'cat', '/opt/by-umoci')).toBe('more');
      await machine.ok('rmi', id);
    });
  });

  describeWith('podman', () => {
    const podman = (...words: string[]) =>
      run(
        'env',
        '-C',
        place,
        'podman',
        '--root',
        `${place}/p`,
        '--runroot',
        `${place}/pr`,
        '--storage-driver=vfs',
        ...words,
      );
    const podmanId = async (name: string) =>
      `sha256:${await podman('image', 'inspect', '--format={{.Id}}', name)}`;

    test('loads all that Proa saves', async () => {
      for (const path of ['docker.tar', 'oci.tar', 'oci', 'packed']) {
        // Of a layout Podman takes one image, which must be named, and calls it by the path.
        if (path === 'oci') await podman('pull', '-q', `oci:oci:${ONE}`);
        else await podman('load', '-q', '-i', `${place}/${path}`);
        const ids = (await podman('images', '-q', '--no-trunc')).split('\n');
        expect(ids).toContain(built[0]!.config.digest);
        if (path === 'docker.tar')
          expect(await Promise.all([ONE, TWO].map(podmanId))).toEqual(
            built.map(({ config }) => config.digest),
          );
        if (path !== 'packed') await podman('rmi', '-fa');
      }
    });

    test('writes what Proa loads, in all its formats', async () => {
      await podman('load', '-q', '-i', `${place}/docker.tar`);
      const save = (format: string, ...words: string[]) =>
        podman('save', '-q', '--format', format, '-o', ...words);
      await save('docker-archive', `${place}/p-docker.tar`, '-m', ONE, TWO);
      await save('oci-archive', `${place}/p-oci.tar`, ONE);
      await save('oci-dir', `${place}/p-oci`, ONE);
      await save('docker-dir', `${place}/p-dir`, '--compress', ONE);
      await expectLoads(['-i', `${place}/p-docker.tar`], [ONE, TWO], built);
      for (const path of ['p-oci.tar', 'p-oci']) await expectLoads(['-i', `${place}/${path}`], [ONE], built);
      await expectLoads(['-i', `${place}/p-dir`], [built[0]!.config.digest], built);
    });

    test('has a store that Proa reads', async () => {
      await machine.proa('rmi', '-f', ONE, TWO);
      await machine.ok('pull', `containers-storage:[vfs@${place}/p]${TWO}`);
      expect(await idOf(TWO)).toBe(built[1]!.config.digest);
      expect(await machine.ok('run', '--rm', '--network=none', TWO, 'cat', '/opt/a')).toBe('replaced');
    });
  });

  describeWith('docker', () => {
    afterAll(() => collect(['docker', 'rmi', '-f', ONE, TWO]));

    test('loads several images at once, and Proa what it saves', async () => {
      const said = await run('docker', 'load', '-i', `${place}/docker.tar`);
      expect(said).toBe(`Loaded image: ${ONE}\nLoaded image: ${TWO}`);
      const ids = await run('docker', 'image', 'inspect', '--format={{.Id}}', ONE, TWO);
      expect(ids.split('\n')).toEqual(built.map(({ config }) => config.digest));
      await run('docker', 'save', '-o', `${place}/d-docker.tar`, ONE, TWO);
      await expectLoads(['-i', `${place}/d-docker.tar`], [ONE, TWO], built);
      await machine.ok('rmi', '-f', ONE);
      await machine.ok('pull', `docker-daemon:${ONE}`);
      expect(await idOf(ONE)).toBe(built[0]!.config.digest);
    });
  });
});
