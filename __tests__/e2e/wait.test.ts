// wait: the end, and other conditions.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('conditions: states print -1, ends the exit code', async () => {
    const script = 'echo up; while ! test -e /end; do sleep 0.02; done; exit 5';
    await machine.ok('create', '--name=c', '--network=none', IMAGE, 'sh', '-c', script);
    expect(await machine.ok('wait', '--condition=created', 'c')).toBe('-1');
    expect(await machine.ok('wait', '--condition=not-running', 'c')).toBe('0');
    const running = machine.start('wait', '--interval=20ms', '--condition=running', 'c');
    const next = machine.start('wait', '--condition=next-exit', '--interval=20', 'c');
    const removed = machine.start('wait', '--condition=removed', '--interval=20ms', 'c');
    await Bun.sleep(100);
    await machine.ok('start', 'c');
    expect(await new Response(running.stdout).text()).toBe('-1\n');
    const either = machine.start('wait', '--condition=paused,exited', '--interval=20ms', '--latest');
    await machine.ok('exec', 'c', 'touch', '/end');
    expect(await new Response(next.stdout).text()).toBe('5\n');
    expect(await new Response(either.stdout).text()).toBe('5\n');
    await machine.ok('rm', 'c');
    expect(await new Response(removed.stdout).text()).toBe('5\n');
    expect(await Promise.all([running, next, either, removed].map((child) => child.exited))).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('--ignore, and what there is not', async () => {
    expect(await machine.ok('wait', '--ignore', 'nobody')).toBe('-1');
    expect(await machine.proa('wait', 'nobody')).toMatchObject({ code: 1, out: '' });
    expect(await machine.proa('wait', '--condition=bored', 'nobody')).toMatchObject({
      code: 125,
      err: expect.stringContaining('Conditions: stopped,'),
    });
  });
});
