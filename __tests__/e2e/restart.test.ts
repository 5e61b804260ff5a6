// restart: the container's lock is free while it takes its time to end, and --rm does not remove it meanwhile.
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('one that takes its time can be killed meanwhile, and starts again at once, also with --rm', async () => {
    const deaf = 'trap "" TERM; echo up; while :; do sleep 0.02; done';
    await machine.ok('run', '-d', '--rm', '--name=deaf', '--network=none', IMAGE, 'sh', '-c', deaf);
    await eventually(async () => (await machine.ok('logs', 'deaf')) === 'up');
    const pid = () => machine.inspect('deaf', '{{json .State.Pid}}');
    const before = await pid();
    const begin = performance.now();
    const restart = machine.start('restart', '--time=20', 'deaf');
    await Bun.sleep(200);
    expect(await machine.ok('kill', 'deaf')).toBe('deaf');
    expect(await restart.exited).toBe(0);
    expect(performance.now() - begin).toBeLessThan(10_000);
    const after = await pid();
    expect(after).toBeGreaterThan(0);
    expect(after).not.toBe(before);
    // Its own end removes it as before.
    await machine.ok('kill', 'deaf');
    expect(
      await eventually(
        () => machine.ok('ps', '-aq'),
        (text) => text === '',
      ),
    ).toBe('');
  });

  test('--running, --all and names', async () => {
    const idle = await machine.ok('create', '--name=idle', '--network=none', IMAGE, 'sleep', '100');
    const busy = await machine.ok('run', '-d', '--name=busy', '--network=none', IMAGE, 'sleep', '100');
    expect(await machine.ok('restart', '-t0', '--running')).toBe(busy);
    expect(await machine.ok('restart', '-t0', '--running', '--filter=name=idle')).toBe('');
    expect((await machine.ok('restart', '-t0', '--all')).split('\n').sort()).toEqual([idle, busy].sort());
    expect(await machine.proa('restart', '-t0', 'nobody', 'idle')).toMatchObject({ code: 1, out: 'idle\n' });
  });
});
