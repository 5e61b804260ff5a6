import { type Digest, sha256Digest } from '../../../lib/oci/model/digest.ts';
import {
  encodeAsBuildx,
  encodeAsDocker,
  type ListedManifest,
  readIndexDocument,
  suitableMediaType,
} from '../../../lib/oci/model/index-document.ts';
import { MEDIA_TYPE } from '../../../lib/oci/model/media-type.ts';

const DIGEST = `sha256:${'d'.repeat(64)}` as Digest;

function listed(mediaType: string, more: Partial<ListedManifest> = {}): ListedManifest {
  return { mediaType, digest: DIGEST, size: 7, ...more };
}

describe('readIndexDocument', () => {
  test('keeps platforms as they are written, where the parser of manifests makes them comparable', () => {
    const platform = { architecture: 'arm64', os: 'linux', variant: 'v8', 'os.features': ['f'] };
    const document = {
      mediaType: MEDIA_TYPE.ociIndex,
      manifests: [listed(MEDIA_TYPE.ociManifest, { platform })],
    };
    expect(readIndexDocument(encodeAsBuildx(document))).toEqual(document);
  });

  test('an empty list that Go wrote as null, and a platform without its parts', () => {
    const read = (manifests: unknown) =>
      readIndexDocument(
        Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests })),
      );
    expect(read(null).manifests).toEqual([]);
    const [entry] = read([{ ...listed(MEDIA_TYPE.ociManifest), platform: { os: 'linux' } }]).manifests;
    expect(entry!.platform).toEqual({ os: 'linux', architecture: '' });
  });

  test('refuses a single image and what is malformed', () => {
    const image = { schemaVersion: 2, config: listed(MEDIA_TYPE.ociConfig), layers: [] };
    expect(() => readIndexDocument(Buffer.from(JSON.stringify(image)))).toThrow('invalid index');
    const bad = { schemaVersion: 2, manifests: [{ ...listed(MEDIA_TYPE.ociManifest), size: -1 }] };
    expect(() => readIndexDocument(Buffer.from(JSON.stringify(bad)))).toThrow('manifests[0].size');
  });
});

test.each([
  ['nothing', [], undefined, MEDIA_TYPE.dockerList],
  ["Docker's alone", [listed(MEDIA_TYPE.dockerManifest)], undefined, MEDIA_TYPE.dockerList],
  [
    'both',
    [listed(MEDIA_TYPE.dockerManifest), listed(MEDIA_TYPE.ociManifest)],
    undefined,
    MEDIA_TYPE.ociIndex,
  ],
  [
    'an annotated entry',
    [listed(MEDIA_TYPE.dockerManifest, { annotations: { a: 'b' } })],
    undefined,
    MEDIA_TYPE.ociIndex,
  ],
  ['annotations of the whole', [listed(MEDIA_TYPE.dockerManifest)], { a: 'b' }, MEDIA_TYPE.ociIndex],
])('the kind of list for %s', (_, manifests, annotations, expected) => {
  expect(suitableMediaType({ manifests, annotations })).toBe(expected);
});

describe('encoding', () => {
  // The digest is of what docker 28 pushed for these two manifests.
  test('the same bytes as those of Docker', () => {
    const entry = (hex: string, platform: ListedManifest['platform']): ListedManifest => ({
      mediaType: MEDIA_TYPE.dockerManifest,
      digest: `sha256:${hex}` as Digest,
      size: 427,
      platform,
    });
    const bytes = encodeAsDocker({
      mediaType: MEDIA_TYPE.dockerList,
      manifests: [
        entry('d174bd97ab970377e62ae4cccbe8009c31ff1baa7083d260bcbc55f503ce338b', {
          architecture: 'amd64',
          os: 'linux',
        }),
        entry('415f2b7e87ba9ec7b678792cc352c28da42cf7f6d35a02198d59d0691bbb52ba', {
          variant: 'v7',
          'os.features': ['a', 'b'],
          'os.version': '3',
          os: 'linux',
          architecture: 'arm',
        }),
      ],
    });
    expect(sha256Digest(bytes)).toBe(
      'sha256:2ff31dd05c1863d5cf58f8b9e0ae8913b4f053f74ec6ad284feb3cdd079b422c',
    );
  });

  test('annotations only where the kind knows them, and nothing that is empty', () => {
    const manifests = [listed(MEDIA_TYPE.ociManifest, { annotations: { a: 'b' } })];
    const text = (mediaType: string) =>
      Buffer.from(encodeAsDocker({ mediaType, manifests, annotations: { c: 'd' } })).toString();
    expect(JSON.parse(text(MEDIA_TYPE.ociIndex))).toMatchObject({
      manifests: [{ annotations: { a: 'b' } }],
      annotations: { c: 'd' },
    });
    expect(text(MEDIA_TYPE.dockerList)).not.toContain('annotations');
    const empty = [listed(MEDIA_TYPE.ociManifest, { annotations: {} })];
    const bytes = encodeAsBuildx({ mediaType: MEDIA_TYPE.ociIndex, manifests: empty, annotations: {} });
    expect(Buffer.from(bytes).toString()).not.toContain('annotations');
  });
});
