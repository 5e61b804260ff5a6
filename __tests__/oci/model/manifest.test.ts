import {
  type ImageManifest,
  MANIFEST_MAX_BYTES,
  parseManifest,
  runnableLayers,
} from '../../../lib/oci/model/manifest.ts';
import { layerCompression, MEDIA_TYPE } from '../../../lib/oci/model/media-type.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const digest = (c: string) => `sha256:${c.repeat(64)}`;
const descriptor = (mediaType: string, c = 'a', more: object = {}) => ({
  mediaType,
  digest: digest(c),
  size: 7,
  ...more,
});
const image = (more: object = {}) => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociManifest,
  config: descriptor(MEDIA_TYPE.ociConfig),
  layers: [descriptor(MEDIA_TYPE.ociLayerGzip, 'b')],
  ...more,
});
const index = (more: object = {}) => ({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociIndex,
  manifests: [
    descriptor(MEDIA_TYPE.ociManifest, 'c', {
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    }),
  ],
  ...more,
});
const docker = {
  mediaType: MEDIA_TYPE.dockerManifest,
  config: descriptor(MEDIA_TYPE.dockerConfig),
  layers: [descriptor(MEDIA_TYPE.dockerLayerGzip, 'b'), descriptor(MEDIA_TYPE.dockerLayer, 'c')],
};

describe('parseManifest', () => {
  test('an OCI image', () => {
    expect(parseManifest(bytes(image({ annotations: { a: 'b' }, unknown: 1 })))).toEqual({
      kind: 'image',
      mediaType: MEDIA_TYPE.ociManifest,
      config: descriptor(MEDIA_TYPE.ociConfig),
      layers: [descriptor(MEDIA_TYPE.ociLayerGzip, 'b')],
      annotations: { a: 'b' },
    });
  });

  test('a Docker image and a Docker list', () => {
    expect(parseManifest(bytes(image(docker)), MEDIA_TYPE.dockerManifest)).toMatchObject({
      kind: 'image',
      ...docker,
    });
    const list = parseManifest(bytes(index({ mediaType: MEDIA_TYPE.dockerList })));
    expect(list).toMatchObject({ kind: 'index', mediaType: MEDIA_TYPE.dockerList });
  });

  test('an OCI index, its platforms in normal form', () => {
    const parsed = parseManifest(bytes(index()));
    expect(parsed).toMatchObject({ kind: 'index', manifests: [{ digest: digest('c') }] });
    expect(parsed.kind === 'index' && parsed.manifests[0]?.platform).toEqual({
      os: 'linux',
      architecture: 'arm64',
    });
  });

  test('the media type comes from the registry, or from the members, when the document has none', () => {
    const bare = (value: object) => bytes({ ...value, mediaType: undefined });
    expect(parseManifest(bare(image()), MEDIA_TYPE.dockerManifest).mediaType).toBe(MEDIA_TYPE.dockerManifest);
    expect(parseManifest(bare(image())).mediaType).toBe(MEDIA_TYPE.ociManifest);
    expect(parseManifest(bare(index())).mediaType).toBe(MEDIA_TYPE.ociIndex);
  });

  test('Go writes empty lists as null', () => {
    expect(parseManifest(bytes(image({ layers: null })))).toMatchObject({ layers: [] });
    expect(parseManifest(bytes(index({ manifests: null })))).toMatchObject({ kind: 'index', manifests: [] });
  });

  test.each([
    ['not JSON', new TextEncoder().encode('<html>'), undefined, 'it is not JSON'],
    ['not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), undefined, 'it is not JSON'],
    ['a list', bytes([]), undefined, 'must be an object'],
    ['null', bytes(null), undefined, 'is missing'],
    ['too large', new Uint8Array(MANIFEST_MAX_BYTES + 1), undefined, 'more than'],
    ['schemaVersion 3', bytes(image({ schemaVersion: 3 })), undefined, 'schemaVersion: must be 2'],
    ['no schemaVersion', bytes(image({ schemaVersion: undefined })), undefined, 'schemaVersion: is missing'],
    [
      'both kinds (CVE-2021-41190)',
      bytes({ ...image(), manifests: [] }),
      undefined,
      'has both manifests and config',
    ],
    ['neither kind', bytes({ schemaVersion: 2 }), undefined, 'has neither'],
    ['another type than served', bytes(image()), MEDIA_TYPE.dockerManifest, 'but it was served as'],
    [
      'an index served as an image',
      bytes({ ...index(), mediaType: undefined }),
      MEDIA_TYPE.ociManifest,
      'lists manifests',
    ],
    [
      'an image that says index',
      bytes(image({ mediaType: MEDIA_TYPE.ociIndex })),
      undefined,
      'has no list of manifests',
    ],
    ['no config', bytes(image({ config: undefined })), undefined, 'config: is missing'],
    [
      'a bad digest',
      bytes(image({ layers: [descriptor('a/b', 'x')] })),
      undefined,
      'layers[0].digest: invalid digest',
    ],
    [
      'a digest that is a path',
      bytes(image({ config: { ...descriptor('a/b'), digest: '../../x' } })),
      undefined,
      'config.digest',
    ],
    [
      'a negative size',
      bytes(image({ layers: [descriptor('a/b', 'a', { size: -1 })] })),
      undefined,
      'layers[0].size: must not',
    ],
    [
      'a size that is text',
      bytes(image({ layers: [descriptor('a/b', 'a', { size: '7' })] })),
      undefined,
      'whole number',
    ],
    [
      'a size that is 1.5',
      bytes(image({ layers: [descriptor('a/b', 'a', { size: 1.5 })] })),
      undefined,
      'whole number',
    ],
    [
      'no media type',
      bytes(image({ config: { digest: digest('a'), size: 1 } })),
      undefined,
      'config.mediaType: is missing',
    ],
    [
      'a strange media type',
      bytes(image({ config: descriptor('no slash') })),
      undefined,
      'is not a media type',
    ],
    ['layers that are no list', bytes(image({ layers: {} })), undefined, 'layers: must be a list'],
    [
      'annotations of numbers',
      bytes(image({ annotations: { a: 1 } })),
      undefined,
      'annotations.a: must be a string',
    ],
  ])('refuses %s', (_, document, mediaType, why) => {
    expect(() => parseManifest(document, mediaType)).toThrow(
      expect.objectContaining({ code: 'INVALID_MANIFEST', message: expect.stringContaining(why) }),
    );
  });

  test.each([
    [
      'schema 1 by its type',
      bytes({}),
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'schema 1',
    ],
    ['schema 1 by its version', bytes({ schemaVersion: 1, fsLayers: [] }), undefined, 'schema 1'],
    ['schema 1 by its layers', bytes({ schemaVersion: 2, config: {}, fsLayers: [] }), undefined, 'schema 1'],
    ['an unknown type', bytes({}), 'application/vnd.example.thing+json', 'vnd.example.thing+json'],
    [
      'an unknown type inside',
      bytes(image({ mediaType: 'application/x-other' })),
      undefined,
      'application/x-other',
    ],
    ['a web page', new TextEncoder().encode('<html>'), 'text/html', 'is this a registry'],
  ])('refuses %s by name', (_, document, mediaType, why) => {
    expect(() => parseManifest(document, mediaType)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining(why) }),
    );
  });
});

describe('runnableLayers', () => {
  const layersOf = (value: object) => runnableLayers(parseManifest(bytes(value)) as ImageManifest);

  test('says how each is compressed', () => {
    expect(layersOf(image(docker)).map((l) => [l.digest, l.compression])).toEqual([
      [digest('b'), 'gzip'],
      [digest('c'), 'none'],
    ]);
  });

  test.each([
    [MEDIA_TYPE.ociLayer, 'none'],
    [MEDIA_TYPE.ociLayerGzip, 'gzip'],
    [MEDIA_TYPE.ociLayerZstd, 'zstd'],
    [MEDIA_TYPE.dockerLayer, 'none'],
    [MEDIA_TYPE.dockerLayerGzip, 'gzip'],
    [MEDIA_TYPE.dockerLayerZstd, 'zstd'],
  ])('%s is %s', (mediaType, compression) => {
    expect(layerCompression(mediaType)).toBe(compression);
  });

  test.each([
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'foreign'],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'foreign'],
    ['application/vnd.oci.image.layer.v1.tar+gzip+encrypted', 'encrypted'],
    ['application/vnd.in-toto+json', 'not a tar layer'],
    ['toString/x', 'not a tar layer'],
  ])('refuses %s', (mediaType, why) => {
    expect(() => layersOf(image({ layers: [descriptor(mediaType)] }))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining(why) }),
    );
  });

  test('refuses a layer that lives elsewhere', () => {
    const layer = descriptor(MEDIA_TYPE.ociLayer, 'a', { urls: ['https://cdn.example/x?token=secret'] });
    expect(() => layersOf(image({ layers: [layer] }))).toThrow(/foreign: to be fetched from cdn\.example$/);
  });

  test('refuses a layer with a URL that is none', () => {
    const layer = descriptor(MEDIA_TYPE.ociLayer, 'a', { urls: ['nonsense'] });
    expect(() => layersOf(image({ layers: [layer] }))).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA_TYPE' }),
    );
  });

  test('refuses an artifact by name', () => {
    const chart = image({ config: descriptor('application/vnd.cncf.helm.config.v1+json') });
    expect(() => layersOf(chart)).toThrow(/helm\.config.*artifact/);
  });
});
