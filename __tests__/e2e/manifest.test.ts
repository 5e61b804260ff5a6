// manifest: lists of images, of this store and of a registry; skopeo looks at what was pushed.
import { readFileSync, writeFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;
const hasSkopeo = Bun.which('skopeo') !== null;

interface Index {
  mediaType: string;
  manifests: { mediaType: string; digest: string; platform: Record<string, unknown>; annotations?: object }[];
}

describeAs(['root'], (machine) => {
  test('a list is made, shown, changed and removed, and nothing of its images with it', async () => {
    const id = await machine.ok('manifest', 'create', 'list');
    expect(id).toMatch(/^\w{64}$/);
    expect(await machine.proa('manifest', 'create', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('refusing to amend an existing manifest list with no --amend flag'),
    });
    expect(await machine.ok('manifest', 'create', '--amend', 'list')).toBe(id);
    expect(await machine.ok('manifest', 'add', '--annotation', 'a=b', '--os-version=7', 'list', IMAGE)).toBe(
      id,
    );
    const shown = JSON.parse(await machine.ok('manifest', 'inspect', 'list')) as Index;
    expect(shown).toMatchObject({
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ platform: { os: 'linux', 'os.version': '7' }, annotations: { a: 'b' } }],
    });
    const { digest } = shown.manifests[0]!;
    expect(await machine.ok('manifest', 'annotate', '--features=x,y', '--variant=v2', 'list', digest)).toBe(
      id,
    );
    expect(await machine.ok('manifest', 'annotate', '--os-features=win32k', 'list', IMAGE)).toBe('');
    const changed = JSON.parse(await machine.ok('manifest', 'inspect', 'list')) as Index;
    expect(changed.manifests[0]!.platform).toMatchObject({
      'os.version': '7',
      'os.features': ['win32k'],
      features: ['x', 'y'],
      variant: 'v2',
    });
    expect(await machine.proa('manifest', 'annotate', '--arch=none', 'list', IMAGE)).toMatchObject({
      code: 1,
      err: expect.stringContaining('unsupported os/arch combination: linux/none'),
    });
    const entry = JSON.parse(await machine.ok('manifest', 'inspect', 'list', IMAGE)) as { config: object };
    const verbose = JSON.parse(await machine.ok('manifest', 'inspect', '-v', 'list'));
    expect(verbose).toMatchObject([
      { Ref: `docker.io/library/${IMAGE}:latest`, Descriptor: { digest }, OCIManifest: entry },
    ]);
    expect(await machine.ok('manifest', 'remove', 'list', digest)).toBe(id);
    expect(await machine.proa('manifest', 'remove', 'list', digest)).toMatchObject({ code: 125 });
    expect((await machine.proa('manifest', 'exists', 'list')).code).toBe(0);
    expect((await machine.proa('manifest', 'exists', IMAGE)).code).toBe(1);
    expect(await machine.proa('manifest', 'rm', 'list', IMAGE, 'none')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /bb: image is not a manifest list[\s\S]*No such manifest: docker.io\/library\/none:latest/,
      ),
    });
    expect((await machine.proa('manifest', 'exists', 'list')).code).toBe(1);
    expect((await machine.proa('image', 'exists', IMAGE)).code).toBe(0);
  });

  test('a list stands for its image of a platform, has a row of its own, and keeps its images', async () => {
    const other = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
    await machine.ok('import', `--platform=${other}`, '--change=LABEL other=1', machine.imageTar, 'other');
    const id = await machine.ok('manifest', 'create', 'both');
    await machine.ok('manifest', 'add', 'both', IMAGE, 'other');
    await machine.ok('tag', 'both', 'both:again');
    expect(
      await machine.ok('images', '--no-trunc', '--format={{.Repository}}:{{.Tag}} {{.ID}}', 'both'),
    ).toBe(`both:again sha256:${id}\nboth:latest sha256:${id}`);
    expect(await machine.ok('run', '--rm', '--network=none', 'both', 'echo', 'ran')).toBe('ran');
    expect(
      await machine.ok('run', '--rm', '--network=none', `--platform=${other}`, 'both', 'echo', 'x'),
    ).toBe('x');
    expect(await machine.proa('run', '--rm', '--platform=linux/s390x', 'both', 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining('it has no image for linux/s390x'),
    });
    const label = '--format={{index .Config.Labels "other"}}';
    expect(await machine.ok('image', 'inspect', `--platform=${other}`, label, 'both')).toBe('1');
    expect((await machine.proa('image', 'inspect', `--platform=${other}`, IMAGE)).code).toBe(1);
    const refused = await machine.proa('rmi', 'other');
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining('manifest list both:again has it'),
    });
    expect(await machine.ok('rmi', 'both:again')).toBe('Untagged: both:again');
    expect(await machine.ok('rmi', 'both')).toBe(`Untagged: both:latest\nDeleted: sha256:${id}`);
    // A list without a name goes, and what it kept with it.
    await machine.ok('manifest', 'create', 'both');
    await machine.ok('manifest', 'add', 'both', 'other');
    await machine.ok('untag', 'both');
    await machine.ok('untag', 'other');
    const pruned = await machine.ok('image', 'prune', '--force');
    expect(pruned.match(/^deleted: /gm)).toHaveLength(2);
    expect((await machine.proa('image', 'exists', 'other')).code).toBe(1);
  });

  test('an entry that was altered is found, and the list forgotten by a repair', async () => {
    const id = await machine.ok('manifest', 'create', 'hurt');
    await machine.ok('manifest', 'add', 'hurt', IMAGE);
    const file = `${machine.root}/images/by-id/${id}.json`;
    const record = JSON.parse(readFileSync(file, 'utf8'));
    record.list.entries[0].manifest = Buffer.from('{}').toString('base64');
    writeFileSync(file, JSON.stringify(record));
    expect(await machine.proa('system', 'check')).toMatchObject({
      code: 1,
      out: expect.stringContaining(`the manifest of docker.io/library/${IMAGE}:latest in it was altered`),
    });
    await machine.proa('system', 'check', '--repair');
    expect((await machine.proa('manifest', 'exists', 'hurt')).code).toBe(1);
    expect((await machine.proa('image', 'exists', IMAGE)).code).toBe(0);
  });

  withRegistry('with a registry', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry();
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const raw = async (name: string): Promise<Index> => {
      const command = [
        'skopeo',
        'inspect',
        '--raw',
        '--tls-verify=false',
        `docker://${registry.host}/${name}`,
      ];
      const { code, out, err } = await collect(command);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      return JSON.parse(out) as Index;
    };

    (hasSkopeo ? test : test.skip)('what is here goes to it with the list, in either kind', async () => {
      const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
      await machine.ok('import', `--platform=linux/${other}`, machine.imageTar, 'other');
      await machine.ok('manifest', 'create', 'local');
      await machine.ok('manifest', 'add', 'local', IMAGE, 'other');
      const file = `${machine.home}/digest`;
      const name = `${registry.host}/team/local`;
      const out = await machine.ok('manifest', 'push', '--digestfile', file, 'local', `docker://${name}:oci`);
      const lines = out.split('\n');
      expect(lines).toEqual([
        expect.stringMatching(/^Pushed ref [^ ]+@(sha256:\w{64}) with digest: \1$/),
        expect.stringMatching(/^Pushed ref /),
        readFileSync(file, 'utf8'),
      ]);
      const pushed = await raw('team/local:oci');
      expect(
        pushed.manifests.map(({ digest }) => `Pushed ref ${name}@${digest} with digest: ${digest}`),
      ).toEqual(lines.slice(0, 2));
      await machine.ok('push', '--format=v2s2', '-q', 'local', `${name}:docker`);
      const docker = await raw('team/local:docker');
      expect([docker.mediaType, ...docker.manifests.map(({ mediaType }) => mediaType)]).toEqual([
        'application/vnd.docker.distribution.manifest.list.v2+json',
        'application/vnd.docker.distribution.manifest.v2+json',
        'application/vnd.docker.distribution.manifest.v2+json',
      ]);
      // A registry takes no list of what it does not have.
      expect(
        (await machine.proa('manifest', 'push', '--all=false', 'local', `${registry.host}/no`)).code,
      ).toBe(1);
      const reading = ['skopeo', 'copy', '--all', '--src-tls-verify=false', `docker://${name}:docker`];
      expect(await collect([...reading, `dir:${await machine.makeFolder('copied')}`])).toMatchObject({
        code: 0,
      });
      await machine.ok('manifest', 'push', '--rm', '-q', 'local', `${name}:oci`);
      expect((await machine.proa('manifest', 'exists', 'local')).code).toBe(1);
      await machine.ok('rmi', 'other');
    });

    test('what a registry has is mounted and named, and pulled when it is run', async () => {
      const { host } = registry;
      await machine.ok('push', '-q', IMAGE, `${host}/one:a`);
      const list = `${host}/two:all`;
      const created = await machine.ok('manifest', 'create', '--insecure', list, `${host}/one:a`);
      expect(created).toBe(`Created manifest list ${list}`);
      const out = await machine.ok('manifest', 'push', list);
      expect(out).toMatch(
        new RegExp(`^Pushed ref ${host}/two@sha256:\\w{64} with digest: [^\\n]*\\nsha256:\\w{64}$`),
      );
      // The second time in its own repository there is nothing to send but the list.
      await machine.ok('manifest', 'create', '--amend', `${host}/two:more`, `docker://${list}`);
      expect(await machine.ok('manifest', 'push', '--purge', `${host}/two:more`)).toMatch(/^sha256:\w{64}$/);
      // From the registry now, as there is no such list here any more.
      expect(await machine.ok('manifest', 'inspect', `${host}/two:more`)).toContain(
        '\n   "schemaVersion": 2,',
      );
      const [verbose] = JSON.parse(await machine.ok('manifest', 'inspect', '-v', `${host}/two:more`));
      expect(verbose.Ref).toBe(`${host}/two:more@${verbose.Descriptor.digest}`);
      expect(await machine.ok('manifest', 'inspect', `${host}/one:a`)).toContain('\n\t"schemaVersion": 2,');
      const ran = await machine.ok('run', '--rm', '--network=none', '-q', list, 'echo', 'ran');
      expect(ran).toBe('ran');
      const whole = await machine.ok('manifest', 'create', '--all', 'whole', `docker://${host}/two:more`);
      expect(whole).toMatch(/^\w{64}$/);
      expect(await machine.proa('manifest', 'create', 'x', `${host}/one:none`)).toMatchObject({
        code: 1,
        err: expect.stringContaining(`no such manifest: ${host}/one:none`),
      });
      expect((await machine.proa('manifest', 'exists', 'x')).code).toBe(1);
      await machine.ok('manifest', 'rm', 'whole', list);
    });
  });
});
