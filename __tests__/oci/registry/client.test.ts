/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { writeFileSync } from 'node:fs';
import { type Digest, digestOf, sha256Digest } from '../../../lib/oci/model/digest.ts';
import { parseManifest } from '../../../lib/oci/model/manifest.ts';
import { MEDIA_TYPE } from '../../../lib/oci/model/media-type.ts';
import { openRegistry } from '../../../lib/oci/registry/client.ts';
import { readBlob } from '../../../lib/oci/registry/download.ts';
import {
  collect,
  impatient,
  REGISTRY_PROGRAM,
  rejection,
  serve,
  startRegistry,
  temporaryFolder,
} from './support/servers.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const LAYER = Buffer.alloc(3_000_000, 'layer');
const login = { username: 'anna', password: 'secret:password' };

type Registry = Awaited<ReturnType<typeof startRegistry>>;

/** Puts an image `team/app:1` of one layer into a registry. */
async function pushImage(registry: Registry) {
  const config = encode({ rootfs: { type: 'layers', diff_ids: [] } });
  const describe = (mediaType: string, digest: Digest, size: number) => ({ mediaType, digest, size });
  const manifest = encode({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: describe(MEDIA_TYPE.ociConfig, await registry.pushBlob('team/app', config), config.length),
    layers: [describe(MEDIA_TYPE.ociLayer, await registry.pushBlob('team/app', LAYER), LAYER.length)],
  });
  await registry.pushManifest('team/app', '1', MEDIA_TYPE.ociManifest, manifest);
  return { manifest, digest: sha256Digest(manifest), layer: sha256Digest(LAYER) };
}

// Debian's package docker-registry; scripts/test.mjs installs it.
const withRegistry = REGISTRY_PROGRAM ? describe : describe.skip;

withRegistry('against docker-registry', () => {
  let registry: Registry;
  let image: Awaited<ReturnType<typeof pushImage>>;
  beforeAll(async () => {
    registry = await startRegistry();
    image = await pushImage(registry);
  });
  afterAll(() => registry?.[Symbol.asyncDispose]());

  test('a manifest by tag and by digest', async () => {
    const client = openRegistry(registry.host);
    const byTag = await client.getManifest('team/app', '1');
    expect(byTag).toMatchObject({ mediaType: MEDIA_TYPE.ociManifest, digest: image.digest });
    expect(Buffer.from(image.manifest).equals(byTag.bytes)).toBe(true);
    expect(parseManifest(byTag.bytes, byTag.mediaType)).toMatchObject({
      kind: 'image',
      layers: [{ digest: image.layer }],
    });
    expect((await client.getManifest('team/app', image.digest)).digest).toBe(image.digest);
    expect(await client.headManifest('team/app', '1')).toEqual({
      mediaType: MEDIA_TYPE.ociManifest,
      digest: image.digest,
    });
  });

  test('a blob, whole and from an offset', async () => {
    const client = openRegistry(registry.host);
    const whole = await client.getBlob('team/app', image.layer);
    expect(whole).toMatchObject({ status: 200, size: LAYER.length });
    expect(LAYER.equals(await collect(whole.body))).toBe(true);
    const rest = await client.getBlob('team/app', image.layer, { offset: 2_999_990 });
    expect(rest).toMatchObject({ status: 206, size: LAYER.length });
    expect((await collect(rest.body)).toString()).toBe(LAYER.subarray(2_999_990).toString());
    const chunks = readBlob(client, 'team/app', { digest: image.layer, size: LAYER.length }, { offset: 7 });
    expect(LAYER.subarray(7).equals(await collect(chunks))).toBe(true);
  });

  test('what is not there', async () => {
    const client = openRegistry(registry.host);
    const name = `${registry.host}/team/app`;
    expect(await rejection(client.getManifest('team/app', 'none'))).toMatchObject({
      code: 'MANIFEST_UNKNOWN',
      message: `get manifest: ${name}:none: the registry has no such tag or digest`,
    });
    expect(await rejection(client.headManifest('team/app', 'none'))).toMatchObject({
      code: 'MANIFEST_UNKNOWN',
    });
    expect(await rejection(client.getManifest('no/such', '1'))).toMatchObject({ code: 'MANIFEST_UNKNOWN' });
    const digest = sha256Digest('nothing');
    expect(await rejection(client.getBlob('team/app', digest))).toMatchObject({
      code: 'BLOB_UNKNOWN',
      message: `get blob: ${name}@${digest}: the registry has no such blob`,
    });
    // An offset behind the end.
    const beyond = client.getBlob('team/app', image.layer, { offset: LAYER.length });
    expect(await rejection(beyond)).toMatchObject({ code: 'SIZE_MISMATCH' });
  });
});

withRegistry('against docker-registry with a login', () => {
  let registry: Registry;
  let image: Awaited<ReturnType<typeof pushImage>>;
  beforeAll(async () => {
    registry = await startRegistry({ login });
    image = await pushImage(registry);
  });
  afterAll(() => registry?.[Symbol.asyncDispose]());

  test('given credentials', async () => {
    const client = openRegistry(registry.host, { credentials: login });
    expect((await client.getManifest('team/app', '1')).digest).toBe(image.digest);
    const chunks = readBlob(client, 'team/app', { digest: image.layer, size: LAYER.length });
    expect(LAYER.equals(await collect(chunks))).toBe(true);
  });

  test('stored credentials', async () => {
    using folder = temporaryFolder();
    const authFile = `${folder.path}/auth.json`;
    const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
    writeFileSync(authFile, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const client = openRegistry(registry.host, { authFile });
    expect((await client.getManifest('team/app', '1')).digest).toBe(image.digest);
  });

  test('wrong ones, and none', async () => {
    using folder = temporaryFolder();
    const authFile = `${folder.path}/auth.json`;
    writeFileSync(authFile, '');
    const hint = `log in: proa login ${registry.host}`;
    const none = openRegistry(registry.host, { authFile });
    expect(await rejection(none.getManifest('team/app', '1'))).toMatchObject({ code: 'UNAUTHORIZED', hint });
    const wrong = openRegistry(registry.host, { credentials: { ...login, password: 'wrong' } });
    const error = await rejection(wrong.getManifest('team/app', '1'));
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', hint: expect.stringContaining(hint) });
    expect(error.message).toContain('does not accept the stored user name and password');
  });
});

describe('a registry that errs', () => {
  const BYTES = encode({ schemaVersion: 2 });
  const RIGHT = sha256Digest(BYTES);
  const open = (host: string) => openRegistry(host, { retry: impatient().retry });

  test('other bytes than the digest that was asked for, or that it announces', async () => {
    await using server = await serve((_, response) =>
      response.setHeader('docker-content-digest', sha256Digest('x')).end(BYTES),
    );
    for (const asked of [sha256Digest('y'), digestOf('y', 'sha512'), 'tag']) {
      expect(await rejection(open(server.host).getManifest('app', asked))).toMatchObject({
        code: 'DIGEST_MISMATCH',
      });
    }
    // Asked by digest, the announcement plays no part.
    expect((await open(server.host).getManifest('app', RIGHT)).digest).toBe(RIGHT);
    const sha512 = digestOf(BYTES, 'sha512');
    expect((await open(server.host).getManifest('app', sha512)).digest).toBe(sha512);
  });

  test('no digest and a vague type: the bytes decide', async () => {
    await using server = await serve((request, response) => {
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(request.method === 'HEAD' ? undefined : BYTES);
    });
    expect(await open(server.host).getManifest('app', 'tag')).toMatchObject({
      digest: RIGHT,
      mediaType: undefined,
    });
    expect(await open(server.host).headManifest('app', 'tag')).toMatchObject({ digest: RIGHT });
    expect(server.log.map((line) => line.split(' ')[0])).toEqual(['GET', 'HEAD', 'GET']);
  });

  test('a registry without HEAD', async () => {
    await using server = await serve((request, response) =>
      response.writeHead(request.method === 'HEAD' ? 405 : 200).end(BYTES),
    );
    expect(await open(server.host).headManifest('app', 'tag')).toMatchObject({ digest: RIGHT });
  });

  test('a manifest without end', async () => {
    await using server = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, ' ')));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    expect(await rejection(open(server.host).getManifest('app', 'tag'))).toMatchObject({
      code: 'INVALID_MANIFEST',
    });
  });

  test('it stumbles, then answers', async () => {
    const statuses = [500, 429, 200];
    await using server = await serve((_, response) => response.writeHead(statuses.shift() ?? 200).end(BYTES));
    const failures: number[] = [];
    const options = { onRetry: (notice: { failures: number }) => failures.push(notice.failures) };
    expect((await open(server.host).getManifest('app', 'tag', options)).digest).toBe(RIGHT);
    expect(failures).toEqual([1, 2]);
  });

  test('it asks for a wait of a day: an error at once', async () => {
    await using server = await serve((_, response) =>
      response.writeHead(429, { 'retry-after': '86400' }).end(),
    );
    const error = await rejection(open(server.host).getManifest('app', 'tag'));
    expect(error).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: expect.stringContaining('1440 minutes'),
    });
    expect(server.log).toHaveLength(1);
  });

  test('what is asked for', async () => {
    await using server = await serve((_, response) => response.end(BYTES));
    await open(server.host).getManifest('team/app', 'v1');
    expect(server.log).toEqual(['GET /v2/team/app/manifests/v1']);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: Object.values(MEDIA_TYPE)
        .filter((type) => /manifest|index/.test(type))
        .sort((a, b) => Number(/index|list/.test(b)) - Number(/index|list/.test(a)))
        .join(', '),
      'user-agent': 'proa',
      'accept-encoding': 'identity',
    });
  });
});
