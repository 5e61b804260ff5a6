// start: which containers, attached or not, and how failures of some are told.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('by name, prefix, filter, --latest and --all; one that fails does not keep the others', async () => {
    const create = (name: string, ...words: string[]) =>
      machine.ok('create', `--name=${name}`, '--network=none', `--label=is=${name}`, IMAGE, ...words);
    const [a, b] = [await create('a', 'true'), await create('b', 'sleep', '100')];
    const states = async () =>
      (await machine.ok('ps', '-a', '--sort=names', '--format={{.Names}} {{.State}}')).split('\n');

    expect(await machine.proa('start', '--filter=label=is=nobody')).toMatchObject({ code: 0, out: '' });
    expect(await machine.proa('start', '--filter=label=is=b', 'a', 'b')).toMatchObject({
      code: 0,
      out: 'b\n',
    });
    expect(await states()).toEqual(['a created', 'b running']);
    expect(await machine.ok('start', '--latest')).toBe(b);
    expect(await machine.ok('start', '--all')).toBe(a);
    expect(await machine.ok('wait', 'a')).toBe('0');

    await create('bad', 'no-such-command');
    const { code, out, err } = await machine.proa('start', 'bad', 'nobody', a.slice(0, 20));
    expect({ code, out }).toEqual({ code: 1, out: `${a.slice(0, 20)}\n` });
    expect(err).toMatch(/no-such-command[\s\S]*find container nobody: no such container/);
    expect(await machine.proa('start', '-a', 'bad')).toMatchObject({ code: 1 });
  });

  test('attached: the output, the exit code, and only one at once', async () => {
    await machine.ok('create', '-i', '--name=cat', '--network=none', IMAGE, 'sh', '-c', 'cat; exit 7');
    expect(await machine.proaWith({ stdin: 'words\n' }, 'start', '-ai', '--latest')).toMatchObject({
      code: 7,
      out: 'words\n',
    });
    await machine.ok('create', '--name=other', IMAGE, 'true');
    expect(await machine.proa('start', '-a', 'cat', 'other')).toMatchObject({
      code: 1,
      err: expect.stringContaining('only one can be attached to at once'),
    });
  });

  test('contradictions are refused before anything starts', async () => {
    const id = await machine.ok('create', '--name=c', IMAGE, 'true');
    for (const words of [['--all', 'c'], ['--latest', 'c'], ['--all', '--latest'], ['--all=false']]) {
      expect(await machine.proa('start', ...words)).toMatchObject({ code: 125, out: '' });
    }
    expect(await machine.ok('ps', '-aq', '--no-trunc', '--filter=status=created')).toBe(id);
  });
});
