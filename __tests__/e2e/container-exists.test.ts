// container exists: an answer by the exit code alone.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('by name, id and prefix', async () => {
    const id = await machine.ok('create', '--name=c', IMAGE);
    for (const name of ['c', id, id.slice(0, 10)]) {
      expect(await machine.proa('container', 'exists', name)).toEqual({ code: 0, out: '', err: '' });
    }
    expect(await machine.proa('container', 'exists', 'nobody')).toEqual({ code: 1, out: '', err: '' });
  });
});
