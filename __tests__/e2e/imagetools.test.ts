// buildx imagetools: images made of images, all of it in a registry.
import { readFileSync, writeFileSync } from 'node:fs';
import { type BuiltImage, buildImage, buildIndex, tarOf } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { openRegistry, push, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;

describeAs(['root'], (machine) => {
  withRegistry('imagetools', () => {
    let registry: Registry;
    const images = ['amd64', 'arm64'].map((architecture) =>
      buildImage([{ tar: tarOf({ [architecture]: '' }) }], { architecture, config: { Cmd: [architecture] } }),
    ) as [BuiltImage, BuiltImage];
    const [amd, arm] = images;
    beforeAll(async () => {
      registry = await openRegistry();
      await push(registry, 'a', amd);
      await push(registry, 'b', arm);
      await push(registry, 'c', images, { index: buildIndex({ amd64: amd, 'arm64/v8': arm }) });
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const tool = (verb: string, ...args: string[]) => machine.ok('buildx', 'imagetools', verb, ...args);

    test('create makes an index of images of several repositories, and adds to it', async () => {
      const { host } = registry;
      const file = `${machine.home}/metadata`;
      const made = ['-t', `${host}/new:1`, '-t', `${host}/other:1`, '--metadata-file', file];
      const said = ['--annotation=index:x=y', '--annotation=manifest-descriptor[linux/amd64]:d=e'];
      const progress = await machine.proa(
        ...['buildx', 'imagetools', 'create', ...made, ...said, '--progress=plain', `${host}/a`, `${host}/b`],
      );
      expect(progress).toMatchObject({
        code: 0,
        out: '',
        err: expect.stringMatching(/^copying [\s\S]*\npushing /),
      });
      const text = await tool('inspect', '--raw', `${host}/new:1`);
      expect(JSON.parse(text)).toMatchObject({
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          { digest: amd.manifest.digest, platform: { architecture: 'amd64' }, annotations: { d: 'e' } },
          { digest: arm.manifest.digest, platform: { architecture: 'arm64' } },
        ],
        annotations: { x: 'y' },
      });
      expect(await tool('inspect', '--raw', `${host}/other:1`)).toBe(text);
      const metadata = JSON.parse(readFileSync(file, 'utf8'));
      expect(metadata).toMatchObject({ 'image.name': `${host}/new:1,${host}/other:1` });
      expect(metadata['containerimage.digest']).toBe(
        `sha256:${new Bun.CryptoHasher('sha256').update(text).digest('hex')}`,
      );
      // All of it is there: one can be pulled.
      await machine.ok('pull', '-q', '--platform=linux/arm64', `${host}/new:1`);
      await machine.ok('rmi', `${host}/new:1`);

      await tool('create', '-t', `${host}/grown`, `${host}/a`);
      await tool('create', '-t', `${host}/grown`, '--append', `${host}/b`);
      const grown = await tool('inspect', '--format={{len .Manifest.Manifests}}', `${host}/grown`);
      expect(grown).toBe('2');
    });

    test('create copies an index byte for byte, takes some platforms, digests and descriptors', async () => {
      const { host } = registry;
      await tool('create', '-t', `${host}/copy`, `${host}/c`);
      expect(await tool('inspect', '--raw', `${host}/copy`)).toBe(
        await tool('inspect', '--raw', `${host}/c`),
      );
      await tool('create', '-t', `${host}/single`, '--prefer-index=false', `${host}/a`);
      expect(await tool('inspect', '--raw', `${host}/single`)).toBe(amd.manifest.bytes.toString());
      const dry = async (...args: string[]) =>
        JSON.parse(await tool('create', '--dry-run', ...args)).manifests;
      expect(await dry('-p', 'linux/arm64', `${host}/c`)).toMatchObject([{ digest: arm.manifest.digest }]);
      expect(await dry('-t', `${host}/a:x`, amd.manifest.digest)).toMatchObject([
        { digest: amd.manifest.digest },
      ]);
      const file = `${machine.home}/descriptor`;
      const { digest, bytes, mediaType } = amd.manifest;
      const platform = { os: 'linux', architecture: 'amd64', 'os.version': '10.1' };
      writeFileSync(file, JSON.stringify({ mediaType, digest, size: bytes.length, platform }));
      expect(await dry('-t', `${host}/a:x`, '-f', file)).toMatchObject([{ platform }]);
    });

    test.each([
      [['HOST/a'], "can't push with no tags specified"],
      [['--dry-run'], 'no sources specified'],
      [['--dry-run', `sha256:${'0'.repeat(64)}`], 'no repositories specified'],
      [['--dry-run', '-p', 'linux/s390x', 'HOST/c'], 'none is for linux/s390x'],
      [['--dry-run', '--annotation=a=b', 'HOST/c'], 'the manifests exist already'],
      [['-t', 'HOST/none', '--append', 'HOST/a'], 'the registry has no such'],
    ])('create %j is refused', async (args, why) => {
      const words = args.map((word) => word.replace('HOST', registry.host));
      const outcome = await machine.proa('buildx', 'imagetools', 'create', ...words);
      expect(outcome).toMatchObject({ code: 1, out: '', err: expect.stringContaining(why) });
    });

    test('inspect as lines and through templates', async () => {
      const { host } = registry;
      const index = await tool('inspect', `${host}/c`);
      expect(index.split('\n')).toEqual([
        `Name:      ${host}/c:latest`,
        'MediaType: application/vnd.oci.image.index.v1+json',
        expect.stringMatching(/^Digest: {4}sha256:\w{64}$/),
        '           ',
        'Manifests: ',
        `  Name:      ${host}/c:latest@${amd.manifest.digest}`,
        `  MediaType: ${amd.manifest.mediaType}`,
        '  Platform:  linux/amd64',
        '             ',
        `  Name:      ${host}/c:latest@${arm.manifest.digest}`,
        `  MediaType: ${amd.manifest.mediaType}`,
        '  Platform:  linux/arm64/v8',
      ]);
      expect(await tool('inspect', '--format', '{{.Manifest}}', `${host}/c`)).toBe(index);
      const format = '{{range $p, $i := .Image}}{{$p}} {{$i.Config.Cmd}},{{end}}';
      expect(await tool('inspect', `--format=${format}`, `${host}/c`)).toBe(
        'linux/amd64 [amd64],linux/arm64 [arm64],',
      );
      expect(JSON.parse(await tool('inspect', '--format={{json .Image}}', `${host}/a`))).toEqual(
        JSON.parse(amd.config.bytes.toString()),
      );
      const both = await machine.proa('buildx', 'imagetools', 'inspect', '--raw', '--format=x', `${host}/c`);
      expect(both).toMatchObject({ code: 1, err: expect.stringContaining('cannot be used together') });
    });
  });
});
