/** Archives that no honest tool writes. Each is refused with its name and the reason, and leaves the store as it was. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { loadImages } from '../../../lib/engine/image/load.ts';
import { layerDiffPath } from '../../../lib/storage/layers.ts';
import {
  archive,
  base256,
  file,
  header,
  type MemberOptions,
  member,
  symlink,
} from '../../storage/tar/support/archive.ts';
import { entryOf, type HandMade, makeImage, sha256, writeLayout } from './support/images.ts';
import { describeAsRoot, failure, gather, openTestEngine } from './support/store.ts';

type Refusal = Awaited<ReturnType<typeof failure>>;

const json = (value: unknown): Buffer =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** Loads an archive, from a file and from a pipe, which must fail the same way and leave nothing. */
async function refused(bytes: Uint8Array): Promise<Refusal> {
  using t = openTestEngine();
  const path = `${t.folder}/bad.tar`;
  writeFileSync(path, bytes);
  const before = t.contents();
  const fromFile = await failure(gather(loadImages(t.engine, { input: { path } })));
  const stream = (async function* () {
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
  })();
  const fromPipe = await failure(gather(loadImages(t.engine, { input: { stream, name: path } })));
  expect({ code: fromPipe.code, message: fromPipe.message }).toEqual({
    code: fromFile.code,
    message: fromFile.message,
  });
  expect(t.contents()).toEqual(before);
  return { ...fromFile, message: fromFile.message.replaceAll(t.folder, ''), code: fromFile.code };
}

/** A sound image of these layers as `docker save` wrote it, which a test then spoils. */
function docker(
  tars: Buffer[],
  options: { config?: Buffer; manifest?: unknown; more?: MemberOptions[] } = {},
): Buffer {
  const config = options.config ?? json(configOf(tars.map((tar) => `sha256:${sha256(tar)}`)));
  const name = `${sha256(config)}.json`;
  const layers = tars.map((tar) => `${sha256(tar)}/layer.tar`);
  const manifest = options.manifest ?? [{ Config: name, RepoTags: ['app:1'], Layers: layers }];
  return archive(
    ...tars.map((tar, i) => file(layers[i]!, tar)),
    file(name, config),
    file('manifest.json', json(manifest)),
    ...(options.more ?? []),
  );
}

const configOf = (diffIds: string[]) => ({
  architecture: 'amd64',
  os: 'linux',
  config: { Cmd: ['sh'] },
  rootfs: { type: 'layers', diff_ids: diffIds },
});

const layer = archive(file('etc/a', 'text'), file('etc/b', 'x'.repeat(3000)));

describeAsRoot('refused', () => {
  test('the sound one is not', async () => {
    using t = openTestEngine();
    writeFileSync(`${t.folder}/good.tar`, docker([layer]));
    const loaded = await gather(loadImages(t.engine, { input: { path: `${t.folder}/good.tar` } }));
    expect(loaded).toHaveLength(1);
  });

  test('cut off anywhere', async () => {
    const good = docker([layer]);
    for (const length of [1, 511, 700, 4000, good.length - 2500]) {
      const error = await refused(good.subarray(0, length));
      expect(error).toMatchObject({
        code: 'BAD_ARCHIVE',
        message: expect.stringMatching(/^read \/bad\.tar: .*cut off/),
      });
    }
    // At the end of a member: what is missing is the manifest.
    expect(await refused(good.subarray(0, 512 + Math.ceil(layer.length / 512) * 512))).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: 'load /bad.tar: no image in it: neither manifest.json nor index.json',
    });
    const packed = gzipSync(good);
    expect(await refused(packed.subarray(0, packed.length - 100))).toMatchObject({ code: 'BAD_COMPRESSION' });
  });

  test.each([
    [
      'leads out of the archive',
      file('../../etc/passwd', 'x'),
      /HOSTILE_ARCHIVE read \/bad\.tar: .*etc\/passwd: its name leads out/,
    ],
    [
      'deeper than any real one',
      member({ name: 'x', pax: { path: `${'d/'.repeat(300)}x` } }),
      /HOSTILE_ARCHIVE read \/bad\.tar: .*nests more than 256 folders deep/,
    ],
    [
      'a size beyond all disks',
      Buffer.from(header({ name: 'big', edit: (block) => base256(block, 1n << 52n, 124, 12) })),
      /BAD_ARCHIVE read \/bad\.tar: .*cut off/,
    ],
    [
      'a size beyond all numbers',
      Buffer.from(header({ name: 'big', edit: (block) => base256(block, 1n << 90n, 124, 12) })),
      /BAD_ARCHIVE read \/bad\.tar: .*absurd size/,
    ],
    [
      'a size below nothing',
      Buffer.from(header({ name: 'big', edit: (block) => base256(block, -512n, 124, 12) })),
      /BAD_ARCHIVE read \/bad\.tar: .*a member of -512 bytes/,
    ],
    [
      'an extended header without an end',
      member({ name: 'x', type: 'x', content: 'x'.repeat((1 << 20) + 1) }),
      /BAD_ARCHIVE read \/bad\.tar: .*extended header of 1048577 bytes/,
    ],
  ] as [string, MemberOptions | Buffer, RegExp][])('a member: %s', async (_, bad, says) => {
    const { code, message } = await refused(archive(bad, docker([layer])));
    expect(`${code} ${message}`).toMatch(says);
  });

  test('more members than any image has', async () => {
    const many = Buffer.concat(Array.from({ length: 100_002 }, (_, i) => header({ name: `m${i}` })));
    expect(await refused(archive(many))).toMatchObject({
      code: 'BAD_ARCHIVE',
      message: expect.stringContaining('more than 100000 members'),
    });
  });

  test.each([
    [
      'out of the archive',
      [symlink('manifest.json', '../../../../etc/hostname')],
      /HOSTILE_ARCHIVE|neither manifest\.json/,
    ],
    [
      'to a file of the host',
      [symlink('manifest.json', '/etc/hostname')],
      /neither manifest\.json nor index\.json/,
    ],
    ['in a circle', [symlink('manifest.json', 'b'), symlink('b', 'manifest.json')], /neither manifest\.json/],
  ])('a manifest that is a link %s', async (_, members, says) => {
    const { code, message } = await refused(archive(...members));
    expect(`${code} ${message}`).toMatch(says);
  });

  const NAME = `${'0'.repeat(64)}.json`;
  test.each([
    ['no JSON', '[{', /BAD_ARCHIVE load \/bad\.tar: manifest\.json: it is not JSON/],
    [
      'a name twice',
      '[{"Config":"a","Config":"b"}]',
      /manifest\.json: the name "Config" occurs twice in one object/,
    ],
    [
      'nested without end',
      `${'['.repeat(5000)}${']'.repeat(5000)}`,
      /manifest\.json: it nests more than 100 levels deep/,
    ],
    ['no configuration', [{ Layers: [] }], /manifest\.json: \[0\]\.Config: is missing/],
    ['a configuration that is not there', [{ Config: 'x.json' }], /x\.json is missing/],
    [
      'a configuration that is another',
      [{ Config: NAME, Layers: [] }],
      /DIGEST_MISMATCH .*has digest sha256:.*should have sha256:0{64}/,
    ],
    ['paths out of the archive', [{ Config: '../../../etc/passwd' }], /passwd is missing/],
    ['layers that are no list', [{ Config: 'c.json', Layers: 'x' }], /Layers: must be a list/],
    [
      'a name that is none',
      [{ Config: 'c.json', RepoTags: ['UPPER case'] }],
      /manifest\.json: invalid .*UPPER case/,
    ],
  ])("docker's manifest.json: %s", async (_, manifest, says) => {
    const { code, message } = await refused(
      docker([], { manifest, more: ['c.json', NAME].map((name) => file(name, json(configOf([])))) }),
    );
    expect(`${code} ${message}`).toMatch(says);
  });

  test.each([
    [
      'a name twice',
      '{"os":"linux","rootfs":{"type":"layers","diff_ids":[]},"os":"linux"}',
      /the name "os" occurs twice/,
    ],
    ['nested without end', `{"rootfs":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`, /nests more than 100/],
    [
      '100,000 layers',
      configOf(Array.from({ length: 100_000 }, () => `sha256:${'a'.repeat(64)}`)),
      /rootfs\.diff_ids: lists 100000 layers, and Linux can mount no more than 500/,
    ],
    [
      'more layers than there are',
      configOf([`sha256:${'a'.repeat(64)}`]),
      /has 0 layers, its configuration 1 diff ids/,
    ],
    ['a diff id that is a path', configOf(['sha256:../../../x']), /diff_ids\[0\]: invalid digest/],
    ['larger than any', `{"x":"${'x'.repeat(9 << 20)}"}`, /has 94\d{5} bytes, more than 8388608/],
  ])('a configuration: %s', async (_, config, says) => {
    const { code, message } = await refused(docker([], { config: json(config) }));
    expect(`${code} ${message}`).toMatch(says);
    expect(message).toMatch(/\/bad\.tar/);
  });

  test.each([
    [
      'names that lead out of it',
      archive(file('../../outside', 'x')),
      /HOSTILE_ARCHIVE .*outside: its name leads out/,
    ],
    [
      'a hard link to the host',
      archive({ name: 'x', type: '1', linkName: '/../../etc/passwd' }),
      /leads out|no such file/,
    ],
    ['a cut off tar', layer.subarray(0, 1200), /BAD_ARCHIVE .*(cut off|ends)/],
    ['text', Buffer.from('no tar at all '.repeat(100)), /BAD_ARCHIVE .*checksum/],
    [
      'a file larger than the archive',
      archive({ ...file('big', 'x'), edit: (block) => base256(block, 1n << 50n, 124, 12) }),
      /BAD_ARCHIVE|EFBIG/,
    ],
  ])('a layer with %s', async (_, tar, says) => {
    const { code, message } = await refused(docker([tar]));
    expect(`${code} ${message}`).toMatch(says);
    // Which layer of which archive.
    expect(message).toMatch(/load \/bad\.tar: layer [0-9a-f]{64}\/layer\.tar: /);
  });

  test('a link to the host as a folder leads nowhere', async () => {
    using t = openTestEngine();
    const evil = `etc-${crypto.randomUUID()}`;
    const tar = archive(symlink('a', '/tmp'), file(`a/${evil}`, 'x'));
    writeFileSync(`${t.folder}/x.tar`, docker([tar]));
    const [loaded] = await gather(loadImages(t.engine, { input: { path: `${t.folder}/x.tar` } }));
    expect(existsSync(`/tmp/${evil}`)).toBe(false);
    expect(existsSync(`${layerDiffPath(t.engine.store, loaded!.image.diffIds[0]!)}/tmp/${evil}`)).toBe(true);
  });
});

describeAsRoot('refused layouts', () => {
  async function refusedLayout(index: unknown, change: (folder: string, image: HandMade) => void = () => {}) {
    using t = openTestEngine();
    const image = makeImage([layer]);
    const folder = `${t.folder}/oci`;
    writeLayout(folder, [image], [entryOf(image, 'app:1')]);
    if (index !== undefined) writeFileSync(`${folder}/index.json`, json(index));
    change(folder, image);
    const error = await failure(gather(loadImages(t.engine, { input: { path: folder } })));
    expect(t.contents()).toEqual([]);
    return `${error.code} ${error.message.replaceAll(t.folder, '')}`;
  }
  const entry = (more: object) => ({
    schemaVersion: 2,
    manifests: [{ ...entryOf(makeImage([layer])), ...more }],
  });

  test.each([
    [
      'a name twice',
      '{"schemaVersion":2,"manifests":[],"manifests":[]}',
      /load \/oci: index\.json: .*"manifests" occurs twice/,
    ],
    [
      'an image and an index at once',
      { schemaVersion: 2, manifests: [], layers: [] },
      /index\.json: .*both manifests and/,
    ],
    ['no images', { schemaVersion: 2, manifests: [] }, /load \/oci: it holds no image/],
    [
      'a digest that is a path',
      entry({ digest: 'sha256:../../../etc/passwd' }),
      /index\.json: .*manifests\[0\]\.digest: invalid digest/,
    ],
    ['an unknown digest', entry({ digest: 'md5:d41d8cd98f00b204e9800998ecf8427e' }), /md5/],
    ['a size that is another', entry({ size: 7 }), /has \d+ bytes, and should have 7/],
    ['a size below nothing', entry({ size: -1 }), /index\.json: .*size/],
    ['a size beyond numbers', entry({ size: 1e300 }), /index\.json: .*size/],
    ['a media type of something else', entry({ mediaType: 'application/zip' }), /application\/zip/],
    ['an artifact', undefined, /this is an artifact, not a container image/],
  ])('index.json with %s', async (_, index, says) => {
    const artifact = (folder: string): void => {
      const bytes = json({
        schemaVersion: 2,
        config: {
          mediaType: 'application/vnd.cncf.helm.config.v1+json',
          digest: `sha256:${sha256('{}')}`,
          size: 2,
        },
        layers: [],
      });
      writeFileSync(`${folder}/blobs/sha256/${sha256(bytes)}`, bytes);
      const manifests = [
        { ...entryOf(makeImage([])), digest: `sha256:${sha256(bytes)}`, size: bytes.length },
      ];
      writeFileSync(`${folder}/index.json`, json({ schemaVersion: 2, manifests }));
    };
    expect(await refusedLayout(index, index === undefined ? artifact : undefined)).toMatch(says);
  });

  test('an index in an index in an index', async () => {
    const said = await refusedLayout(undefined, (folder, image) => {
      let inner: object = entryOf(image);
      for (let depth = 0; depth < 2; depth++) {
        const bytes = json({ schemaVersion: 2, manifests: [inner] });
        writeFileSync(`${folder}/blobs/sha256/${sha256(bytes)}`, bytes);
        inner = {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest: `sha256:${sha256(bytes)}`,
          size: bytes.length,
        };
      }
      writeFileSync(`${folder}/index.json`, json({ schemaVersion: 2, manifests: [inner] }));
    });
    expect(said).toBe('BAD_ARCHIVE load /oci: an index inside an index inside an index');
  });

  test('blobs that are links out of the folder, folders and fifos', async () => {
    const blobs = (folder: string, image: HandMade) => `${folder}/blobs/sha256/${sha256(image.config)}`;
    const replaced = (make: (path: string, folder: string, image: HandMade) => void) =>
      refusedLayout(undefined, (folder, image) => {
        const path = blobs(folder, image);
        writeFileSync(`${folder}/../secret`, image.config);
        Bun.spawnSync(['rm', path]);
        make(path, folder, image);
      });
    expect(await replaced((path, folder) => symlinkSync(`${folder}/../secret`, path))).toMatch(/is missing/);
    expect(await replaced((path) => mkdirSync(path))).toMatch(/is missing/);
    expect(await replaced((path) => Bun.spawnSync(['mkfifo', path]))).toMatch(/is missing/);
  });
});
