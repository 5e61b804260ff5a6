// Documents from a registry that no honest tool writes: each is refused with its name and the reason, and leaves nothing.
import { buildImage, hostArchitecture, tarOf } from './support/image.ts';
import { describeAs } from './support/machine.ts';
import { refused } from './support/refused.ts';
import { json, serve } from './support/registry.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';

/** What the registry has under the tag, and its blobs by digest. */
interface Served {
  manifest: string;
  mediaType?: string;
  /** Manifests by digest, for an index. */
  manifests?: Record<string, string>;
  blobs?: Record<string, Uint8Array | string>;
  /** Instead of the right one. */
  contentDigest?: string;
}

const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${new Bun.CryptoHasher('sha256').update(bytes).digest('hex')}`;
const good = buildImage([{ tar: tarOf({ file: 'x' }) }]);
const goodManifest = JSON.parse(good.manifest.bytes.toString());
const goodConfig = JSON.parse(good.config.bytes.toString());
const goodBlobs = Object.fromEntries(
  [good.config, ...good.blobs].map(({ digest, bytes }) => [digest, bytes]),
);
const zeros = `sha256:${'0'.repeat(64)}`;

/** The good image's manifest with these members. */
const manifestWith = (members: object): Served => ({
  manifest: JSON.stringify({ ...goodManifest, ...members }),
  blobs: goodBlobs,
});

/** An image with this text as its configuration. */
function configIs(text: string): Served {
  const config = {
    mediaType: goodManifest.config.mediaType,
    digest: digestOf(text),
    size: Buffer.byteLength(text),
  };
  return { ...manifestWith({ config }), blobs: { ...goodBlobs, [config.digest]: text } };
}

const configWith = (members: object): Served => configIs(JSON.stringify({ ...goodConfig, ...members }));
const layers = (count: number) => Array.from({ length: count }, () => goodManifest.layers[0]);
const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const indexOf = (...manifests: object[]): string =>
  JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests });
const platform = { os: 'linux', architecture: hostArchitecture() };
const entry = (text: string, members: object = {}): object => ({
  mediaType: MANIFEST,
  digest: digestOf(text),
  size: text.length,
  platform,
  ...members,
});

const CASES: [string, Served, RegExp][] = [
  ['a manifest that is no JSON', { manifest: '{"schemaVersion": 2' }, /invalid manifest: it is not JSON/],
  [
    'a name that occurs twice in a manifest',
    { manifest: good.manifest.bytes.toString().replace('{', '{"layers":[],') },
    /invalid manifest: the name "layers" occurs twice/,
  ],
  [
    'a name that occurs twice, written in two ways',
    { manifest: good.manifest.bytes.toString().replace('{', '{"l\\u0061yers":[],') },
    /the name "layers" occurs twice/,
  ],
  ['a manifest that nests deep', { manifest: nested(100_000) }, /nests more than 100 levels deep/],
  [
    'an image that is an index, too',
    manifestWith({ manifests: [] }),
    /has both manifests and config or layers/,
  ],
  ['a list of 100,000 layers', manifestWith({ layers: layers(100_000) }), /more than 4194304/],
  [
    'a list of 501 layers',
    manifestWith({ layers: layers(501) }),
    /layers: there are 501, .* no more than 500/,
  ],
  [
    'a configuration of a gigabyte',
    manifestWith({ config: { ...goodManifest.config, size: 2 ** 30 } }),
    /config\.size: 1073741824 bytes, more than/,
  ],
  [
    'a layer that no disk has room for',
    manifestWith({ layers: [{ ...goodManifest.layers[0], size: 2 ** 52 }] }),
    /download layer sha256:.*: no space left: it has 4503599627370496 bytes by its manifest, and .* has room for \d+/,
  ],
  [
    'a size that no number holds',
    { manifest: good.manifest.bytes.toString().replace(/"size":\d+/, '"size":1e40') },
    /config\.size: must be a whole number/,
  ],
  [
    'a size below nothing',
    manifestWith({ layers: [{ ...goodManifest.layers[0], size: -1 }] }),
    /layers\[0\]\.size: must not be negative/,
  ],
  [
    'a digest that is a path',
    manifestWith({ layers: [{ ...goodManifest.layers[0], digest: '../../etc/passwd' }] }),
    /layers\[0\]\.digest: invalid digest/,
  ],
  [
    'a manifest under another digest',
    { manifest: good.manifest.bytes.toString(), contentDigest: zeros },
    /have the digest sha256:[0-9a-f]{64}, not sha256:0{64}/,
  ],
  [
    'a manifest served as something else',
    { manifest: good.manifest.bytes.toString(), mediaType: INDEX },
    /says .*manifest.v1\+json, but it was served as .*index/,
  ],
  ['a web page', { manifest: '<html>', mediaType: 'text/html' }, /text\/html/],
  [
    'a layer of an unknown kind',
    manifestWith({ layers: [{ ...goodManifest.layers[0], mediaType: 'application/x-layer' }] }),
    /application\/x-layer/,
  ],
  [
    'fewer layers than the configuration has',
    manifestWith({ layers: [] }),
    /has 0 layers, the configuration 1/,
  ],
  ['a configuration that is no JSON', configIs('[1, 2'), /invalid image config: it is not JSON/],
  [
    'a name that occurs twice in a configuration',
    configIs(good.config.bytes.toString().replace('{', '{"rootfs":{},')),
    /invalid image config: the name "rootfs" occurs twice/,
  ],
  ['a configuration that nests deep', configIs(nested(50_000)), /invalid image config: it nests more than/],
  [
    'a configuration of 50,000 layers',
    configWith({ rootfs: { type: 'layers', diff_ids: Array(50_000).fill('sha256:x') } }),
    /rootfs\.diff_ids: lists 50000 layers, .* no more than 500/,
  ],
  [
    'a diff id of other bytes',
    configWith({ rootfs: { type: 'layers', diff_ids: [zeros] } }),
    /verify layer sha256:.*: it unpacks to diff id sha256:[0-9a-f]{64}, the image's configuration says sha256:0{64}/,
  ],
  ['an artifact', configWith({ rootfs: undefined }), /rootfs: is missing, so this is not a container image/],
  [
    'an index in an index',
    (() => {
      const inner = indexOf();
      return {
        manifest: indexOf(entry(inner, { mediaType: INDEX })),
        mediaType: INDEX,
        manifests: { [digestOf(inner)]: inner },
      };
    })(),
    /an index inside an index/,
  ],
  [
    'an index whose image has another digest',
    { manifest: indexOf(entry('{}')), mediaType: INDEX, manifests: { [digestOf('{}')]: '{ }' } },
    /have the digest sha256:/,
  ],
  [
    'an index of 100,000 images',
    { manifest: indexOf(...Array.from({ length: 100_000 }, () => entry('{}'))), mediaType: INDEX },
    /more than 4194304/,
  ],
];

describeAs('root', (machine) => {
  test.each(CASES)('%s', async (_, served, says) => {
    await using server = await serve((request, response) => {
      const [, kind, name] = /\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
      const { manifest, mediaType = MANIFEST, manifests, blobs, contentDigest } = served;
      const body = kind === 'blobs' ? blobs?.[name!] : name === '1' ? manifest : manifests?.[name!];
      if (body === undefined) return json(response, 404, {});
      const headers = { 'content-type': kind === 'blobs' ? 'application/octet-stream' : mediaType };
      const extra = contentDigest === undefined ? {} : { 'docker-content-digest': contentDigest };
      response
        .writeHead(200, { ...headers, ...(name === '1' && extra), 'content-length': Buffer.byteLength(body) })
        .end(body);
    });
    const words = ['pull', '-q', '--retry=0', `${server.host}/app:1`];
    expect(await refused(machine, words, 1)).toMatch(says);
  });
});
