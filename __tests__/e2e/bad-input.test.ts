// What cannot be gets a clear error with a hint and the right exit code, and nothing changes on disk. More of it stands
// where it belongs: names in lifecycle, ports in network, commands in run, archives and logins in images, full disks and
// lying registries in __tests__/fault.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { buildImage, buildIndex, hostArchitecture, tarOf } from './support/image.ts';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';
import {
  freePort,
  json,
  makeCertificate,
  openProxy,
  openRegistry,
  push,
  REGISTRY_PROGRAM,
  type Registry,
  serve,
} from './support/registry.ts';

const OTHER = hostArchitecture() === 'arm64' ? 'amd64' : 'arm64';

/** Runs what must fail, checks that nothing changed on disk, and returns what it said. */
async function refused(machine: Machine, words: string[], code: number): Promise<string> {
  const before = await machine.disk();
  const failed = await machine.proa(...words);
  expect({ words, ...failed }).toEqual({
    words,
    code,
    out: '',
    err: expect.stringMatching(/^(Error: |proa: )./m),
  });
  // One reason, perhaps a hint: no stack, no list.
  expect(failed.err).not.toMatch(/^\s+at |\/\$bunfs|undefined|\[object/m);
  expect(await machine.disk()).toEqual(before);
  return failed.err;
}

describeAs(['root', 'user'], (machine) => {
  // With what the first container makes for all.
  beforeAll(() => machine.shOk('true'));

  describe('commands and options', () => {
    test.each([
      [['rnu', IMAGE], /rnu.*not a (proa )?command/i, /\brun\b/],
      [['container', 'strat', 'x'], /strat/, /\bstart\b/],
      [['imags'], /imags/, /\bimages\b/],
      [['utterly-unknown'], /utterly-unknown/, /--help/],
    ])('unknown: %j', async (words, says, hint) => {
      const err = await refused(machine, words, 125);
      expect(err).toMatch(says);
      expect(err).toMatch(hint);
    });

    test.each([
      [['run', '--nonsense', IMAGE], /unknown flag: --nonsense/],
      [['run', '--nmae=x', IMAGE], /--nmae/],
      [['run', '-Z', IMAGE], /-Z/],
      [['ps', '--format'], /--format/],
      [['run', '--memory=lots', IMAGE], /lots.*memory/],
      [['run', '--pids-limit=few', IMAGE], /few.*pids-limit/],
      [['run', '--ulimit=nofile', IMAGE], /nofile/],
      [['run', '--stop-signal=SIGNONE', IMAGE], /SIGNONE/],
      [['run', '--restart=sometimes', IMAGE], /sometimes.*restart/],
      [['run', '--restart=always:3', IMAGE], /always:3/],
      [['run', '--env-file=/nowhere', IMAGE], /\/nowhere/],
      [['run', '--detach-keys=hyper-x', IMAGE], /hyper-x/],
      [['run', '--cap-add=FLY', IMAGE], /FLY/i],
      [['run', '--pull=never', '--platform=toaster/x', IMAGE], /toaster/],
      [['run', '-e', '=x', IMAGE], /=x/],
      [['run'], /at least 1 argument|requires/],
      [['start'], /at least 1 argument|requires/],
      [['pull'], /at least 1 argument|requires/],
    ])('%j', async (words, says) => {
      expect(
        await refused(machine, words, words[0] === 'pull' ? (expect.any(Number) as unknown as number) : 125),
      ).toMatch(says);
    });
  });

  describe('references', () => {
    test.each([
      ['team/UPPER', /UPPER/],
      ['bad name', /bad name/],
      ['a:b:c', /a:b:c/],
      ['x@sha256:123', /x@sha256:123|digest/],
      ['x@md5:d41d8cd98f00b204e9800998ecf8427e', /md5|digest/],
      ['/leading', /\/leading/],
      ['', /empty/],
    ])('%j', async (name, says) => {
      expect(await refused(machine, ['pull', '-q', name], 1)).toMatch(says);
      expect(await refused(machine, ['run', '--rm', name, 'true'], 125)).toMatch(says);
    });

    test('an image that is not here and may not be pulled', async () => {
      expect(await refused(machine, ['run', '--rm', '--pull=never', 'nobody/knows:it'], 125)).toMatch(
        /nobody\/knows:it.*\n.*proa pull nobody\/knows:it/,
      );
    });
  });

  describe('mounts', () => {
    test.each([
      ['-v=/a:/b:/c:/d', /too many colons/],
      ['-v=:/x', /source is empty/],
      ['-v=/etc:/x:nonsense', /nonsense/],
      ['-v=data:relative', /relative/],
      ['-v=bad name:/x', /bad name/],
      ['--tmpfs=relative', /relative/],
      ['-v=/proc/nothing/here:/x', /\/proc\/nothing/],
    ])('%s', async (option, says) => {
      expect(await refused(machine, ['run', '--rm', '--network=none', option, IMAGE, 'true'], 125)).toMatch(
        says,
      );
    });

    test('two on one place', async () => {
      const words = ['run', '--rm', '--network=none', '-v=one:/x', '-v=two:/x', IMAGE, 'true'];
      expect(await refused(machine, words, 125)).toMatch(/\/x.*twice/);
    });

    test('a file on a folder', async () => {
      const words = ['run', '--rm', '--network=none', '-v=/etc/hostname:/etc', IMAGE, 'true'];
      expect(await refused(machine, words, 125)).toMatch(/\/etc/);
    });
  });

  describe('registries', () => {
    const pull = (host: string, ...options: string[]) =>
      refused(machine, ['pull', '-q', ...options, `${host}/app:1`], 1);
    const soon = ['--retry=1', '--retry-delay=1ms'];

    test('one that is down', async () => {
      const host = `127.0.0.1:${await freePort()}`;
      expect(await pull(host)).toMatch(
        new RegExp(`${host}/app:1: connection refused: nothing listens at ${host}\n.*registry running`),
      );
      expect(await refused(machine, ['run', '--rm', `${host}/app:1`], 125)).toMatch(/connection refused/);
    });

    test('one whose certificate nobody signed', async () => {
      const tls = makeCertificate();
      if (tls === undefined) return;
      await using server = await serve((_, response) => json(response, 404, {}), tls);
      expect(await pull(server.host)).toMatch(
        /certificate of .* is not trusted.*\n.*certs\.d.*--tls-verify=false/,
      );
      // No fall back to plain HTTP after that: nothing was asked.
      expect(server.log).toEqual([]);
      expect(await pull(server.host, '--tls-verify=false')).toMatch(/no such tag/);
    });

    test.each([
      [401, {}, /user name|login/, /proa login/],
      [403, {}, /denies access/, /proa login/],
      [404, {}, /no such tag or digest/, /check name and tag/],
      [429, { 'retry-after': '3600' }, /limits the rate.*60 minutes/, /proa login/],
      [500, {}, /answered 500/, undefined],
      [503, {}, /answered 503/, undefined],
    ] as const)('one that answers %d', async (status, headers, says, hint) => {
      await using server = await serve((_, response) =>
        json(response, status, { errors: [{ code: 'X', message: 'its own words' }] }, headers),
      );
      const err = await pull(server.host, ...soon);
      expect(err).toMatch(says);
      expect(err).toContain('its own words');
      if (hint !== undefined) expect(err).toMatch(hint);
    });

    test('one that is no registry', async () => {
      await using server = await serve((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>'),
      );
      expect(await pull(server.host, ...soon)).toMatch(/manifest/i);
    });

    (REGISTRY_PROGRAM === null ? describe.skip : describe)('real ones', () => {
      let registry: Registry;
      const image = buildImage([{ tar: tarOf({ file: 'x'.repeat(50_000) }) }]);
      beforeAll(async () => {
        registry = await openRegistry();
        await push(registry, 'app', image, { tag: '1' });
      });
      afterAll(() => registry[Symbol.asyncDispose]());

      test('an image for other machines only', async () => {
        const other = buildImage([{ tar: tarOf({ other: '' }) }], { architecture: OTHER });
        await push(registry, 'other', [other], { tag: '1', index: buildIndex({ [OTHER]: other }) });
        const err = await refused(machine, ['pull', `${registry.host}/other:1`], 1);
        expect(err).toMatch(
          new RegExp(`no image for linux/${hostArchitecture()}.*: there is linux/${OTHER}`),
        );
        expect(err).toMatch(new RegExp(`proa pull --platform linux/${OTHER}`));
      });

      test('an unknown tag, and an unknown digest', async () => {
        expect(await refused(machine, ['pull', '-q', `${registry.host}/app:other`], 1)).toMatch(
          /app:other.*no such tag/,
        );
        const digest = `sha256:${'0'.repeat(64)}`;
        expect(await refused(machine, ['pull', '-q', `${registry.host}/app@${digest}`], 1)).toContain(digest);
      });

      test.each([
        [
          'altered',
          (bytes: Buffer) =>
            Buffer.concat([bytes.subarray(0, 40), Buffer.of(bytes[40]! ^ 1), bytes.subarray(41)]),
        ],
        ['truncated', (bytes: Buffer) => bytes.subarray(0, bytes.length - 10)],
      ])('a layer that is %s on its way', async (_, change) => {
        const layer = image.blobs[0]!.digest;
        await using proxy = await openProxy(registry.host, (path, body, response) => {
          if (!path.includes(layer)) return false;
          response.writeHead(200, { 'content-length': change(body).length }).end(change(body));
          return true;
        });
        const { code, err } = await machine.proa('pull', '-q', ...soon, `${proxy.host}/app:1`);
        expect({ code, err }).toEqual({
          code: 1,
          err: expect.stringMatching(new RegExp(layer.slice(0, 19))),
        });
        // What is kept for the next attempt is no image and no layer.
        expect((await machine.proa('image', 'exists', `${proxy.host}/app:1`)).code).toBe(1);
        expect(readdirSync(`${machine.root}/layers`)).toHaveLength(1);
      });
    });
  });

  test('a corrupt record: that one container is reported, all others work', async () => {
    const good = await machine.ok('run', '-d', '--name=good', '--network=none', IMAGE, 'sleep', '100');
    const bad = await machine.ok('create', '--name=bad', IMAGE, 'true');
    const file = `${machine.root}/containers/${bad}/config.json`;
    const record = readFileSync(file);
    for (const garbage of ['{"version": 1, "id": ', '', 'null', '[]', '\0\0\0\0']) {
      writeFileSync(file, garbage);
      const ps = await machine.proa('ps', '-a', '--format={{.Names}}');
      expect({ garbage, ...ps }).toEqual({
        garbage,
        code: 0,
        out: 'good\n',
        err: expect.stringContaining(file),
      });
      expect(await machine.ok('exec', 'good', 'echo', 'works')).toBe('works');
      expect(await machine.shOk('echo works')).toBe('works');
      for (const words of [
        ['start', 'bad'],
        ['inspect', 'bad'],
        ['stop', 'bad'],
      ]) {
        const { code, err } = await machine.proa(...words);
        expect({ garbage, words, code, err }).toEqual({
          garbage,
          words,
          code: expect.any(Number),
          err: expect.stringContaining(file),
        });
        expect(code).not.toBe(0);
      }
      const check = await machine.proa('system', 'check');
      expect(check.code).not.toBe(0);
      expect(check.out + check.err).toContain(bad.slice(0, 12));
    }
    writeFileSync(file, record);
    expect((await machine.ok('ps', '-aq', '--no-trunc')).split('\n').sort()).toEqual([good, bad].sort());
  });

  test('a corrupt image record: that one image is reported, all others work', async () => {
    const tar = `${machine.folder}/other.tar`;
    writeFileSync(tar, tarOf({ other: '' }));
    const id = await machine.ok('import', tar, 'other');
    const file = `${machine.root}/images/by-id/${id.slice(7)}.json`;
    const record = readFileSync(file);
    writeFileSync(file, '{"version": 1,');
    const images = await machine.proa('images', '--format={{.Repository}}');
    expect(images).toEqual({ code: 0, out: `${IMAGE}\n`, err: expect.stringContaining(file) });
    expect(await machine.shOk('echo works')).toBe('works');
    expect(await machine.proa('run', '--rm', 'other', 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining(file),
    });
    writeFileSync(file, record);
    await machine.ok('rmi', 'other');
  });
});

describeAs('root', (machine) => {
  test('a ROOT that cannot be written: looking works, making says so', async () => {
    const { root } = machine;
    const readonly = (...words: string[]) => {
      const script = `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root} && exec "$@"`;
      return collect(
        [
          'unshare',
          '--mount',
          '--propagation=private',
          'sh',
          '-ec',
          script,
          'sh',
          ...machine.command(...words),
        ],
        { env: machine.env },
      );
    };
    const before = await machine.disk();
    expect(await readonly('images', '--format={{.Repository}}')).toEqual({
      code: 0,
      out: `${IMAGE}\n`,
      err: '',
    });
    expect(await readonly('ps', '-a', '-q')).toEqual({ code: 0, out: '', err: '' });
    for (const words of [
      ['run', '--rm', '--network=none', IMAGE, 'true'],
      ['create', IMAGE],
      ['import', machine.imageTar, 'new'],
      ['tag', IMAGE, 'new'],
      ['rmi', IMAGE],
    ]) {
      const { code, err } = await readonly(...words);
      expect({ words, code, err }).toEqual({
        words,
        code: expect.any(Number),
        err: expect.stringMatching(/^Error: .*read-only/m),
      });
      expect(code).not.toBe(0);
    }
    expect(await machine.disk()).toEqual(before);
  });

  test('a ROOT that cannot be made', async () => {
    const { code, err } = await machine.proa('--root=/proc/nowhere/root', 'ps');
    expect({ code, err }).toEqual({
      code: expect.any(Number),
      err: expect.stringMatching(/\/proc\/nowhere\/root.*\n.*--root DIR/),
    });
    expect(code).not.toBe(0);
  });
});

const PROGRAMS = [
  {
    who: 'root',
    without: ['crun', 'runc'],
    says: /find crun or runc: not installed\n.*apt-get install crun/,
    network: 'none',
  },
  {
    who: 'root',
    without: ['conmon'],
    says: /find conmon: not installed\n.*apt-get install conmon/,
    network: 'none',
  },
  {
    who: 'user',
    without: ['pasta', 'slirp4netns'],
    says: /find pasta or slirp4netns: not installed\n.*apt-get install passt/,
    network: 'pasta',
  },
] as const;

for (const { who, without, says, network } of PROGRAMS) {
  describeAs(
    who,
    (machine) => {
      test('run names what is missing and its package', async () => {
        // With what the first container makes for all.
        if (network === 'pasta') await machine.shOk('true');
        expect(await refused(machine, ['run', '--rm', `--network=${network}`, IMAGE, 'true'], 125)).toMatch(
          says,
        );
        expect(await machine.proa('doctor')).toMatchObject({
          out: expect.stringMatching(/not installed|missing/i),
        });
        expect(await machine.ok('images', '-q')).not.toBe('');
      });
    },
    { without },
  );
}

describeAs(
  'root',
  (machine) => {
    test('--init without catatonit', async () => {
      expect(await refused(machine, ['run', '--rm', '--network=none', '--init', IMAGE, 'true'], 125)).toMatch(
        /find catatonit: not installed\n.*apt-get install catatonit/,
      );
      expect(existsSync(machine.root)).toBe(true);
    });
  },
  { without: ['catatonit'] },
);
