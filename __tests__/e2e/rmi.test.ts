// rmi: which names and images go, which stay, and what is said; Docker's rules.
import { describeAs, IMAGE, type Machine } from './support/machine.ts';
import { refused } from './support/refused.ts';

/** Images that were made one from the other: base (also other/base), child, grand; and web, a container of base. */
async function family(machine: Machine): Promise<Record<'base' | 'child' | 'grand', string>> {
  const commit = async (from: string, name: string): Promise<string> => {
    await machine.ok('create', `--name=of-${name}`, '--network=none', from, 'true');
    const id = await machine.ok('commit', `of-${name}`, name);
    await machine.ok('rm', `of-${name}`);
    return id;
  };
  const base = await machine.ok('import', '--change', 'LABEL family=base', machine.imageTar, 'base');
  await machine.ok('tag', 'base', 'other/base:2');
  await machine.ok('create', '--name=web', '--network=none', 'base', 'true');
  return { base, child: await commit('base', 'child'), grand: await commit('child', 'grand') };
}

describeAs('root', (machine) => {
  const images = (...words: string[]) =>
    machine.ok('images', '--format={{.Repository}}', '--sort=repository', ...words);

  test('parents stay while children need them, and go with the last of them', async () => {
    const { base, child, grand } = await family(machine);
    expect(await machine.ok('history', '-q', '--no-trunc', 'grand')).toBe(`${grand}\n${child}\n${base}`);
    expect(await machine.ok('image', 'inspect', '--format={{.Parent}}', 'grand')).toBe(child);
    expect(await machine.ok('rmi', 'base')).toBe('Untagged: base:latest');
    expect(await refused(machine, ['rmi', 'other/base:2'], 1)).toMatch(
      /^Error: conflict: unable to remove repository reference "other\/base:2" \(must force\) - container [0-9a-f]{12} is using its referenced image [0-9a-f]{12}\n.*proa rm web/,
    );
    expect(await machine.ok('rmi', 'child')).toBe('Untagged: child:latest');
    // What has no name and is there for others alone is shown on demand.
    expect(await images()).toBe(`${IMAGE}\ngrand\nother/base`);
    expect(await images('--all')).toBe(`<none>\n${IMAGE}\ngrand\nother/base`);
    expect(await machine.ok('images', '-aq', '--no-trunc', '--filter=intermediate=true')).toBe(child);
    expect(await images('-a', '--filter=dangling=true')).toBe('');
    for (const force of [[], ['--force']]) {
      expect(await refused(machine, ['rmi', ...force, child.slice(7, 19)], 1)).toMatch(
        `conflict: unable to delete ${child.slice(7, 19)} (cannot be forced) - image has dependent child images`,
      );
    }
    expect(await machine.ok('rmi', '--no-prune', 'grand')).toMatch(
      `Untagged: grand:latest\nDeleted: ${grand}`,
    );
    expect(await machine.ok('images', '-q', '--no-trunc', '--filter=dangling=true')).toBe(child);
    // The image of a container loses its name by force, and the container keeps its layers.
    expect(await machine.ok('rmi', '--force', 'other/base:2')).toBe('Untagged: other/base:2');
    expect(await machine.ok('rm', 'web')).toBe('web');
    // Both of the made layers are the one that is empty; base's is the machine's image's, too.
    expect(await machine.ok('rmi', child)).toMatch(
      new RegExp(`^Deleted: ${child}\nDeleted: sha256:[0-9a-f]{64}\nDeleted: ${base}$`),
    );
    expect(await images('--all')).toBe(IMAGE);
  });

  test('by id, by prefix, by digest, several and missing ones', async () => {
    const id = await machine.ok('import', '--change', 'LABEL by=id', machine.imageTar, 'one:1');
    await machine.ok('tag', 'one:1', 'one:2');
    expect(await refused(machine, ['rmi', id], 1)).toMatch(
      /\(must be forced\) - image is referenced in multiple repositories\nIts names: one:1, one:2/,
    );
    expect(await machine.proa('rmi', 'nobody', 'one:1', 'one:3')).toEqual({
      code: 1,
      out: 'Untagged: one:1\n',
      err: expect.stringMatching(/^Error: No such image: nobody\n.*\nError: No such image: one:3\n/),
    });
    expect(await machine.proa('rmi', '--ignore', 'nobody')).toEqual({ code: 0, out: '', err: '' });
    expect(await machine.proa('rmi', '--force', 'nobody')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('No such image: nobody'),
    });
    expect(await refused(machine, ['rmi', '--platform', 'linux/s390x', 'one:2'], 1)).toMatch(
      /it is for linux\/\w+, not for linux\/s390x/,
    );
    expect(await refused(machine, ['rmi', 'a'.repeat(64)], 1)).toMatch(/No such image/);
    expect(await machine.ok('rmi', id.slice(7, 20))).toBe(`Untagged: one:2\nDeleted: ${id}`);
  });

  test('an image that runs, under its name and by its id', async () => {
    const id = await machine.ok('import', '--change', 'LABEL it=runs', machine.imageTar, 'runs');
    await machine.ok('run', '-d', '--name=on', '--network=none', 'runs', 'sleep', '100');
    const conflict = /cannot be forced\) - image is being used by running container [0-9a-f]{12}\n/;
    expect(await refused(machine, ['rmi', '-f', id], 1)).toMatch(conflict);
    const shown = () => machine.ok('ps', '--format={{.Image}}');
    expect(await shown()).toBe('runs');
    // The name moves to another image: from now on it is known by its id, as in Docker.
    await machine.ok('tag', IMAGE, 'runs');
    expect(await shown()).toBe(id.slice(7, 19));
    expect(await machine.ok('images', '-q', '--filter=dangling=true')).toBe(id.slice(7, 19));
    await machine.ok('tag', id, 'again');
    expect(await shown()).toBe(id.slice(7, 19));
    expect(await machine.ok('rmi', 'runs')).toBe('Untagged: runs:latest');
    expect(await machine.ok('rmi', '-f', 'again')).toBe('Untagged: again:latest');
    expect(await machine.ok('ps', '--no-trunc', '--format={{.Image}}')).toBe(id);
    await machine.ok('rm', '-f', 'on');
    expect(await machine.ok('rmi', id)).toBe(`Deleted: ${id}`);
  });

  test('all of them, children before their parents', async () => {
    await family(machine);
    await machine.ok('rm', 'web');
    expect((await machine.proa('rmi')).code).not.toBe(0);
    expect((await machine.proa('rmi', '--all', 'base')).code).not.toBe(0);
    await machine.ok('rmi', '--all', '--force');
    expect(await images('--all')).toBe('');
    expect(await machine.proa('rmi', '--all')).toEqual({ code: 0, out: '', err: '' });
    await machine.ok('import', machine.imageTar, IMAGE);
  });
});
