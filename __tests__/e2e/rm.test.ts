// rm: choosing, force, volumes, dependents.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('filters, --all, --ignore; running ones only by force; their volumes with -v', async () => {
    const create = (name: string, ...options: string[]) =>
      machine.ok('create', `--name=${name}`, '--network=none', ...options, IMAGE, 'sleep', '100');
    const a = await create('a', '--label=goes=yes', '-v', '/anonymous');
    const b = await create('b');
    const volume = (await machine.inspect('a')).Mounts[0].Name;
    expect(await machine.ok('rm', '-v', '--filter=label=goes=yes')).toBe(a);
    expect(await machine.proa('inspect', '--type=volume', volume)).toMatchObject({ code: 1 });
    await machine.ok('start', 'b');
    const c = await create('c');
    // The one that runs stays, the other one goes all the same.
    expect(await machine.proa('rm', '--all')).toMatchObject({
      code: 1,
      out: `${c}\n`,
      err: expect.stringContaining('remove container b: it is running'),
    });
    expect(await machine.proa('rm', '--time=1', 'b')).toMatchObject({ code: 125 });
    expect(await machine.ok('rm', '--ignore', 'nobody')).toBe('');
    expect(await machine.ok('rm', '--force', '--time=1', '--depend', '--all')).toBe(b);
    expect(await machine.proa('rm', '--link', 'web/db')).toMatchObject({
      code: 1,
      err: 'Error: remove link web/db: Proa does not link containers\n',
    });
  });
});
