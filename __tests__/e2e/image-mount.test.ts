// image mount and unmount: an image's files in a folder, to be read.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('its files are there, cannot be changed, and keep the image', async () => {
    const path = await machine.ok('image', 'mount', IMAGE);
    expect(await machine.ok('image', 'mount', IMAGE)).toBe(path);
    expect(readdirSync(path)).toContain('bin');
    expect(() => writeFileSync(`${path}/new`, '')).toThrow('EROFS');
    const name = `docker.io/library/${IMAGE}:latest`;
    expect(await machine.ok('image', 'mount')).toBe(`${name}  ${path}`);
    const id = await machine.ok('image', 'inspect', '--format={{slice .Id 7}}', IMAGE);
    expect(JSON.parse(await machine.ok('image', 'mount', '--format=json'))).toEqual([
      { id, Names: [expect.stringMatching(/^sha256:/)], Repositories: [name], mountpoint: path },
    ]);
    expect(await machine.proa('rmi', IMAGE)).toMatchObject({
      code: 1,
      err: expect.stringContaining('it is mounted'),
    });
    expect(await machine.ok('image', 'unmount', IMAGE)).toBe(id);
    expect(existsSync(path)).toBe(false);
    expect(await machine.ok('image', 'umount', IMAGE)).toBe('');
    expect(await machine.ok('image', 'mount')).toBe('');
  });

  test('all, several layers as one, and away with the image by force', async () => {
    await machine.ok(
      'run',
      '--name=c',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'rm /bin/wc; echo new > /etc/group',
    );
    await machine.ok('commit', '-q', 'c', 'changed');
    await machine.ok('rm', 'c');
    const lines = (await machine.ok('image', 'mount', '--all')).split('\n').map((line) => line.split(/ +/));
    expect(lines.map(([name]) => name).sort()).toEqual([
      `docker.io/library/${IMAGE}:latest`,
      'docker.io/library/changed:latest',
    ]);
    const path = lines.find(([name]) => name!.includes('changed'))![1]!;
    expect(existsSync(`${path}/bin/wc`)).toBe(false);
    expect(readFileSync(`${path}/etc/group`, 'utf8')).toBe('new\n');
    await machine.ok('rmi', '-f', 'changed');
    expect(existsSync(path)).toBe(false);
    expect((await machine.ok('image', 'unmount', '--all')).split('\n')).toHaveLength(1);
  });

  test.each([
    [['image', 'mount', 'none'], 'No such image: none'],
    [['image', 'mount', '--all', IMAGE], 'cannot be given together'],
    [['image', 'unmount'], 'image name or ID must be specified'],
    [['image', 'unmount', 'none'], 'No such image: none'],
  ])('%j is refused', async (args, why) => {
    expect(await machine.proa(...args)).toMatchObject({
      code: 125,
      out: '',
      err: expect.stringContaining(why),
    });
  });
});

describeAs('user', (machine) => {
  test('a user is told that the shell would not see it', async () => {
    expect(await machine.proa('image', 'mount', IMAGE)).toMatchObject({
      code: 125,
      err: expect.stringContaining("outside of your user namespace's mounts"),
    });
  });
});
