// stop: choosing, waiting, and the signal.
import { readFileSync, writeFileSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const OBEYS = 'trap "exit 3" TERM; trap "exit 4" INT; echo up; while :; do sleep 0.02; done';

describeAs('root', (machine) => {
  const run = async (name: string, ...options: string[]) => {
    const words = ['run', '-d', `--name=${name}`, '--network=none', ...options, IMAGE, 'sh', '-c', OBEYS];
    const id = await machine.ok(...words);
    await eventually(async () => (await machine.ok('logs', name)) === 'up');
    return id;
  };
  const exitCode = (name: string) => machine.inspect(name, '{{json .State.ExitCode}}');

  test('several names, cid files, filters, --all, --ignore; the signal of --signal', async () => {
    const file = `${machine.folder}/cid`;
    const a = await run('a', `--cidfile=${file}`);
    expect(readFileSync(file, 'utf8')).toBe(a);
    const [b, c] = [await run('b', '--label=stops=yes'), await run('c')];
    expect(await machine.ok('stop', '--cidfile', file)).toBe(a);
    expect(await exitCode('a')).toBe(3);
    expect(await machine.ok('stop', '--signal=INT', '--filter=label=stops=yes')).toBe(b);
    expect(await exitCode('b')).toBe(4);
    // All that run: of the others nothing is said.
    expect(await machine.ok('stop', '--all', '--time=-1')).toBe(c);
    expect(await exitCode('c')).toBe(3);

    const { code, out, err } = await machine.proa('stop', 'nobody', 'c');
    expect({ code, out, err }).toEqual({ code: 1, out: 'c\n', err: expect.stringContaining('nobody') });
    expect(await machine.ok('stop', '--ignore', 'nobody', '--cidfile', `${file}-missing`, 'c')).toBe('c');
    writeFileSync(file, '');
    // What the machine's shutdown stops starts again at its boot; what a person stopped only with `always`.
    await machine.ok('update', '--restart=unless-stopped', 'a', 'b');
    await machine.ok('update', '--restart=always', 'c');
    expect(await machine.ok('start', '--filter=should-start-on-boot=true')).toBe(c);
    await machine.ok('start', 'a', 'b');
    expect(
      (await machine.ok('stop', '--at-shutdown', '--time=-1', '--filter=name=^[ac]$')).split('\n'),
    ).toHaveLength(2);
    await machine.ok('stop', '--time=-1', 'b');
    const onBoot = () => machine.ok('ps', '-a', '--filter=should-start-on-boot=1', '--format={{.Names}}');
    expect((await onBoot()).split('\n').sort()).toEqual(['a', 'c']);
    await machine.ok('stop', 'a');
    expect(await onBoot()).toBe('c');
    await machine.ok('start', 'b');
    expect((await onBoot()).split('\n').sort()).toEqual(['b', 'c']);
    expect(await machine.proa('stop', '--cidfile', file)).toMatchObject({
      code: 125,
      err: expect.stringContaining('it is empty'),
    });
  });
});
