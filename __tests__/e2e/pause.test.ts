// pause and unpause: the processes stand still, and go on where they were.
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const COUNTS = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done';

describeAs('root', (machine) => {
  const run = (name: string, ...options: string[]) =>
    machine.ok('run', '-d', `--name=${name}`, '--network=none', ...options, IMAGE, 'sh', '-c', COUNTS);
  const count = async (name: string) => Number((await machine.ok('logs', '--tail=1', name)) || 0);

  test('what is paused does not move, says so, and goes on', async () => {
    await run('counts');
    await eventually(async () => (await count('counts')) > 2);
    expect(await machine.ok('pause', 'counts')).toBe('counts');
    // What was written in the moment of the freeze may still be on its way to the log.
    await Bun.sleep(50);
    const stopped = await count('counts');
    await Bun.sleep(200);
    expect(await count('counts')).toBe(stopped);
    expect(await machine.ok('ps', '--format={{.Status}}')).toMatch(/\(Paused\)$/);
    expect(await machine.inspect('counts', '{{json .State}}')).toMatchObject({
      Status: 'paused',
      Paused: true,
      Running: true,
    });
    expect(await machine.proa('pause', 'counts')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('exec', 'counts', 'true')).toMatchObject({ code: 1, out: '' });

    expect(await machine.ok('unpause', 'counts')).toBe('counts');
    await eventually(async () => (await count('counts')) > stopped);
    expect(await machine.proa('unpause', 'counts')).toMatchObject({ code: 1, out: '' });
  });

  test('several, by filter, --all and --latest; one that is no good does not keep the others', async () => {
    const [a, b] = [await run('a', '--label=pauses=yes'), await run('b')];
    expect(await machine.ok('pause', '--filter=label=pauses=yes')).toBe(a);
    expect(await machine.ok('pause', '--all')).toBe(b);
    expect(await machine.ok('ps', '-q', '--no-trunc', '--filter=status=paused')).toBe(`${b}\n${a}`);
    expect((await machine.ok('unpause', '-a')).split('\n').sort()).toEqual([a, b].sort());
    expect(await machine.ok('pause', '--latest')).toBe(b);
    expect(await machine.proa('pause', 'nobody', 'a')).toMatchObject({
      code: 1,
      out: 'a\n',
      err: expect.stringContaining('nobody'),
    });
    await machine.ok('create', '--name=idle', IMAGE, 'true');
    expect(await machine.proa('pause', 'idle')).toMatchObject({
      code: 1,
      err: expect.stringContaining('not running'),
    });
  });

  test('a paused container is stopped and removed all the same', async () => {
    await run('kept');
    await run('gone');
    await machine.ok('pause', '-a');
    await machine.ok('stop', '-t=0', 'kept');
    expect(await machine.inspect('kept', '{{json .State.Status}}')).toBe('exited');
    await machine.ok('rm', '-f', 'gone', 'kept');
    expect(await machine.ok('ps', '-aq')).toBe('');
  });
});
