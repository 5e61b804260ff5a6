/** One unreadable record: it is named, all others work, and a repair puts it aside or makes it anew. */
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tarOf } from '../e2e/support/image.ts';
import { describeAs, IMAGE } from '../e2e/support/machine.ts';

/** Ways in which a file goes bad. */
const DAMAGES: [string, (text: string) => string][] = [
  ['cut off', (text) => text.slice(0, -5)],
  ['empty', () => ''],
  ['not JSON', () => '\0\0\0\0'],
  ['of an unknown version', (text) => text.replace('"version":1', '"version":0')],
  ['JSON of another kind', () => '[1, 2]\n'],
];

describeAs('root', (machine) => {
  const idOf = (name: string) => machine.ok('container', 'inspect', '--format={{.Id}}', name);
  /** Damages each of these files in another way. */
  const damage = (files: string[], ways = DAMAGES) => {
    for (const [i, [, how]] of ways.entries()) writeFileSync(files[i]!, how(readFileSync(files[i]!, 'utf8')));
  };
  const each = <T>(make: (i: number) => Promise<T>, count = DAMAGES.length): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => make(i)));
  const create = (name: string) => machine.ok('create', `--name=${name}`, '--network=none', IMAGE, 'true');

  /** Everything that has nothing to do with the damage. */
  async function othersWork(): Promise<void> {
    expect(await machine.ok('start', '-a', 'healthy')).toBe('well');
    expect(await machine.ok('run', '--rm', '--network=none', IMAGE, 'echo', 'hello')).toBe('hello');
    expect(await machine.ok('images', '-q', IMAGE)).not.toBe('');
    expect((await machine.proa('ps', '-a')).out).toContain('healthy');
    await create('new');
    await machine.ok('rm', 'new');
  }

  /** The check names each of these, and after a repair there is nothing to say. */
  async function repaired(...whats: string[]): Promise<void> {
    const { code, out } = await machine.proa('system', 'check');
    expect(code).toBe(1);
    for (const what of whats) expect(out).toContain(what);
    await machine.ok('system', 'check', '--repair');
    expect(await machine.proa('system', 'check')).toMatchObject({ code: 0 });
  }

  beforeEach(async () => {
    await machine.ok('create', '--name=healthy', '--network=none', IMAGE, 'echo', 'well');
  });

  test("containers' config.json", async () => {
    const ids = await each((i) => create(`sick${i}`));
    const files = ids.map((id) => `${machine.root}/containers/${id}/config.json`);
    damage(files);
    const { err } = await machine.proa('ps', '-a');
    for (const [i, file] of files.entries()) {
      expect(err).toContain(file);
      expect((await machine.proa('start', `sick${i}`)).err).toContain(file);
    }
    await othersWork();
    await repaired(...ids.map((id) => `container: ${id}: `));
    // Their names are free again, and what was in them is kept for a person to look at.
    await each((i) => create(`sick${i}`));
    expect(readdirSync(`${machine.root}/lost+found`)).toEqual(
      expect.arrayContaining(ids.map((id) => `container-${id}`)),
    );
    await othersWork();
  });

  test("containers' state.json", async () => {
    // The empty one is a case of its own, see below.
    const ways = DAMAGES.filter(([how]) => how !== 'empty');
    const ids = await each((i) => create(`sick${i}`), ways.length);
    for (const id of ids) await machine.ok('start', '-a', id);
    const files = ids.map((id) => `${machine.root}/containers/${id}/state.json`);
    damage(files, ways);
    const { err } = await machine.proa('ps', '-a');
    for (const file of files) expect(err).toContain(file);
    await othersWork();
    await repaired(...ids.map((_, i) => `container: sick${i}: the record of its state is unreadable`));
    for (const id of ids) await machine.ok('start', '-a', id);
  });

  test('a state.json that a power cut left empty: the container ended with that boot', async () => {
    const id = await create('sick');
    writeFileSync(`${machine.root}/containers/${id}/state.json`, '');
    expect(await machine.ok('ps', '-a', '--filter=name=sick', '--format={{.Status}}')).toMatch(
      /^Exited \(255\)/,
    );
    expect(await machine.ok('start', '-a', 'sick')).toBe('');
  });

  test('the state of a running container: a repair finds its process again', async () => {
    await machine.ok('run', '-d', '--name=runs', '--network=none', IMAGE, 'sleep', '1000');
    const id = await idOf('runs');
    const pid = await machine.ok('container', 'inspect', '--format={{.State.Pid}}', 'runs');
    writeFileSync(`${machine.root}/containers/${id}/state.json`, '{');
    await othersWork();
    await repaired('container: runs: the record of its state');
    expect(await machine.ok('container', 'inspect', '--format={{.State.Pid}}', 'runs')).toBe(pid);
    await machine.ok('rm', '-f', 'runs');
  });

  test("images' records", async () => {
    const names = await each(async (i) => {
      await machine.ok('import', '--change', `LABEL number=${i}`, machine.imageTar, `sick${i}`);
      return `sick${i}`;
    });
    const ids = await each((i) => machine.ok('image', 'inspect', '--format={{.Id}}', names[i]!));
    const files = ids.map((id) => `${machine.root}/images/by-id/${id.replace('sha256:', '')}.json`);
    await machine.ok('create', '--name=of0', '--network=none', 'sick0', 'echo', 'runs all the same');
    damage(files);
    const { err } = await machine.proa('images');
    for (const [i, file] of files.entries()) {
      expect(err).toContain(file);
      const run = await machine.proa('run', '--rm', names[i]!, 'true');
      expect(run).toMatchObject({ code: 125, err: expect.stringContaining(file) });
    }
    expect(await machine.ok('start', '-a', 'of0')).toBe('runs all the same');
    await othersWork();
    await repaired(...names.map((name) => `image: docker.io/library/${name}:latest: its record `));
    expect(await each((i) => machine.ok('image', 'inspect', '--format={{.Id}}', names[i]!))).toEqual(ids);
    await machine.ok('rm', 'of0');
    await machine.ok('rmi', ...names);
  });

  test('the records of image names', async () => {
    const names = DAMAGES.map((_, i) => `sick${i}:1`);
    await machine.ok('tag', IMAGE, ...names);
    const files = names.map(
      (name) => `${machine.root}/images/names/${encodeURIComponent(`docker.io/library/${name}`)}.json`,
    );
    damage(files);
    const { err } = await machine.proa('images');
    for (const file of files) expect(err).toContain(file);
    await othersWork();
    await repaired(...names.map((name) => `image name: docker.io/library/${name}: `));
    await machine.ok('tag', IMAGE, ...names);
    await machine.ok('rmi', ...names);
  });

  test("layers' records", async () => {
    const names = await each(async (i) => {
      const tar = `${machine.folder}/layer${i}.tar`;
      writeFileSync(tar, tarOf({ name: `${i}` }));
      await machine.ok('import', tar, `sick${i}`);
      return `sick${i}`;
    });
    const layers = await each(async (i) =>
      JSON.parse(await machine.ok('image', 'inspect', '--format={{json .RootFS.Layers}}', names[i]!)).join(),
    );
    damage(layers.map((layer) => `${machine.root}/layers/${layer.replace('sha256:', '')}/layer.json`));
    await othersWork();
    await repaired(...layers.map((layer) => `layer: ${layer}: `));
    await each((i) => machine.ok('save', '-o', `${machine.folder}/saved${i}.tar`, names[i]!));
    await machine.ok('rmi', ...names);
  });

  test("volumes' records: their data stays", async () => {
    const names = DAMAGES.map((_, i) => `volume${i}`);
    const mounts = names.map((name) => `-v=${name}:/${name}`);
    const inside = (script: string) =>
      machine.ok('run', '--rm', '--network=none', ...mounts, IMAGE, 'sh', '-c', script);
    await inside('for i in 0 1 2 3 4; do echo $i > /volume$i/file; done');
    damage(names.map((name) => `${machine.root}/volumes/${name}/volume.json`));
    await othersWork();
    await repaired(...names.map((name) => `volume: ${name}: `));
    expect(await inside('cat /volume*/file')).toBe('0\n1\n2\n3\n4');
  });

  test('names that are no links, lead out of the store, or are lost', async () => {
    await create('lost');
    writeFileSync(`${machine.root}/names/file`, 'what?');
    symlinkSync('../../../../etc', `${machine.root}/names/outside`);
    rmSync(`${machine.root}/names/lost`);
    const refused = await machine.proa('create', '--name=file', '--network=none', IMAGE, 'true');
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/names\/file is no symbolic link/),
    });
    expect((await machine.proa('inspect', 'outside')).code).toBe(1);
    await create('outside');
    await othersWork();
    await repaired('container name: file: it is no symbolic link', 'its name lost does not lead to it');
    await create('file');
    await machine.ok('start', '-a', 'lost');
  });
});
