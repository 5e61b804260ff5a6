// `--restart`: what comes back, how often, and what keeps it from coming back.
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  const state = (name: string) => machine.inspect(name, '{{json .State}}');
  const status = (name: string) => machine.ok('ps', '-a', `--filter=name=^${name}$`, '--format={{.State}}');

  const counts = async (name: string) =>
    Number(await machine.ok('container', 'inspect', '--format={{.RestartCount}}', name));

  test('on-failure:N tries N times', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name=fails',
      '--network=none',
      '--restart=on-failure:2',
      IMAGE,
      'sh',
      '-c',
      'echo try; exit 4',
    );
    await eventually(async () => (await machine.ok('logs', 'fails')) === 'try\ntry\ntry');
    await Bun.sleep(500);
    expect(await machine.ok('logs', 'fails')).toBe('try\ntry\ntry');
    expect(await counts('fails')).toBe(2);
    expect(await state('fails')).toMatchObject({ Status: 'exited', ExitCode: 4 });
  });

  test('on-failure leaves a success alone', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name=succeeds',
      '--network=none',
      '--restart=on-failure',
      IMAGE,
      'echo',
      'once',
    );
    await eventually(async () => (await status('succeeds')) === 'exited');
    await Bun.sleep(400);
    expect(await machine.ok('logs', 'succeeds')).toBe('once');
  });

  test('always restarts also after success, and after its process was killed', async () => {
    const script = 'echo up; [ -e /second ] && exec sleep 1000; touch /second';
    const words = ['--name=forever', '--network=none', '--restart=always', IMAGE, 'sh', '-c', script];
    const { err } = await machine.proa('run', '-d', ...words);
    // No systemd, or another --root than it looks into.
    expect(err).toMatch(
      /^After a reboot nothing starts .*proa start --all --filter should-start-on-boot=true\n$/,
    );
    await eventually(async () => (await machine.ok('logs', 'forever')) === 'up\nup');
    await eventually(async () => (await state('forever')).Running);
    const { Pid } = await state('forever');
    await machine.as(['kill', '-9', String(Pid)]);
    expect(
      await eventually(
        async () => machine.ok('logs', 'forever'),
        (text) => text === 'up\nup\nup',
      ),
    ).toBe('up\nup\nup');
    await machine.ok('stop', '-t', '0', 'forever');
    await Bun.sleep(500);
    expect(await status('forever')).toBe('exited');
  });

  test('stop cancels a restart that waits for its pause', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name=pauses',
      '--network=none',
      '--restart=always',
      IMAGE,
      'sh',
      '-c',
      'echo try; exit 1',
    );
    // After four ends the pause is 0.8 seconds.
    await eventually(async () => (await counts('pauses')) >= 3);
    await eventually(async () => (await status('pauses')) === 'exited');
    await machine.ok('stop', 'pauses');
    const log = await machine.ok('logs', 'pauses');
    await Bun.sleep(1200);
    expect(await machine.ok('logs', 'pauses')).toBe(log);
    expect(await status('pauses')).toBe('exited');
    // A start of one's own makes it hold again.
    await machine.ok('start', 'pauses');
    expect(await eventually(async () => (await machine.ok('logs', 'pauses')).length > log.length + 4)).toBe(
      true,
    );
  }, 60_000);

  test('rm -f ends one that keeps coming back', async () => {
    const words = ['run', '-d', '--network=none', '--restart=always'];
    const { err } = await machine.proa(...words, '--name=comes', IMAGE, 'false');
    // Said before, as containers with this policy were made here.
    expect(err).toBe('');
    await eventually(async () => (await counts('comes')) >= 1);
    await machine.ok('rm', '-f', 'comes');
    await Bun.sleep(500);
    expect(await machine.ok('ps', '-aq')).toBe('');
  });
});
