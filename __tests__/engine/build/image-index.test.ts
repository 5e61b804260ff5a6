import { attestationManifest, imageIndex } from '../../../lib/engine/build/image-index.ts';
import type { OutputAnnotations } from '../../../lib/engine/build/output.ts';
import type { BuiltImage } from '../../../lib/engine/build/request.ts';
import { parseDigest, sha256Digest } from '../../../lib/oci/model/digest.ts';

const NONE: OutputAnnotations = { manifest: [], descriptor: [], index: {}, indexDescriptor: {} };
const digest = parseDigest(`sha256:${'ab'.repeat(32)}`);

function image(architecture: string): BuiltImage {
  const config = {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers' as const, diff_ids: [] },
    history: [],
  };
  return { platform: { os: 'linux', architecture }, config, configBytes: new Uint8Array(), diffIds: [] };
}

const read = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

test('an index lists the images, then what attests to them, with the annotations for each', () => {
  const manifest = { digest, size: 7, mediaType: 'application/vnd.oci.image.manifest.v1+json' };
  const attestation = attestationManifest(digest, [{ predicateType: 'https://p', bytes: Buffer.from('{}') }]);
  const arm = { os: 'linux', architecture: 'arm64' };
  const index = imageIndex(
    [
      { image: image('amd64'), manifest, attestation },
      { image: image('arm64'), manifest },
    ],
    { ...NONE, index: { a: 'b' }, descriptor: [{ key: 'c', value: 'd', platform: arm }] },
  );
  expect(index.digest).toBe(sha256Digest(index.bytes));
  const document = read(index.bytes);
  expect(document.annotations).toEqual({ a: 'b' });
  expect(document.manifests).toEqual([
    { ...manifest, platform: { architecture: 'amd64', os: 'linux' } },
    { ...manifest, annotations: { c: 'd' }, platform: { architecture: 'arm64', os: 'linux' } },
    {
      mediaType: manifest.mediaType,
      digest: attestation.digest,
      size: attestation.bytes.length,
      annotations: {
        'vnd.docker.reference.digest': digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
      platform: { architecture: 'unknown', os: 'unknown' },
    },
  ]);
});

test('statements are the layers of a manifest that nobody takes for an image', () => {
  const statement = Buffer.from('{"a":1}');
  const { bytes, config, statements } = attestationManifest(digest, [
    { predicateType: 'https://p', bytes: statement },
  ]);
  expect(read(config.bytes)).toEqual({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [sha256Digest(statement)] },
  });
  expect(read(bytes)).toMatchObject({
    config: { digest: config.digest },
    layers: [
      {
        mediaType: 'application/vnd.in-toto+json',
        digest: statements[0]!.digest,
        annotations: { 'in-toto.io/predicate-type': 'https://p' },
      },
    ],
  });
});
