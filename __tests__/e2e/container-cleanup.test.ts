// container cleanup: what conmon calls, by hand.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('the last one, and away with it and its image', async () => {
    await machine.ok('tag', IMAGE, 'brief');
    await machine.ok('create', '--name=older', '--network=none', IMAGE);
    const id = await machine.ok('create', '--name=latest', '--network=none', '-v', '/anonymous', 'brief');
    const volumes = () => machine.ok('volume', 'ls', '-q');
    expect(await volumes()).not.toBe('');
    expect(await machine.ok('container', 'cleanup', '--latest')).toBe('');
    expect(await machine.ok('ps', '-aq', '--no-trunc', '--latest')).toBe(id);
    expect(await machine.proa('container', 'cleanup', '--rmi', '--exec=x', 'latest')).toMatchObject({
      code: 125,
    });
    expect(await machine.ok('container', 'cleanup', '--latest', '--rm', '--rmi')).toBe(id);
    expect(await machine.ok('ps', '-a', '--format={{.Names}}')).toBe('older');
    expect(await volumes()).toBe('');
    expect(await machine.ok('images', '--format={{.Repository}}')).toBe(IMAGE);
    // Its image is still older's.
    expect(await machine.ok('container', 'cleanup', '--rm', 'older')).toBe('older');
  });

  test('one that runs stays', async () => {
    await machine.ok('run', '-d', '--name=on', '--network=none', IMAGE, 'sleep', '100');
    expect(await machine.proa('container', 'cleanup', 'on')).toEqual({ code: 0, out: '', err: '' });
    expect(await machine.proa('container', 'cleanup', '--rm', 'on')).toMatchObject({
      code: 125,
      err: expect.stringMatching(/remove container on: it is running/),
    });
    expect(await machine.ok('ps', '--format={{.Names}}')).toBe('on');
  });
});
