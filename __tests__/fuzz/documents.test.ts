// Manifests, indexes and configurations with something wrong in them: read as what they say, or refused with a reason.
import { parseImageConfig } from '../../lib/oci/model/image-config.ts';
import { parseManifest } from '../../lib/oci/model/manifest.ts';
import { MEDIA_TYPE } from '../../lib/oci/model/media-type.ts';
import { forAll, type Generator, outcome, SEED } from './generator.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const digest = (generator: Generator): string => `sha256:${generator.text('0123456789abcdef', 64, 64)}`;
const annotations = (generator: Generator): Json =>
  Object.fromEntries(
    generator.list(0, 3, () => [generator.text('ab.', 1, 5), generator.text('xyz é', 0, 5)]),
  );

function descriptor(generator: Generator, mediaType: string): { [key: string]: Json } {
  const plain = { mediaType, digest: digest(generator), size: generator.below(2 ** 40) };
  return generator.maybe(0.3) ? { ...plain, annotations: annotations(generator) } : plain;
}

function imageManifest(generator: Generator): { [key: string]: Json } {
  const docker = generator.maybe();
  const layer = docker
    ? MEDIA_TYPE.dockerLayerGzip
    : generator.pick([MEDIA_TYPE.ociLayer, MEDIA_TYPE.ociLayerZstd]);
  return {
    schemaVersion: 2,
    mediaType: docker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    config: descriptor(generator, docker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig),
    layers: generator.list(0, 5, () => descriptor(generator, layer)),
    ...(generator.maybe(0.3) && { annotations: annotations(generator) }),
    ...(generator.maybe(0.2) && { subject: descriptor(generator, MEDIA_TYPE.ociManifest) }),
  };
}

function indexManifest(generator: Generator): { [key: string]: Json } {
  const platform = () => ({ os: 'linux', architecture: generator.pick(['amd64', 'arm64', 'riscv64']) });
  return {
    schemaVersion: 2,
    mediaType: generator.pick([MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerList]),
    manifests: generator.list(0, 5, () => ({
      ...descriptor(generator, MEDIA_TYPE.ociManifest),
      ...(generator.maybe() && { platform: platform() }),
    })),
  };
}

function imageConfig(generator: Generator): { [key: string]: Json } {
  const words = () => generator.list(0, 3, () => generator.text('ab=/ é', 1, 6));
  return {
    architecture: 'amd64',
    os: 'linux',
    created: '2024-01-02T03:04:05.678901234Z',
    config: {
      Env: generator.list(0, 3, () => `${generator.text('AB', 1, 3)}=${generator.text('xy=', 0, 3)}`),
      Cmd: words(),
      Labels: annotations(generator),
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD', ...words()], Interval: generator.below(1e12) },
    },
    rootfs: { type: 'layers', diff_ids: generator.list(0, 4, () => digest(generator)) },
    history: generator.list(0, 3, () => ({
      created_by: generator.text('abc', 0, 5),
      empty_layer: generator.maybe(),
    })),
  };
}

/** What an author of hostile documents would put somewhere. */
function oddValue(generator: Generator): Json {
  return generator.pick<() => Json>([
    () => null,
    () => true,
    () => -1,
    () => 1.5,
    () => 1e300,
    () => '',
    () => 'sha256:abc',
    () => `sha256:${'A'.repeat(64)}`,
    () => '../../etc/passwd',
    () => '\u0000\u001b[2J\u202e',
    () => [],
    () => ({}),
    () => ({ __proto__: null, constructor: 'x', toString: 1 }),
    () => [[[[[]]]]],
    () => 'x'.repeat(5000),
    () => MEDIA_TYPE.ociIndex,
  ])();
}

/** Puts something odd in one place, or takes away what is there, or adds a member. */
function spoil(generator: Generator, value: Json): Json {
  if (typeof value !== 'object' || value === null || generator.maybe(0.15)) return oddValue(generator);
  if (Array.isArray(value)) {
    const at = generator.below(value.length + 1);
    if (at === value.length) return [...value, oddValue(generator)];
    return value.map((item, i) => (i === at ? spoil(generator, item) : item));
  }
  const keys = Object.keys(value);
  const key =
    generator.maybe(0.1) || keys.length === 0
      ? generator.pick(['manifests', 'layers', 'data'])
      : generator.pick(keys);
  const { [key]: old = null, ...others } = value;
  return generator.maybe(0.2) ? others : { ...others, [key]: spoil(generator, old) };
}

const encode = (document: Json): Buffer => Buffer.from(JSON.stringify(document));

/** Flips, doubles or cuts bytes. */
function scratch(generator: Generator, bytes: Buffer): Buffer {
  const at = generator.below(bytes.length);
  return generator.pick([
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes, bytes.subarray(at)]),
    () =>
      Buffer.concat([
        bytes.subarray(0, at),
        generator.bytes(generator.between(1, 3)),
        bytes.subarray(at + 1),
      ]),
  ])();
}

const MANIFEST_CODES = ['INVALID_MANIFEST', 'UNSUPPORTED_MEDIA_TYPE'];

function checkManifest(bytes: Buffer): boolean {
  const read = outcome(MANIFEST_CODES, () => parseManifest(bytes));
  if (!('result' in read)) return false;
  const { result } = read;
  const descriptors = result.kind === 'image' ? [result.config, ...result.layers] : result.manifests;
  for (const one of descriptors) {
    expect(one.digest).toMatch(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
    expect(Number.isSafeInteger(one.size) && one.size >= 0).toBe(true);
    for (const value of Object.values(one.annotations ?? {})) expect(typeof value).toBe('string');
  }
  // One document is one thing (CVE-2021-41190).
  const { manifests = null, layers = null } = JSON.parse(bytes.toString()) as Record<string, Json>;
  expect([manifests, layers]).toContain(null);
  return true;
}

test(`whole manifests and indexes are read as they are (seed ${SEED})`, () => {
  forAll(500, (generator) => {
    const document = generator.maybe() ? imageManifest(generator) : indexManifest(generator);
    const { kind: _, ...read } = parseManifest(encode(document), document.mediaType as string);
    const { schemaVersion: __, ...written } = document;
    expect(read).toEqual(written);
  });
});

test(`spoilt manifests and indexes (seed ${SEED})`, () => {
  let refused = 0;
  forAll(2000, (generator) => {
    const document = generator.maybe() ? imageManifest(generator) : indexManifest(generator);
    if (!checkManifest(encode(spoil(generator, document)))) refused++;
    if (!checkManifest(scratch(generator, encode(document)))) refused++;
  });
  expect(refused).toBeGreaterThan(700);
});

test(`spoilt configurations (seed ${SEED})`, () => {
  let refused = 0;
  forAll(2000, (generator) => {
    const document = imageConfig(generator);
    expect(parseImageConfig(encode(document)).rootfs).toEqual(document.rootfs);
    for (const bytes of [encode(spoil(generator, document)), scratch(generator, encode(document))]) {
      const read = outcome(['INVALID_IMAGE_CONFIG'], () => parseImageConfig(bytes));
      if (!('result' in read)) refused++;
      else
        for (const id of read.result.rootfs.diff_ids)
          expect(id).toMatch(/^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/);
    }
  });
  expect(refused).toBeGreaterThan(500);
});
