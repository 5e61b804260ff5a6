// No layer's archive is kept, so each must come out of its files and its recipe exactly as it came in. Proved on whole
// images: one of this machine's own folders in every form that GNU tar writes, and those of a registry beside us.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { collect } from './support/child.ts';
import { buildImage } from './support/image.ts';
import { describeAs } from './support/machine.ts';

/** Folders with many names, links, modes and sizes, each of a megabyte or some. */
const FOLDERS = [
  'etc',
  'usr/share/zoneinfo',
  'usr/lib/systemd',
  'usr/share/perl5',
  'usr/share/bash-completion',
];
const FORMS = [
  ['--format=gnu', '--sparse'],
  ['--format=pax', '--xattrs', '--acls'],
  ['--format=ustar'],
  ['--format=v7'],
  ['--format=oldgnu', '--blocking-factor=64'],
];

const REGISTRY = '127.0.0.1:5000';
const REAL = ['library/redis:7'];

function reasonToSkip(): string | undefined {
  const { exitCode } = Bun.spawnSync([
    'curl',
    '-sf',
    '-m',
    '2',
    `http://${REGISTRY}/v2/library/redis/tags/list`,
  ]);
  return exitCode === 0 ? undefined : `no registry at ${REGISTRY} has it`;
}

describeAs('root', (machine) => {
  /** Saves an image and hashes what its layers have become. */
  async function expectExact(image: string): Promise<string[]> {
    const folder = `${await machine.makeFolder(`saved-${crypto.randomUUID()}`)}/oci`;
    await machine.ok('save', '--format=oci-dir', '--uncompressed', '-o', folder, image);
    const wanted = JSON.parse(
      await machine.ok('image', 'inspect', '--format={{json .RootFS.Layers}}', image),
    ) as string[];
    for (const diffId of wanted) {
      const { out } = await collect(['sha256sum', `${folder}/blobs/sha256/${diffId.slice(7)}`]);
      expect(`sha256:${out.slice(0, 64)}`).toBe(diffId);
    }
    return wanted;
  }

  test("of this machine's own files, in every form of GNU tar's", async () => {
    const place = await machine.makeFolder('made');
    const present = FOLDERS.filter((folder) => existsSync(`/${folder}`));
    for (const [i, folder] of present.entries()) {
      // v7 and ustar leave out what they cannot hold, and say so.
      const { code } = await collect(['tar', ...FORMS[i]!, '-C', '/', '-cf', `${place}/${i}.tar`, folder]);
      expect(code).toBeLessThan(3);
    }
    const image = buildImage(
      present.map((_, i) => ({
        tar: readFileSync(`${place}/${i}.tar`),
        compression: i % 2 === 0 ? 'none' : 'gzip',
      })),
    );
    const layout = `${place}/oci`;
    mkdirSync(`${layout}/blobs/sha256`, { recursive: true });
    writeFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
    const { mediaType, digest, bytes } = image.manifest;
    writeFileSync(
      `${layout}/index.json`,
      JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] }),
    );
    for (const blob of [...image.blobs, image.config, image.manifest])
      writeFileSync(`${layout}/blobs/sha256/${blob.digest.slice(7)}`, blob.bytes);
    expect(await machine.ok('load', '-i', layout)).toBe(`Loaded image ID: ${image.config.digest}`);
    const wanted = JSON.parse(image.config.bytes.toString()).rootfs.diff_ids;
    expect(await expectExact(image.config.digest)).toEqual(wanted);
  });

  const reason = reasonToSkip();
  for (const name of REAL) {
    const title = `of ${name}${reason === undefined ? '' : ` (skipped: ${reason})`}`;
    (reason === undefined ? test : test.skip)(title, async () => {
      await machine.ok('pull', '-q', `${REGISTRY}/${name}`);
      expect((await expectExact(`${REGISTRY}/${name}`)).length).toBeGreaterThan(1);
    });
  }
});
