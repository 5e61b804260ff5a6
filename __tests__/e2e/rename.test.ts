// rename, while it runs and not.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('the old name is free, a taken or bad one is refused and changes nothing', async () => {
    await machine.ok('run', '-d', '--name=old', '--network=none', IMAGE, 'sleep', '100');
    expect(await machine.ok('rename', 'old', 'new')).toBe('');
    await machine.ok('create', '--name=old', IMAGE);
    expect(await machine.inspect('new', '{{json .State.Running}}')).toBe(true);
    for (const [from, to] of [
      ['new', 'old'],
      ['new', 'new'],
      ['new', 'a/b'],
      ['new', ''],
      ['nobody', 'somebody'],
    ]) {
      expect(await machine.proa('rename', from!, to!)).toMatchObject({ code: 1, out: '' });
    }
    expect(await machine.ok('ps', '-a', '--sort=names', '--format={{.Names}}')).toBe('new\nold');
  });
});
