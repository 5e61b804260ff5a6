// `push`, `login` and `logout` against Debian's docker-registry, with and without a password; skopeo looks at the result.
import { readFileSync, statSync } from 'node:fs';
import { collect } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import { LOGIN, openRegistry, REGISTRY_PROGRAM, type Registry } from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;

describeAs(['root', 'user'], (machine) => {
  withRegistry('push', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry();
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const manifestOf = async (name: string): Promise<{ layers: { digest: string; mediaType: string }[] }> => {
      const accept =
        'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';
      const [repository, tag] = name.split(':');
      const answer = await fetch(`http://${registry.host}/v2/${repository}/manifests/${tag}`, {
        headers: { accept },
      });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { layers: { digest: string; mediaType: string }[] };
    };

    test('what is pushed is pulled again as it was; the second time nothing is sent', async () => {
      const name = `${registry.host}/team/app:1.0`;
      await machine.ok('tag', IMAGE, name);
      const first = await machine.proa('push', name);
      expect(first).toMatchObject({ code: 0, err: '' });
      expect(first.out).toMatch(
        new RegExp(
          `^The push refers to repository \\[${registry.host}/team/app\\]\n(\\w{12}): Preparing\n\\1: Pushed\n1.0: digest: sha256:\\w{64} size: \\d+\n$`,
        ),
      );
      const second = await machine.proa('push', name);
      expect(second.out).toContain(': Layer already exists\n');
      const id = await machine.ok('images', '-q', '--no-trunc', name);
      await machine.ok('rmi', name);
      await machine.ok('pull', '-q', name);
      expect(await machine.ok('images', '-q', '--no-trunc', name)).toBe(id);
      const digest = /sha256:\w{64}/.exec(first.out)![0];
      expect(await machine.ok('image', 'inspect', '--format={{.RepoDigests}}', name)).toBe(
        `[${registry.host}/team/app@${digest}]`,
      );
      await machine.ok('rmi', name);
    });

    test('another repository takes over what the registry has, and keeps the digest', async () => {
      const file = `${machine.home}/digest`;
      await machine.ok('push', '-q', '--digestfile', file, IMAGE, `${registry.host}/one`);
      const told = await machine.ok('push', IMAGE, `docker://${registry.host}/two:tag`);
      expect(told).toContain(': Mounted from ');
      expect(told).toContain(readFileSync(file, 'utf8'));
    });

    test('zstd and gzip, a level, and both kinds of manifest', async () => {
      const name = `${registry.host}/packed`;
      await machine.ok('push', '--compression-format=zstd', '--compression-level=9', IMAGE, `${name}:zstd`);
      expect((await manifestOf('packed:zstd')).layers[0]!.mediaType).toMatch(/\+zstd$/);
      await machine.ok('push', '--format=v2s2', '--compression-format=gzip', IMAGE, `${name}:docker`);
      const docker = await manifestOf('packed:docker');
      expect(docker.layers[0]!.mediaType).toBe('application/vnd.docker.image.rootfs.diff.tar.gzip');
      for (const tag of ['zstd', 'docker']) {
        await machine.ok('pull', '-q', `${name}:${tag}`);
        expect(await machine.ok('run', '--rm', '--network=none', `${name}:${tag}`, 'echo', tag)).toBe(tag);
        await machine.ok('rmi', `${name}:${tag}`);
      }
      const wrong = await machine.proa(
        'push',
        '--format=v2s2',
        '--compression-format=zstd',
        IMAGE,
        `${name}:x`,
      );
      expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('do not fit') });
      const level = await machine.proa('push', '--compression-level=10', IMAGE, `${name}:x`);
      expect(level.err).toContain('gzip has levels 1 to 9');
    });

    test('all tags of a repository', async () => {
      const name = `${registry.host}/many`;
      for (const tag of ['a', 'b']) await machine.ok('tag', IMAGE, `${name}:${tag}`);
      const out = await machine.ok('push', '--all-tags', name);
      expect(out).toMatch(/^a: digest: /m);
      expect(out).toMatch(/^b: digest: /m);
      for (const tag of ['a', 'b']) await machine.ok('rmi', `${name}:${tag}`);
      expect(await machine.proa('push', '-a', `${name}:a`)).toMatchObject({ code: 1 });
    });

    test('search and --list-tags tell what the registry has, pull --all-tags gets it', async () => {
      const name = `${registry.host}/found`;
      for (const tag of ['a', 'b']) await machine.ok('push', '-q', IMAGE, `${name}:${tag}`);
      expect(await machine.ok('search', '--format={{.Name}}', `${registry.host}/foun`)).toBe(name);
      const listed = await machine.ok('search', '--list-tags', '--format={{.Tag}}', name);
      expect(listed.split('\n').sort()).toEqual(['a', 'b']);
      await machine.ok('pull', '--all-tags', name);
      const tags = () => machine.ok('images', '--format={{.Tag}}', '--sort=tag', name);
      expect(await tags()).toBe('a\nb');
      await machine.ok('untag', IMAGE, `${name}:a`);
      expect(await tags()).toBe('b');
      const wrong = await machine.proa('untag', IMAGE, `${name}:a`);
      expect(wrong).toMatchObject({ code: 125, err: expect.stringContaining(`${name}:a is no name of it`) });
      expect(await machine.ok('image', 'tree', `${name}:b`)).toMatch(
        new RegExp(
          `^Image ID: \\w{12}\nTags: .*\nSize: .*\nImage Layers\n└── ID: \\w{12} .*Top Layer of: \\[.*${name}:b`,
        ),
      );
      await machine.ok('rmi', `${name}:b`);
    });

    test('skopeo reads what was pushed', async () => {
      if (Bun.which('skopeo') === null) return;
      await machine.ok('push', '-q', IMAGE, `${registry.host}/read:latest`);
      const { code, out } = await collect([
        'skopeo',
        'inspect',
        '--tls-verify=false',
        `docker://${registry.host}/read`,
      ]);
      expect({ code, tags: JSON.parse(out).RepoTags }).toEqual({ code: 0, tags: ['latest'] });
    });

    test('errors say what, which and why', async () => {
      expect(await machine.proa('push', `${registry.host}/nothing`)).toEqual({
        code: 1,
        out: '',
        err: expect.stringContaining(
          `An image does not exist locally with the tag: ${registry.host}/nothing`,
        ),
      });
      const down = await machine.proa('push', '--retry=0', IMAGE, '127.0.0.1:9/app');
      expect(down).toMatchObject({ code: 1, err: expect.stringContaining('connection refused') });
    });
  });

  withRegistry('login', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry({ login: true });
    });
    afterAll(() => registry[Symbol.asyncDispose]());
    const { username, password } = LOGIN;

    test('opens the registry to push and pull, logout closes it', async () => {
      const name = `${registry.host}/private`;
      const before = await machine.proa('push', IMAGE, name);
      expect(before).toMatchObject({ code: 1, err: expect.stringContaining(`proa login ${registry.host}`) });

      const wrong = await machine.proaWith(
        { stdin: 'wrong' },
        'login',
        '-u',
        username,
        '--password-stdin',
        registry.host,
      );
      expect(wrong.code).toBe(125);
      expect(wrong.err).not.toContain('wrong');
      expect(await machine.proa('login', '--get-login', registry.host)).toMatchObject({ code: 125 });

      const right = await machine.proaWith(
        { stdin: `${password}\n` },
        'login',
        '-u',
        username,
        '--password-stdin',
        registry.host,
      );
      const file = `${machine.home}/.docker/config.json`;
      expect(right).toEqual({
        code: 0,
        out: 'Login Succeeded\n',
        err: expect.stringContaining(`stored unencrypted in ${file}`),
      });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(await machine.ok('login', '--get-login', registry.host)).toBe(username);
      await machine.ok('push', '-q', IMAGE, name);
      await machine.ok('pull', '-q', name);
      await machine.ok('rmi', name);

      expect(await machine.ok('logout', registry.host)).toBe(
        `Removing login credentials for ${registry.host}`,
      );
      expect(readFileSync(file, 'utf8')).not.toContain(registry.host);
      expect((await machine.proa('pull', name)).code).not.toBe(0);
      expect(await machine.ok('logout', registry.host)).toBe(`Not logged in to ${registry.host}`);
    });

    test('in a file of its own, which nobody else reads', async () => {
      const file = `${machine.home}/own.json`;
      await machine.ok('login', '-u', username, '-p', password, '--authfile', file, registry.host);
      await machine.ok('push', '-q', '--authfile', file, IMAGE, `${registry.host}/own`);
      expect((await machine.proa('push', IMAGE, `${registry.host}/own2`)).code).toBe(1);
      expect(await machine.ok('logout', '--all', '--authfile', file)).toContain('all registries');
    });

    test('a login without a terminal says what to type instead', async () => {
      const { code, err } = await machine.proa('login', registry.host);
      expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('--password-stdin') });
    });
  });
});
