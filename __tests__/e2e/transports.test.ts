// Images in files and folders instead of registries: oci:, oci-archive:, docker-archive:, dir:; skopeo is the judge.
import { existsSync, writeFileSync } from 'node:fs';
import { makeImage } from '../engine/image/support/images.ts';
import { writePodmanStore } from '../storage/podman-store/support/store.ts';
import { collect } from './support/child.ts';
import { tarOf } from './support/image.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const idOf = (name: string) => machine.ok('image', 'inspect', '--format={{.Id}}', name);

  test.each([
    ['oci:LAYOUT:1.0', 'oci:LAYOUT:1.0'],
    ['oci-archive:FILE.oci:1.0', 'oci-archive:FILE.oci'],
    ['docker-archive:FILE.tar:example.test/app:2', 'docker-archive:FILE.tar:example.test/app:2'],
    ['dir:FOLDER', 'dir:FOLDER'],
  ])('push to %s and pull it from there', async (to, from) => {
    const place = (text: string) => text.replace(/(LAYOUT|FILE|FOLDER)/, `${machine.home}/$1`);
    const id = await idOf(IMAGE);
    await machine.ok('push', IMAGE, place(to));
    if (Bun.which('skopeo') !== null) {
      const { code, err } = await collect(['skopeo', 'inspect', place(from)]);
      expect({ code, err }).toEqual({ code: 0, err: '' });
    }
    expect(await machine.ok('pull', '-q', place(from))).toBe(id.replace('sha256:', ''));
    const said = await machine.ok('run', '--rm', '--network=none', place(from), 'echo', 'here');
    expect(said).toBe('here');
  });

  test('the name in a docker-archive is kept, a tag of a layout names nothing', async () => {
    const file = `${machine.home}/named.tar`;
    await machine.ok('push', IMAGE, `docker-archive:${file}:example.test/kept:3`);
    await machine.ok('pull', `docker-archive:${file}`);
    expect(await idOf('example.test/kept:3')).toBe(await idOf(IMAGE));
    await machine.ok('rmi', 'example.test/kept:3');
    expect(await machine.ok('images', '--format={{.Repository}}')).not.toContain('1.0');
  });

  test('an image that is not in the archive is named, with those that are', async () => {
    const file = `${machine.home}/other.tar`;
    await machine.ok('push', IMAGE, `docker-archive:${file}:example.test/there`);
    const { code, err } = await machine.proa('pull', `docker-archive:${file}:example.test/away`);
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/holds no image example.test\/away\n.*example.test\/there:latest/),
    });
    expect(existsSync(`${machine.home}/nothing`)).toBe(false);
    expect(await machine.proa('pull', `oci:${machine.home}/nothing`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such file'),
    });
  });

  test("Podman's own store is read, wherever it is, and never written", async () => {
    const tar = Buffer.from(tarOf({ 'etc/passwd': 'root:x:0:0::/:/bin/sh\n' }));
    const made = makeImage([tar]);
    const store = `${machine.home}/podman`;
    writePodmanStore(store, 'vfs', { ...made, names: ['localhost/stored:1'] });
    await machine.giveAway(store);
    const id = made.id.replace('sha256:', '');
    expect(await machine.ok('pull', `containers-storage:[${store}]stored:1`)).toBe(id);
    expect(await machine.ok('images', '-q', '--no-trunc', 'localhost/stored')).toBe(made.id);
    await machine.ok('rmi', 'localhost/stored:1');
    // Where a user keeps it, and what storage.conf says of it.
    const conf = `${machine.home}/storage.conf`;
    writeFileSync(conf, `[storage]\ngraphroot = "${store}"\n`);
    const env = { CONTAINERS_STORAGE_CONF: conf };
    expect(
      await machine.proaWith({ env }, 'pull', '-q', `containers-storage:${id.slice(0, 12)}`),
    ).toMatchObject({
      code: 0,
      out: `${id}\n`,
    });
    await machine.ok('rmi', id);
    for (const [words, says] of [
      [['pull', 'containers-storage:nobody'], /nobody: it is not in .*podman\n.*podman images/],
      [['push', IMAGE, 'containers-storage:x'], /Podman's store is only read\n.*save bb \| podman load/],
      [['run', '--rm', 'containers-storage:[/nowhere]x'], /\/nowhere: no such folder/],
    ] as const) {
      const { code, err } = await machine.proaWith({ env }, ...words);
      expect({ words, code, err }).toEqual({
        words,
        code: words[0] === 'run' ? 125 : 1,
        err: expect.stringMatching(says),
      });
    }
  });
});
