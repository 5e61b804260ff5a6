// mount, unmount: a container's files in a folder of the host.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('of a container at rest, through its start and stop, until unmount', async () => {
    const id = await machine.ok('create', '--name', 'c', IMAGE, 'sleep', '100');
    const path = await machine.ok('mount', 'c');
    expect(path).toBe(`${machine.runRoot}/mounts/${id}`);
    expect(existsSync(`${path}/bin/busybox`)).toBe(true);
    writeFileSync(`${path}/before`, 'start\n');
    expect(await machine.ok('mount')).toBe(`${id.slice(0, 12)}  ${path}`);
    expect(JSON.parse(await machine.ok('mount', '--format=json'))).toEqual([
      { id, Names: ['c'], mountpoint: path },
    ]);
    expect((await machine.proa('system', 'check')).code).toBe(0);

    await machine.ok('start', 'c');
    // One file system: each sees at once what the other does.
    expect(await machine.ok('exec', 'c', 'cat', '/before')).toBe('start');
    await machine.ok('exec', 'c', 'sh', '-c', 'echo in > /inside');
    expect(readFileSync(`${path}/inside`, 'utf8')).toBe('in\n');
    writeFileSync(`${machine.home}/copied`, 'copied\n');
    await machine.ok('cp', `${machine.home}/copied`, 'c:/copied');
    await machine.ok('stop', '-t', '0', 'c');
    expect(readFileSync(`${path}/copied`, 'utf8')).toBe('copied\n');
    await machine.ok('cp', `${machine.home}/copied`, 'c:/again');
    expect(readFileSync(`${path}/again`, 'utf8')).toBe('copied\n');

    expect(await machine.ok('container', 'unmount', 'c')).toBe('c');
    expect(existsSync(path)).toBe(false);
    // Once more is no error, as with Podman.
    expect(await machine.ok('umount', 'c')).toBe('c');
    expect(await machine.ok('mount')).toBe('');
  });

  test('of several, of all, of a running one; removing unmounts', async () => {
    const one = await machine.ok('run', '-d', '--name', 'one', '--network=none', IMAGE, 'sleep', '100');
    const two = await machine.ok('create', '--name', 'two', IMAGE);
    expect((await machine.ok('mount')).split('\n')).toEqual([
      expect.stringMatching(new RegExp(`^${one.slice(0, 12)}  .*merged$`)),
    ]);
    const lines = (await machine.ok('mount', '--all', '--no-trunc')).split('\n').sort();
    expect(lines).toEqual([one, two].sort().map((id) => `${id}  ${machine.runRoot}/mounts/${id}`));
    await machine.ok('exec', 'one', 'touch', '/x');
    expect(existsSync(`${machine.runRoot}/mounts/${one}/x`)).toBe(true);
    await machine.ok('rm', '-f', 'one');
    expect(existsSync(`${machine.runRoot}/mounts/${one}`)).toBe(false);
    expect(await machine.ok('mount', '--latest')).toBe(`${machine.runRoot}/mounts/${two}`);
    await machine.ok('unmount', '--all');
    expect(existsSync(`${machine.runRoot}/mounts/${two}`)).toBe(false);
    expect(await machine.proa('unmount')).toMatchObject({ code: 125, out: '' });
    expect(await machine.proa('mount', 'nope')).toMatchObject({ code: 125, out: '' });
  });
});

describeAs('user', (machine) => {
  test('says that a user would not see it', async () => {
    await machine.ok('create', '--name', 'c', IMAGE);
    const { code, err } = await machine.proa('mount', 'c');
    expect([code, err]).toEqual([125, expect.stringMatching(/outside of your user namespace/)]);
    expect(await machine.ok('mount')).toBe('');
  });
});
