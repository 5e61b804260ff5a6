import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pullTransport } from '../../../lib/engine/image/transport.ts';
import { namesOf } from '../../../lib/storage/images.ts';
import { layerDiffPath, layerRecipePath } from '../../../lib/storage/layers.ts';
import { rebuildTar } from '../../../lib/storage/tar/rebuild.ts';
import { type StoredByHand, writePodmanStore } from '../../storage/podman-store/support/store.ts';
import { archive, file } from '../../storage/tar/support/archive.ts';
import { makeImage, sha256 } from './support/images.ts';
import {
  collect,
  describeAsRoot,
  failure,
  openTestEngine,
  run,
  type TestEngine,
  testWith,
} from './support/store.ts';

const image: StoredByHand = {
  ...makeImage([archive(file('etc/a', 'lower')), archive(file('etc/a', 'upper'), file('etc/.wh.b', ''))]),
  names: ['docker.io/library/app:1', 'localhost/own:2', 'quay.io/team/app:latest'],
};
const ID = sha256(image.config);

const pull = (t: TestEngine, text: string) =>
  pullTransport(t.engine, { transport: 'containers-storage', path: text });

describeAsRoot('containers-storage:', () => {
  test.each(['overlay', 'vfs'] as const)('an image of a %s store, its layers bit for bit', async (driver) => {
    using t = openTestEngine();
    writePodmanStore(`${t.folder}/store`, driver, image);
    const record = await pull(t, `[${driver}@${t.folder}/store]app:1`);
    expect(record.id as string).toBe(`sha256:${ID}`);
    for (const [i, diffId] of record.diffIds.entries()) {
      const rebuilt = rebuildTar(
        layerRecipePath(t.engine.store, diffId),
        layerDiffPath(t.engine.store, diffId),
      );
      expect((await collect(rebuilt)).equals(image.tars[i]!)).toBe(true);
    }
    expect(record.repoDigests).toEqual([`docker.io/library/app@sha256:${sha256(image.manifest)}`]);
    expect(namesOf(t.engine.store, record.id)).toEqual(['docker.io/library/app:1']);
  });

  test('is found by every name that Podman knows; by id with all its names', async () => {
    for (const [text, names] of [
      ['docker.io/library/app:1', ['docker.io/library/app:1']],
      ['own:2', ['localhost/own:2']],
      ['quay.io/team/app', ['quay.io/team/app:latest']],
      [`quay.io/team/app@sha256:${sha256(image.manifest)}`, []],
      [ID, image.names],
      [ID.slice(0, 12), image.names],
      [`@${ID}`, image.names],
      [`sha256:${ID}`, image.names],
    ] as const) {
      using t = openTestEngine();
      writePodmanStore(`${t.folder}/store`, 'vfs', image);
      const { id } = await pull(t, `[${t.folder}/store]${text}`);
      expect([text, namesOf(t.engine.store, id)]).toEqual([text, names]);
    }
  });

  describe('is refused and leaves nothing behind', () => {
    async function refused(spoil: (root: string, layers: string[]) => void, text = 'app:1') {
      using t = openTestEngine();
      const root = `${t.folder}/store`;
      spoil(root, writePodmanStore(root, 'overlay', image));
      const { code, message } = await failure(pull(t, `[${root}]${text}`));
      const left = t.contents().filter((name) => !name.startsWith('layers/'));
      expect(left).toEqual([]);
      return `${code} ${message.replaceAll(root, 'STORE')}`;
    }
    const edit = (path: string, change: (text: string) => string) =>
      writeFileSync(path, change(readFileSync(path, 'utf8')));

    test('a name that is not there', async () => {
      expect(await refused(() => {}, 'nobody')).toBe('IMAGE_NOT_FOUND use image nobody: it is not in STORE');
    });

    test('a file that changed since, and one that is gone', async () => {
      const at = (root: string, layer: string) => `${root}/overlay/${layer}/diff/etc/a`;
      expect(await refused((root, [lower]) => writeFileSync(at(root, lower!), 'LOWER'))).toMatch(
        /^DIGEST_MISMATCH load [0-9a-f]{12} of STORE: layer [0-9a-f]{64}: .*diff id/,
      );
      expect(await refused((root, [, upper]) => run(['rm', at(root, upper!)]))).toMatch(
        /^BAD_STORE load .*layer .*etc\/a in STORE.*: it is not there$/,
      );
    });

    test('documents that were altered', async () => {
      const documents = (root: string): string => `${root}/overlay-images/${ID}`;
      expect(
        await refused((root) => {
          const name = readdirSync(documents(root)).find((file) => file.startsWith('='))!;
          edit(`${documents(root)}/${name}`, (text) => text.replace('amd64', 'arm64'));
        }),
      ).toMatch(/^DIGEST_MISMATCH use image .*: its configuration was altered$/);
      expect(await refused((root) => edit(`${documents(root)}/manifest`, () => '{"a":1,"a":2}'))).toMatch(
        /^INVALID_MANIFEST load .*: manifest: .*"a" occurs twice/,
      );
    });

    test('records that are none, or lead elsewhere', async () => {
      const layers = (root: string): string => `${root}/overlay-layers/layers.json`;
      expect(await refused((root) => edit(layers(root), () => '{}'))).toMatch(
        /^BAD_STORE .*layers\.json: it must be a list/,
      );
      expect(
        await refused((root) =>
          edit(layers(root), (text) => text.replace(/"parent":"[0-9a-f]+"/, '"parent":"../x"')),
        ),
      ).toMatch(/^BAD_STORE .*parent: is no id: "\.\.\/x"$/);
      expect(
        await refused((root, [lower, upper]) =>
          edit(layers(root), (text) =>
            text.replace(`{"id":"${lower}"`, `{"id":"${lower}","parent":"${upper}"`),
          ),
        ),
      ).toMatch(/^BAD_STORE .*its layers go round in a circle$/);
      expect(await refused((root) => edit(layers(root), () => '[]'))).toMatch(/^BAD_STORE .*is not in it$/);
    });
  });

  testWith('podman')("Podman's own store, as it writes it", async () => {
    using t = openTestEngine();
    const own = ['--root', `${t.folder}/p`, '--runroot', `${t.folder}/r`, '--storage-driver', 'vfs'];
    const tar = archive(file('etc/a', 'text'), file('big', 'x'.repeat(2_000_000)));
    const podman = (...words: string[]) =>
      run(['podman', ...own, ...words], { stdin: tar })
        .toString()
        .trim();
    const id = podman('import', '-q', '-', 'made:by-podman');
    const { id: pulled, diffIds } = await pull(t, `[vfs@${t.folder}/p]made:by-podman`);
    expect(pulled as string).toContain(id.replace('sha256:', ''));
    expect(diffIds as string[]).toEqual([`sha256:${sha256(tar)}`]);
  });
});
