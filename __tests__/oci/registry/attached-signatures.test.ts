/** @jest-environment ./__tests__/oci/registry/support/environment.cjs */
import { type Digest, sha256Digest } from '../../../lib/oci/model/digest.ts';
import { MEDIA_TYPE } from '../../../lib/oci/model/media-type.ts';
import { attachSignature, readAttachedSignatures } from '../../../lib/oci/registry/attached-signatures.ts';
import { openRegistry } from '../../../lib/oci/registry/client.ts';
import { listReferrers } from '../../../lib/oci/registry/referrers.ts';
import { impatient, json, REGISTRY_PROGRAM, serve, startRegistry } from './support/servers.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const HEX = 'a'.repeat(64);
const SIGNATURES = 'application/vnd.dev.cosign.artifact.sig.v1+json';
const shown = (list: { payload: Uint8Array; signature: Uint8Array }[]): string[][] =>
  list.map(({ payload, signature }) => [Buffer.from(payload).toString(), Buffer.from(signature).toString()]);
const signed = (text: string) => ({
  payload: Buffer.from(text),
  signature: Buffer.from(`signature of ${text}`),
});

const withRegistry = REGISTRY_PROGRAM === null ? describe.skip : describe;

withRegistry("beside an image, in Debian's docker-registry", () => {
  test('one is added to others, or put in their place', async () => {
    await using registry = await startRegistry();
    const client = openRegistry(registry.host);
    expect(await readAttachedSignatures(client, 'team/app', DIGEST)).toEqual([]);
    await attachSignature(client, 'team/app', DIGEST, signed('one'));
    await attachSignature(client, 'team/app', DIGEST, signed('two'));
    const both = [
      ['one', 'signature of one'],
      ['two', 'signature of two'],
    ];
    expect(shown(await readAttachedSignatures(client, 'team/app', DIGEST))).toEqual(both);
    await attachSignature(client, 'team/app', DIGEST, signed('new'), { replace: true });
    expect(shown(await readAttachedSignatures(client, 'team/app', DIGEST))).toEqual([
      ['new', 'signature of new'],
    ]);
    expect(await readAttachedSignatures(client, 'team/other', DIGEST)).toEqual([]);
  });
});

/** A manifest that holds a signature of a text, and its list as a referrer. */
function holder(text: string) {
  const payload = Buffer.from(text);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType: SIGNATURES,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256Digest('{}'), size: 2 },
    layers: [
      {
        mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
        digest: sha256Digest(payload),
        size: payload.length,
        annotations: { 'dev.cosignproject.cosign/signature': btoa(`signature of ${text}`) },
      },
      // An attestation, say.
      { mediaType: 'text/plain', digest: sha256Digest('x'), size: 1 },
    ],
    subject: { mediaType: MEDIA_TYPE.ociManifest, digest: DIGEST, size: 1 },
  });
  const digest = sha256Digest(manifest);
  const index = (artifactType: string) => ({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [{ mediaType: MEDIA_TYPE.ociManifest, digest, size: manifest.length, artifactType }],
  });
  return { payload, manifest, digest, index };
}

const serveHolder = (
  { payload, manifest, digest }: ReturnType<typeof holder>,
  answers: Record<string, [number, object]>,
) =>
  serve(({ url }, response) => {
    const path = (url ?? '').replace(/\?.*/, '').replace('/v2/app/', '');
    if (answers[path] !== undefined)
      return json(response, answers[path][0], answers[path][1], { 'content-type': MEDIA_TYPE.ociIndex });
    if (path === `manifests/${digest}`)
      return response.writeHead(200, { 'content-type': MEDIA_TYPE.ociManifest }).end(manifest);
    if (path === `blobs/${sha256Digest(payload)}`) return response.writeHead(200).end(payload);
    return json(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
  });

test('referrers are asked for', async () => {
  const one = holder('one');
  await using server = await serveHolder(one, { [`referrers/${DIGEST}`]: [200, one.index(SIGNATURES)] });
  const found = await readAttachedSignatures(openRegistry(server.host), 'app', DIGEST);
  expect(shown(found)).toEqual([['one', 'signature of one']]);
  expect(server.log.some((line) => line.includes(`artifactType=${encodeURIComponent(SIGNATURES)}`))).toBe(
    true,
  );
});

test.each([404, 400, 405])('a registry that answers %i keeps them under a tag', async (status) => {
  const one = holder('one');
  await using server = await serveHolder(one, {
    [`referrers/${DIGEST}`]: [status, {}],
    [`manifests/sha256-${HEX}`]: [200, one.index(SIGNATURES)],
  });
  const found = await readAttachedSignatures(openRegistry(server.host), 'app', DIGEST);
  expect(shown(found)).toEqual([['one', 'signature of one']]);
});

test('referrers of another kind are passed over', async () => {
  const one = holder('one');
  await using server = await serveHolder(one, { [`referrers/${DIGEST}`]: [200, one.index('text/spdx')] });
  expect(await readAttachedSignatures(openRegistry(server.host), 'app', DIGEST)).toEqual([]);
});

test('a registry that fails is an error, and not taken for one without signatures', async () => {
  await using server = await serve((_, response) => json(response, 500, {}));
  const client = openRegistry(server.host, { retry: impatient().retry });
  await expect(listReferrers(client, 'app', DIGEST, SIGNATURES)).rejects.toMatchObject({
    message: expect.stringContaining('list referrers'),
  });
  await expect(readAttachedSignatures(client, 'app', DIGEST)).rejects.toThrow();
});

test('a text that is not the one of its digest is refused', async () => {
  const one = holder('one');
  await using server = await serve(({ url }, response) => {
    if (url?.includes('/referrers/'))
      return json(response, 200, one.index(SIGNATURES), { 'content-type': MEDIA_TYPE.ociIndex });
    if (url?.endsWith(one.digest))
      return response.writeHead(200, { 'content-type': MEDIA_TYPE.ociManifest }).end(one.manifest);
    if (url?.includes('/blobs/')) return response.writeHead(200).end('eno');
    return json(response, 404, {});
  });
  await expect(readAttachedSignatures(openRegistry(server.host), 'app', DIGEST)).rejects.toMatchObject({
    code: 'DIGEST_MISMATCH',
  });
});
