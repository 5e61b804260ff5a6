// kill: --all, --latest, --cidfile, and what cannot be killed.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('all that run or are paused; the others are an error only by name', async () => {
    const run = (name: string, ...options: string[]) =>
      machine.ok('run', '-d', `--name=${name}`, '--network=none', ...options, IMAGE, 'sleep', '100');
    const file = `${machine.folder}/cid`;
    const [a, b, c] = [await run('a', `--cidfile=${file}`), await run('b'), await run('c')];
    await machine.ok('pause', 'b');
    expect(await machine.ok('kill', '--latest')).toBe(c);
    expect((await machine.ok('kill', '--all')).split('\n').sort()).toEqual([a, b].sort());
    expect(await machine.ok('wait', 'a', 'b', 'c')).toBe('137\n137\n137');
    expect(await machine.proa('kill', '--all')).toMatchObject({ code: 0, out: '' });
    expect(await machine.proa('kill', '--cidfile', file)).toMatchObject({
      code: 1,
      err: expect.stringContaining('kill container a: it is not running'),
    });
  });
});
