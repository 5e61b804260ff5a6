import { parseSource } from '../../../lib/engine/imagetools/sources.ts';

const DIGEST = `sha256:${'1'.repeat(64)}`;

test('a name, a digest and a descriptor', () => {
  expect(parseSource('alpine')).toEqual({
    reference: { registry: 'docker.io', repository: 'library/alpine', tag: 'latest' },
  });
  expect(parseSource(`${DIGEST}\n`)).toEqual({ digest: DIGEST });
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: DIGEST,
    size: 3,
    platform: { os: 'linux', architecture: 'arm64', 'os.version': '1' },
  };
  expect(parseSource(JSON.stringify(descriptor))).toEqual({ digest: DIGEST, stated: descriptor });
});

test.each([
  ['sha256:12', 'invalid digest'],
  ['Alpine', 'must be in lower case'],
  ['{"digest": 7}', 'digest: must be a string'],
  ['{"size": 3}', 'digest: is missing'],
  [`{"mediaType": "no type", "size": 3, "digest": "${DIGEST}"}`, 'is not a media type'],
  ['{', 'it is not JSON'],
])('%s is refused', (text, why) => {
  expect(() => parseSource(text)).toThrow(why);
});
