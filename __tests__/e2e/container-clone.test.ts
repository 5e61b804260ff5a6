// container clone: settings and volumes, but not files.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('names, changed limits, another image, --run and --destroy', async () => {
    const words = [
      '--name=c',
      '--network=none',
      '-e',
      'A=1',
      '-v',
      'data:/data',
      '--memory=64m',
      '-h',
      'own',
    ];
    await machine.ok('run', ...words, IMAGE, 'sh', '-c', 'test ! -e /ran && touch /ran && touch /data/ran');
    const clone = (...args: string[]) => machine.ok('container', 'clone', ...args);
    await clone('c');
    await clone('--memory=96m', '--run', 'c');
    expect(await machine.ok('wait', 'c-clone1')).toBe('0');
    const [original, copy] = [await machine.inspect('c'), await machine.inspect('c-clone1')];
    expect(copy.Config).toEqual(original.Config);
    expect(copy.Mounts).toEqual(original.Mounts);
    expect([original, copy].map(({ HostConfig }) => HostConfig.Memory)).toEqual([64 << 20, 96 << 20]);

    await machine.ok('import', '--change', 'CMD ["true"]', machine.imageTar, 'other');
    await clone('--name=d', '--destroy', 'c', 'ignored', 'other');
    expect(await machine.inspect('d', '{{json .Config.Image}}')).toBe('other');
    expect(await machine.ok('ps', '-a', '--sort=names', '--format={{.Names}}')).toBe('c-clone\nc-clone1\nd');
    for (const bad of [['nobody'], ['d', 'c-clone'], ['d', 'e', 'no-such-image'], ['--force', 'd']]) {
      expect(await machine.proa('container', 'clone', ...bad)).toMatchObject({ code: 125, out: '' });
    }
    await machine.ok('rmi', '--force', 'other');
  });
});
