// system reset: everything goes, after a question.
import { existsSync, readdirSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('asks first; with --force all containers, images and volumes go', async () => {
    // A store of its own: the machine's is for the other tests.
    const folder = await machine.makeFolder('store');
    const place = [`--root=${folder}/r`, `--runroot=${folder}/rr`];
    const ok = (...words: string[]) => machine.ok(...place, ...words);
    await ok('import', machine.imageTar, IMAGE);
    await ok('run', '-d', '--network=none', '-v=data:/d', IMAGE, 'sleep', '1000');
    const asked = await machine.proaWith({ stdin: 'n\n' }, ...place, 'system', 'reset');
    expect(asked.out + asked.err).toMatch(/\[y\/N\]/);
    expect((await ok('ps', '-q')).split('\n')).toHaveLength(1);
    expect(await ok('volume', 'ls', '-q')).toBe('data');

    await ok('system', 'reset', '--force');
    const left = (path: string) => (existsSync(path) ? readdirSync(path) : []);
    expect([...left(`${folder}/r`), ...left(`${folder}/rr`)]).toEqual([]);
    // The next command begins anew.
    expect(await ok('images', '-q')).toBe('');
    await ok('system', 'reset', '--force');
  });
});
