import { existsSync, readFileSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';
import { UserSystemd, whyNoSystemd } from './support/systemd.ts';

interface Health {
  Status: string;
  FailingStreak: number;
  Log: { Start: string; End: string; ExitCode: number; Output: string }[];
}

const health = (machine: Machine, name: string): Promise<Health | null> =>
  machine.inspect(name, '{{with .State.Health}}{{json .}}{{else}}null{{end}}');

/** Waits until the health is so. */
async function becomes(machine: Machine, name: string, status: string): Promise<Health> {
  const now = await eventually(
    () => health(machine, name),
    (state) => state?.Status === status,
  );
  expect(now?.Status).toBe(status);
  return now!;
}

const timers = (machine: Machine): string[] =>
  processesOf(machine.traces).filter((line) => line.includes('proa-health') || line.includes(': sleep 0.'));

/** A detached container that sleeps. */
function run(machine: Machine, name: string, ...options: string[]): Promise<string> {
  return machine.ok(
    'run',
    '-d',
    `--name=${name}`,
    '--network=none',
    '--stop-timeout=0',
    ...options,
    IMAGE,
    'sleep',
    '100',
  );
}

describeAs(['root', 'user'], (machine) => {
  test('checked while it runs: starting, unhealthy, healthy; nothing stays behind', async () => {
    const since = Date.now() / 1000;
    const id = await run(
      machine,
      'web',
      '--health-cmd',
      'test -e /tmp/ok && echo fine',
      '--health-interval=0.3s',
      '--health-retries=2',
    );
    expect(await health(machine, 'web')).toEqual({ Status: 'starting', FailingStreak: 0, Log: [] });
    expect(await machine.ok('ps', '--format={{.Status}}')).toMatch(/^Up .* \(health: starting\)$/);
    const ill = await becomes(machine, 'web', 'unhealthy');
    expect(ill.FailingStreak).toBeGreaterThanOrEqual(2);
    expect(ill.Log[0]).toEqual({
      Start: expect.any(String),
      End: expect.any(String),
      ExitCode: 1,
      Output: '',
    });
    expect(await machine.ok('ps', '--format={{.Status}}')).toMatch(/ \(unhealthy\)$/);
    await machine.ok('exec', 'web', 'touch', '/tmp/ok');
    expect(await machine.ok('wait', '--condition=healthy', 'web')).toBe('-1');
    const well = await becomes(machine, 'web', 'healthy');
    expect(well).toMatchObject({ FailingStreak: 0 });
    expect(well.Log.at(-1)).toMatchObject({ ExitCode: 0, Output: 'fine\n' });
    expect(timers(machine)).not.toEqual([]);
    await machine.ok('stop', 'web');
    expect(
      await eventually(
        () => timers(machine),
        (left) => left.length === 0,
      ),
    ).toEqual([]);
    // As Docker, which keeps the log.
    expect(await health(machine, 'web')).toMatchObject({
      Status: 'unhealthy',
      Log: expect.arrayContaining([well.Log.at(-1)]),
    });
    const told = await machine.ok(
      'events',
      '--stream=false',
      `--since=${since}`,
      '-f',
      'event=health_status',
      '--format={{.Action}} {{.ID}} {{.HealthStatus}}',
    );
    expect(told).toBe(`health_status: unhealthy ${id} unhealthy\nhealth_status: healthy ${id} healthy`);
    await machine.ok('start', 'web');
    expect(await health(machine, 'web')).toMatchObject({ Status: 'starting', FailingStreak: 0 });
    await becomes(machine, 'web', 'healthy');
  });
});

describeAs('root', (machine) => {
  test('a check on request: 0, 1, or 125 with the reason', async () => {
    await run(
      machine,
      'asked',
      '--health-cmd',
      'cat /state; exit $(cat /state)',
      '--health-interval=disable',
      '--health-retries=1',
    );
    await machine.ok('exec', 'asked', 'sh', '-c', 'printf 3 > /state');
    expect(await machine.proa('healthcheck', 'run', 'asked')).toEqual({
      code: 1,
      out: 'unhealthy\n',
      err: '',
    });
    expect(await health(machine, 'asked')).toMatchObject({
      Status: 'unhealthy',
      Log: [{ ExitCode: 3, Output: '3' }],
    });
    expect((await machine.proa('healthcheck', 'run', '--ignore-result', 'asked')).code).toBe(0);
    await machine.ok('exec', 'asked', 'sh', '-c', 'printf 0 > /state');
    expect(await machine.proa('healthcheck', 'run', 'asked')).toEqual({ code: 0, out: '', err: '' });
    expect(await health(machine, 'asked')).toMatchObject({ Status: 'healthy' });
    expect(timers(machine)).toEqual([]);
    await machine.ok('pause', 'asked');
    expect(await machine.proa('healthcheck', 'run', 'asked')).toMatchObject({
      code: 125,
      err: expect.stringContaining('paused'),
    });
    await machine.ok('unpause', 'asked');
    await machine.ok('stop', 'asked');
    expect(await machine.proa('healthcheck', 'run', 'asked')).toMatchObject({
      code: 125,
      err: expect.stringContaining('not running'),
    });
    await machine.ok('create', '--name=none', IMAGE);
    expect(await machine.proa('healthcheck', 'run', 'none')).toMatchObject({
      code: 125,
      err: expect.stringContaining('no health check'),
    });
    expect(await machine.proa('healthcheck', 'run', 'nobody')).toMatchObject({
      code: 125,
      err: expect.stringContaining('nobody'),
    });
  });

  test('a check that takes too long is ended, with all that it started', async () => {
    await run(
      machine,
      'slow',
      '--health-cmd',
      'echo begun; sleep 77',
      '--health-interval=disable',
      '--health-timeout=0.3s',
      '--health-retries=1',
    );
    expect((await machine.proa('healthcheck', 'run', 'slow')).code).toBe(1);
    expect(await health(machine, 'slow')).toMatchObject({
      Status: 'unhealthy',
      Log: [{ ExitCode: -1, Output: 'Health check exceeded timeout (300ms)' }],
    });
    expect(await machine.ok('exec', 'slow', 'ps')).not.toContain('sleep 77');
  });

  test('start period and start interval: failures do not count, and it is looked at more often', async () => {
    await run(
      machine,
      'eager',
      ...[
        '--health-cmd',
        'test -e /ok',
        '--health-interval=1h',
        '--health-retries=1',
        '--health-start-period=1h',
        '--health-start-interval=0.2s',
      ],
    );
    const failed = await eventually(
      () => health(machine, 'eager'),
      (state) => state!.Log.length >= 2,
    );
    expect(failed).toMatchObject({
      Status: 'starting',
      FailingStreak: 0,
      Log: expect.arrayContaining([expect.objectContaining({ ExitCode: 1 })]),
    });
    await machine.ok('exec', 'eager', 'touch', '/ok');
    const { Log } = await becomes(machine, 'eager', 'healthy');
    // From now on the long interval.
    await Bun.sleep(500);
    expect((await health(machine, 'eager'))!.Log).toEqual(Log);
  });

  test('what is done when it fails: stop, kill, restart', async () => {
    const ill = ['--health-cmd=false', '--health-interval=0.2s', '--health-retries=1'];
    await Promise.all([
      run(machine, 'stops', ...ill, '--health-on-failure=stop'),
      run(machine, 'killed', ...ill, '--health-on-failure=kill'),
      run(machine, 'again', ...ill, '--health-on-failure=restart'),
    ]);
    for (const name of ['stops', 'killed']) {
      expect(
        await eventually(
          () => machine.inspect(name, '{{json .State.Status}}'),
          (status) => status === 'exited',
        ),
      ).toBe('exited');
    }
    expect(
      await eventually(
        () => machine.inspect('again', '{{json .RestartCount}}'),
        (count) => count > 0,
      ),
    ).toBeGreaterThan(0);
  });

  test('a start-up check comes first; what does not get through it is started anew', async () => {
    const often = ['--health-interval=0.2s', '--health-startup-interval=0.2s'];
    await run(machine, 'boots', ...often, '--health-cmd=true', '--health-startup-cmd', 'test -e /up');
    await run(
      machine,
      'stuck',
      ...often,
      '--health-cmd=true',
      '--health-startup-cmd=false',
      '--health-startup-retries=2',
    );
    await eventually(
      () => health(machine, 'boots'),
      (state) => state!.Log.length > 0,
    );
    expect(await health(machine, 'boots')).toMatchObject({ Status: 'starting' });
    await machine.ok('exec', 'boots', 'touch', '/up');
    await becomes(machine, 'boots', 'healthy');
    expect(
      await eventually(
        () => machine.inspect('stuck', '{{json .RestartCount}}'),
        (count) => count > 0,
      ),
    ).toBeGreaterThan(0);
  });

  test("the image's HEALTHCHECK, changed by options and left out; where checks are logged", async () => {
    await machine.ok(
      'import',
      ...['--change', 'HEALTHCHECK --interval=1h --retries=7 CMD echo from the image'],
      machine.imageTar,
      'checked',
    );
    await machine.ok('create', '--name=as-is', 'checked', 'sleep', '1');
    await machine.ok(
      'create',
      '--name=changed',
      '--health-retries=2',
      '--health-cmd',
      '["echo", "mine"]',
      'checked',
      'sleep',
      '1',
    );
    await machine.ok('create', '--name=off', '--no-healthcheck', 'checked', 'sleep', '1');
    const test = (name: string) => machine.inspect(name, '{{json .Config.Healthcheck}}');
    expect(await test('as-is')).toMatchObject({
      Test: ['CMD-SHELL', 'echo from the image'],
      Interval: 3.6e12,
      Retries: 7,
    });
    expect(await test('changed')).toMatchObject({
      Test: ['CMD', 'echo', 'mine'],
      Interval: 3.6e12,
      Retries: 2,
    });
    expect(await test('off')).toMatchObject({ Test: ['NONE'] });
    const folder = await machine.makeFolder('checks');
    const id = await machine.ok(
      ...['run', '-d', '--network=none', '--name=logged', `--health-log-destination=${folder}`],
      ...['--health-max-log-count=2', '--health-max-log-size=4', 'checked', 'sleep', '100'],
    );
    for (let i = 0; i < 3; i++) await machine.ok('healthcheck', 'run', 'logged');
    expect((await health(machine, 'logged'))!.Log.map(({ Output }) => Output)).toEqual([
      'from...',
      'from...',
    ]);
    const file = `${folder}/${id}-healthcheck.log`;
    expect(existsSync(file) && readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(3);
    await machine.ok('rmi', '-f', 'checked');
  });

  test('what cannot be is refused', async () => {
    const refused = async (...options: string[]) => machine.proa('create', ...options, IMAGE);
    expect(await refused('--no-healthcheck', '--health-cmd=true')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--no-healthcheck'),
    });
    expect(await refused('--health-cmd=true', '--health-interval=1us')).toMatchObject({
      code: 1,
      err: expect.stringContaining('1ms'),
    });
    expect(await refused('--health-cmd=true', '--health-retries=-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('negative'),
    });
    expect(await refused('--health-on-failure=cry')).toMatchObject({ code: 125 });
    expect(await refused('--health-startup-retries=2')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--health-startup-cmd'),
    });
  });
});

describeAs(
  'user',
  (machine) => {
    test('where systemd answers, a timer unit asks for the checks, and no process waits', async () => {
      await using systemd = await UserSystemd.start(machine);
      const units = () => systemd.ctl('list-units', '--all', '--plain', '--no-legend', 'proa-health-*');
      await run(
        machine,
        'unit',
        ...[
          '--health-cmd',
          'test -e /ok',
          '--health-interval=1h',
          '--health-start-period=1h',
          '--health-start-interval=0.3s',
        ],
      );
      const first = /^proa-health-\S+\.timer/m.exec(await units())?.[0];
      expect(first).toBeDefined();
      expect(timers(machine).filter((line) => line.includes('trap'))).toEqual([]);
      expect(
        await eventually(
          () => health(machine, 'unit'),
          (state) => state!.Log.length >= 2,
        ),
      ).toMatchObject({ Status: 'starting' });
      await machine.ok('exec', 'unit', 'touch', '/ok');
      await becomes(machine, 'unit', 'healthy');
      // Another interval is another unit.
      const second = await eventually(units, (text) => !text.includes(first!) && text.includes('.timer'));
      expect(second.match(/\.timer /g)).toHaveLength(1);
      await machine.ok('rm', '-f', 'unit');
      expect(await eventually(units, (text) => text === '')).toBe('');
    });
  },
  { skip: whyNoSystemd() },
);
