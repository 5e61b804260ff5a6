// Registries that refuse, fail, or have something else: what the error says, and that nothing changes on disk.
import { readdirSync } from 'node:fs';
import { buildImage, buildIndex, hostArchitecture, tarOf } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { refused } from './support/refused.ts';
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

describeAs(['root', 'user'], (machine) => {
  // With what the first container makes for all.
  beforeAll(() => machine.shOk('true'));

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
      expect(err).toMatch(new RegExp(`no image for linux/${hostArchitecture()}.*: there is linux/${OTHER}`));
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
