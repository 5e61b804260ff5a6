// `pull` and the pull of `run`: a real registry, platforms, logins, broken connections.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { buildImage, buildIndex, hostArchitecture, tarOf } from './support/image.ts';
import { describeAs, IMAGE } from './support/machine.ts';
import {
  freePort,
  LOGIN,
  openProxy,
  openRegistry,
  push,
  REGISTRY_PROGRAM,
  type Registry,
} from './support/registry.ts';

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;
const OTHER = hostArchitecture() === 'arm64' ? 'amd64' : 'arm64';

describeAs(['root', 'user', 'single'], (machine) => {
  // What comes in is not as it was, and that is told.
  const told = machine.who === 'single' ? expect.stringMatching(/^WARNING: single-id mode.*\n$/) : '';

  withRegistry('pull', () => {
    let registry: Registry;
    let base: Buffer;
    beforeAll(async () => {
      registry = await openRegistry();
      base = readFileSync(machine.imageTar);
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    test.each(['gzip', 'zstd', 'none'] as const)(
      'layers that are packed by %s, upper ones over lower ones',
      async (compression) => {
        const upper = tarOf({
          'etc/new': `${compression}\n`,
          'etc/.wh.not-executable': '',
          'etc/group': 'root:x:0:\n',
        });
        const image = buildImage([
          { tar: base, compression },
          { tar: upper, compression },
        ]);
        await push(registry, `packed/${compression}`, image);
        const name = `${registry.host}/packed/${compression}`;
        const { code, out, err } = await machine.proa('pull', name);
        expect({ code, out, err }).toEqual({
          code: 0,
          err: told,
          out: expect.stringMatching(
            new RegExp(
              `^Using default tag: latest\nlatest: Pulling from packed/${compression}\n(\\w{12}: (Pull complete|Already exists)\n){2}` +
                `Digest: ${image.manifest.digest}\nStatus: Downloaded newer image for ${name}:latest\n${name}:latest\n$`,
            ),
          ),
        });
        const run = await machine.proa(
          'run',
          '--rm',
          '--network=none',
          name,
          'sh',
          '-c',
          'cat /etc/new; ls /etc | grep -v host | grep -v resolv',
        );
        expect(run).toEqual({ code: 0, out: `${compression}\ngroup\nnew\npasswd\n`, err: '' });

        const again = await machine.proa('pull', name);
        expect(again.out).toContain(`Status: Image is up to date for ${name}:latest\n`);
        expect(await machine.ok('pull', '-q', name)).toBe(image.config.digest.slice('sha256:'.length));
      },
    );

    test('by digest; the image then has no name', async () => {
      const image = buildImage([{ tar: tarOf({ 'only-by-digest': '' }) }]);
      await push(registry, 'pinned', image);
      const name = `${registry.host}/pinned@${image.manifest.digest}`;
      await machine.ok('pull', '-q', name);
      expect(await machine.ok('image', 'inspect', '-f', '{{.RepoDigests}} {{.RepoTags}}', name)).toBe(
        `[${name}] []`,
      );
      await machine.ok('rmi', name);
    });

    test('of an index the image for this machine is taken, or the one that is asked for', async () => {
      const own = buildImage([{ tar: tarOf({ own: '' }) }], { config: { Cmd: ['own'] } });
      const other = buildImage([{ tar: tarOf({ other: '' }) }], {
        architecture: OTHER,
        config: { Cmd: ['other'] },
      });
      const index = buildIndex({ [OTHER]: other, [hostArchitecture()]: own });
      await push(registry, 'many', [own, other], { index });
      const name = `${registry.host}/many`;
      const inspect = () => machine.ok('image', 'inspect', '-f', '{{.Architecture}} {{.Config.Cmd}}', name);
      await machine.ok('pull', name);
      expect(await inspect()).toBe(`${hostArchitecture()} [own]`);
      await machine.ok('pull', `--platform=linux/${OTHER}`, name);
      expect(await inspect()).toBe(`${OTHER} [other]`);
      await machine.ok('pull', `--arch=${hostArchitecture()}`, name);
      expect(await inspect()).toBe(`${hostArchitecture()} [own]`);
    });

    test('run pulls what is missing and says so on stderr alone', async () => {
      await push(registry, 'wanted', buildImage([{ tar: base }], { config: { Cmd: ['echo', 'first'] } }));
      const name = `${registry.host}/wanted`;
      const run = (...options: string[]) => machine.proa('run', '--rm', '--network=none', ...options, name);
      const never = await run('--pull=never');
      expect(never).toMatchObject({ code: 125, out: '', err: expect.stringContaining(name) });
      const first = await run();
      expect(first).toMatchObject({ code: 0, out: 'first\n' });
      expect(first.err).toMatch(
        /^Unable to find image '\S+\/wanted:latest' locally\nlatest: Pulling from wanted\n/,
      );
      await push(registry, 'wanted', buildImage([{ tar: base }], { config: { Cmd: ['echo', 'second'] } }));
      expect(await run()).toMatchObject({ out: 'first\n', err: '' });
      expect(await run('--pull=always')).toMatchObject({ out: 'second\n' });
      expect(await run('--pull=never')).toMatchObject({ out: 'second\n', err: '' });
      expect(await run('--pull=sometimes')).toMatchObject({
        code: 125,
        err: expect.stringContaining('sometimes'),
      });
    });

    test('an image’s own entrypoint, command, environment, folder, user and volumes are used', async () => {
      const config = {
        Entrypoint: ['sh', '-c'],
        Cmd: ['echo $WORD; pwd; id -u; echo v > /vol/file; mount | grep -c " /vol "'],
        Env: ['WORD=from image', 'PATH=/bin'],
        WorkingDir: '/tmp',
        ...(machine.who === 'single' ? {} : { User: 'root' }),
        Volumes: { '/vol': {} },
        Labels: { made: 'here' },
        StopSignal: 'SIGUSR1',
        ExposedPorts: { '80/tcp': {} },
      };
      await push(registry, 'configured', buildImage([{ tar: base }], { config }));
      const name = `${registry.host}/configured`;
      const { out } = await machine.proa('run', '--rm', '--network=none', '--label=own=1', '--name=c', name);
      expect(out).toBe('from image\n/tmp\n0\n1\n');
      expect(readdirSync(`${machine.root}/volumes`)).toEqual([]);
      await machine.ok('create', '--name=c', name);
      const { Config } = await machine.inspect('c');
      expect(Config).toMatchObject({
        Labels: { made: 'here' },
        StopSignal: 'SIGUSR1',
        ExposedPorts: { '80/tcp': {} },
      });
    });

    test('a broken connection: the pull goes on where it was', async () => {
      const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64');
      const image = buildImage([
        { tar: tarOf(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`f${i}`, noise + i]))) },
      ]);
      await push(registry, 'cut', image);
      const layer = image.blobs[0]!;
      let cuts = 0;
      await using proxy = await openProxy(registry.host, (path, body, response) => {
        if (!path.includes(layer.digest) || cuts === 2) return false;
        cuts++;
        const half = body.subarray(0, body.length >> 1);
        response.writeHead(cuts === 1 ? 200 : 206, {
          'content-length': body.length,
          ...(cuts === 1
            ? {}
            : {
                'content-range': `bytes ${layer.bytes.length - body.length}-${layer.bytes.length - 1}/${layer.bytes.length}`,
              }),
        });
        response.write(half, () => setTimeout(() => response.destroy(), 50));
        return true;
      });
      const { code, err } = await machine.proa('pull', '-q', '--retry-delay=20ms', `${proxy.host}/cut`);
      expect({ code, err }).toEqual({ code: 0, err: told });
      const asked = proxy.blobs.filter((line) => line.includes(layer.digest));
      expect(asked).toHaveLength(3);
      const [first, second] = asked.slice(1).map((line) => Number(/bytes=(\d+)-/.exec(line)?.[1]));
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(first!);
      expect(readdirSync(`${machine.root}/blobs/sha256`).filter((name) => name.endsWith('.partial'))).toEqual(
        [],
      );
    });

    test('progress on a terminal: a line a layer, that moves', async () => {
      await push(registry, 'shown', buildImage([{ tar: tarOf({ shown: 'x'.repeat(1_000_000) }) }]));
      using tty = machine.terminal(['pull', `${registry.host}/shown`]);
      expect(await tty.ended()).toBe(0);
      expect(tty.screen).toMatch(/\w{12}: .*Pull complete/);
      expect(tty.screen).toMatch(/Status: Downloaded newer image/);
    });
  });
});

describeAs(['root', 'user'], (machine) => {
  withRegistry('login', () => {
    let registry: Registry;
    beforeAll(async () => {
      registry = await openRegistry({ login: true });
      await push(registry, 'private', buildImage([{ tar: tarOf({ secret: '' }) }]));
    });
    afterAll(() => registry[Symbol.asyncDispose]());

    const pull = (...options: string[]) => machine.proa('pull', '-q', ...options, `${registry.host}/private`);
    const auth = () => ({
      auths: { [registry.host]: { auth: btoa(`${LOGIN.username}:${LOGIN.password}`) } },
    });

    test('none: the error says how to log in', async () => {
      const before = await machine.disk();
      const { code, out, err } = await pull();
      expect({ code, out, err }).toEqual({
        code: 1,
        out: '',
        err: expect.stringMatching(
          new RegExp(`needs a user name and a password.*\n.*proa login ${registry.host}`),
        ),
      });
      expect(await machine.disk()).toEqual(before);
    });

    test('by --creds; a wrong one is refused, and never shown', async () => {
      const wrong = await pull('--creds=someone:wrong-secret');
      expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('does not accept') });
      expect(wrong.err).not.toContain('wrong-secret');
      expect(await pull(`--creds=${LOGIN.username}:${LOGIN.password}`)).toMatchObject({ code: 0 });
    });

    test.each([
      ['--authfile', 'given.json'],
      ['auth.json', 'run/containers/auth.json'],
      ['~/.config/containers/auth.json', 'home/.config/containers/auth.json'],
      ['~/.docker/config.json', 'home/.docker/config.json'],
    ])('from %s', async (kind, path) => {
      const file = `${machine.folder}/${path}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(auth()));
      expect(await pull(...(kind === '--authfile' ? [`--authfile=${file}`] : []))).toMatchObject({
        code: 0,
        err: '',
      });
      writeFileSync(file, '{}');
    });
  });

  test('--pull=newer takes what is here when the registry is down', async () => {
    const name = `127.0.0.1:${await freePort()}/absent`;
    await machine.ok('tag', IMAGE, name);
    const { code, out } = await machine.proa(
      'run',
      '--rm',
      '--network=none',
      '--pull=newer',
      name,
      'echo',
      'here',
    );
    expect({ code, out }).toEqual({ code: 0, out: 'here\n' });
    await machine.ok('rmi', name);
  });
});
