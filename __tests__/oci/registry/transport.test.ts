/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { mkdirSync, writeFileSync } from 'node:fs';
import { sha256Digest } from '../../../lib/oci/model/digest.ts';
import { openRegistry, type RegistryOptions } from '../../../lib/oci/registry/client.ts';
import { isLoopback } from '../../../lib/oci/registry/proxy.ts';
import {
  freePort,
  type Handler,
  impatient,
  makeCertificate,
  rejection,
  runBun,
  serve,
  temporaryFolder,
} from './support/servers.ts';

const BYTES = Buffer.from('{}');
const DIGEST = sha256Digest(BYTES);
const answer: Handler = (_, response) => response.end(BYTES);
const get = (host: string, options: RegistryOptions = {}) =>
  openRegistry(host, { retry: impatient().retry, ...options }).getManifest('app', 'tag');

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['[::1]', true],
  ['127.0.0.1.example.com', false],
  ['localhost.example.com', false],
  ['128.0.0.1', false],
  ['quay.io', false],
])('%s is loopback: %s', (hostname, expected) => {
  expect(isLoopback(hostname)).toBe(expected);
});

describe('plain HTTP', () => {
  test('a loopback registry may speak it, and is then asked so at once', async () => {
    await using server = await serve(answer);
    const client = openRegistry(server.host);
    expect((await client.getManifest('app', 'tag')).digest).toBe(DIGEST);
    const started = performance.now();
    await client.getManifest('app', 'tag');
    expect(performance.now() - started).toBeLessThan(100);
    expect(server.log).toHaveLength(2);
    const port = server.host.split(':')[1];
    expect((await get(`localhost:${port}`, { tlsVerify: false })).digest).toBe(DIGEST);
  });

  test('not when TLS is demanded', async () => {
    await using server = await serve(answer);
    expect(await rejection(get(server.host, { tlsVerify: true }))).toMatchObject({
      code: 'TLS_FAILED',
      message: `get manifest: ${server.host}/app:tag: ${server.host} does not speak TLS, or it wants a client certificate`,
      hint: expect.stringContaining('--tls-verify=false'),
    });
    expect(server.log).toEqual([]);
  });
});

test('nothing listens: said at once, with host and port', async () => {
  const host = `127.0.0.1:${await freePort()}`;
  const started = performance.now();
  expect(await rejection(get(host))).toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: `get manifest: ${host}/app:tag: connection refused: nothing listens at ${host}`,
    hint: expect.stringContaining('is the registry running'),
  });
  expect(performance.now() - started).toBeLessThan(1000);
});

test('a registry that takes the connection and says nothing', async () => {
  await using server = await serve(() => {});
  const options = { answerTimeout: 50, retry: { ...impatient().retry, attempts: 2 } };
  expect(await rejection(get(server.host, options))).toMatchObject({ code: 'CONNECTION_LOST' });
  expect(server.log).toHaveLength(2);
});

describe('redirects', () => {
  test.each([
    ['without end', (host: string) => `http://${host}/again`, 'more than 10 redirects', 11],
    ['to nowhere', () => undefined, 'a redirect to nowhere', 1],
    ['to another scheme', () => 'file:///etc/passwd', 'a redirect to nowhere', 1],
  ])('%s', async (_, target, message, requests) => {
    await using server = await serve((_request, response) => {
      const location = target(server.host);
      response.writeHead(307, location === undefined ? {} : { location }).end();
    });
    expect(await rejection(get(server.host))).toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining(message),
    });
    expect(server.log).toHaveLength(requests);
  });

  test('a relative one', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/here') response.end(BYTES);
      else response.writeHead(302, { location: '../../../here' }).end();
    });
    expect((await get(server.host)).digest).toBe(DIGEST);
  });

  test('to a server that is down: that one is named', async () => {
    const down = `127.0.0.1:${await freePort()}`;
    await using server = await serve((_, response) =>
      response.writeHead(307, { location: `http://${down}/x?sig=1` }).end(),
    );
    const error = await rejection(get(server.host));
    expect(error).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining(`nothing listens at ${down}`),
    });
  });
});

test('a proxy is not asked for what is on this machine', async () => {
  await using server = await serve(answer);
  const client = require.resolve('../../../lib/oci/registry/client.ts');
  const script = `import { openRegistry } from ${JSON.stringify(client)};
    console.log((await openRegistry('${server.host}').getManifest('app', 'tag')).digest)`;
  const dead = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...process.env,
    HTTP_PROXY: dead,
    HTTPS_PROXY: dead,
    http_proxy: dead,
    https_proxy: dead,
    NO_PROXY: '',
  };
  expect(await runBun(script, env)).toBe(DIGEST);
});

const certificate = makeCertificate();
// openssl makes the certificate; Node cannot.
(certificate ? describe : describe.skip)('TLS', () => {
  const { cert, key } = certificate ?? { cert: '', key: '' };
  const config = process.env.XDG_CONFIG_HOME;
  afterEach(() => {
    if (config === undefined) delete process.env.XDG_CONFIG_HOME;
    else process.env.XDG_CONFIG_HOME = config;
  });

  test('an unknown certificate is refused, with both ways out', async () => {
    await using server = await serve(answer, { cert, key });
    const error = await rejection(get(server.host));
    expect(error).toMatchObject({
      code: 'TLS_FAILED',
      message: expect.stringContaining(`the certificate of ${server.host} is not trusted`),
    });
    expect(error.hint).toContain(`/etc/containers/certs.d/${server.host}/ca.crt`);
    expect(error.hint).toContain('--tls-verify=false');
    expect(server.log).toEqual([]);
  });

  test('--tls-verify=false skips the check', async () => {
    await using server = await serve(answer, { cert, key });
    expect((await get(server.host, { tlsVerify: false })).digest).toBe(DIGEST);
  });

  test('certs.d and --cert-dir make it known', async () => {
    await using server = await serve(answer, { cert, key });
    using folder = temporaryFolder();
    const directory = `${folder.path}/containers/certs.d/${server.host}`;
    mkdirSync(directory, { recursive: true });
    writeFileSync(`${directory}/ca.crt`, cert);
    process.env.XDG_CONFIG_HOME = folder.path;
    expect((await get(server.host)).digest).toBe(DIGEST);
    process.env.XDG_CONFIG_HOME = '/nonexistent';
    expect((await get(server.host, { certDir: directory, tlsVerify: true })).digest).toBe(DIGEST);
  });

  test('a client certificate is shown to the registry, but not to where it redirects', async () => {
    const authorized: boolean[] = [];
    const note: Handler = (request) =>
      authorized.push((request.socket as unknown as { authorized: boolean }).authorized);
    const tls = { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false };
    await using storage = await serve((request, response) => {
      note(request, response);
      response.end(BYTES);
    }, tls);
    await using server = await serve((request, response) => {
      note(request, response);
      response.writeHead(307, { location: `https://${storage.host}/` }).end();
    }, tls);
    using folder = temporaryFolder();
    for (const [name, text] of Object.entries({ 'ca.crt': cert, 'client.cert': cert, 'client.key': key })) {
      writeFileSync(`${folder.path}/${name}`, text);
    }
    expect((await get(server.host, { certDir: folder.path })).digest).toBe(DIGEST);
    expect(authorized).toEqual([true, false]);
  });

  test('a redirect from HTTPS to plain HTTP is refused, unless the check is off', async () => {
    await using plain = await serve(answer);
    await using server = await serve(
      (_, response) => response.writeHead(307, { location: `http://${plain.host}/` }).end(),
      { cert, key },
    );
    using folder = temporaryFolder();
    writeFileSync(`${folder.path}/ca.crt`, cert);
    const error = await rejection(get(server.host, { certDir: folder.path }));
    expect(error.message).toContain(`redirects from HTTPS to plain HTTP (${plain.host})`);
    expect((await get(server.host, { tlsVerify: false })).digest).toBe(DIGEST);
  });

  test.each([
    [{ 'client.cert': 'x' }, 'client.cert is there, client.key is not'],
    [{ 'client.key': 'x' }, 'client.key is there, client.cert is not'],
  ])('half a client certificate: %j', async (files, message) => {
    using folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) writeFileSync(`${folder.path}/${name}`, text);
    const error = await rejection(get('127.0.0.1:1', { certDir: folder.path }));
    expect(error).toMatchObject({
      code: 'CERTIFICATE_INCOMPLETE',
      message: expect.stringContaining(message),
    });
  });

  test('a --cert-dir that is not there', async () => {
    expect(await rejection(get('127.0.0.1:1', { certDir: '/nonexistent' }))).toMatchObject({
      code: 'ENOENT',
    });
  });
});
