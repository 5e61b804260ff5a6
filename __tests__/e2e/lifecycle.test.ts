// From create to rm: states, signals, exit codes, names.
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

/** A container that lives until a signal, and says which. */
const WAITS =
  'trap "echo TERM; exit 10" TERM; trap "echo INT; exit 11" INT; trap "echo USR1" USR1; echo up; while :; do sleep 0.02; done';

describeAs(['root', 'user'], (machine) => {
  const create = (name: string, script: string, ...options: string[]) =>
    machine.ok('create', `--name=${name}`, '--network=none', ...options, IMAGE, 'sh', '-c', script);
  const run = async (name: string, script: string, ...options: string[]) => {
    await create(name, script, ...options);
    await machine.ok('start', name);
    await eventually(async () => (await machine.ok('logs', name)) !== '');
  };
  const state = (name: string) => machine.inspect(name, '{{json .State}}');
  const status = (name: string) => machine.ok('ps', '-a', `--filter=name=^${name}$`, '--format={{.State}}');

  test('create, start, stop, start again, rm', async () => {
    const id = await create('c', `echo run >> /runs; ${WAITS}`);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await status('c')).toBe('created');
    expect(await machine.ok('ps', '-q')).toBe('');

    expect(await machine.ok('start', 'c')).toBe('c');
    expect(await state('c')).toMatchObject({ Status: 'running', Running: true, ExitCode: 0 });
    expect(await machine.ok('ps', '--format={{.Names}} {{.Status}}')).toMatch(
      /^c Up (\d+|Less than a) second/,
    );
    expect(await machine.ok('start', 'c')).toBe('c');
    await eventually(async () => (await machine.ok('logs', 'c')) === 'up');

    expect(await machine.ok('stop', 'c')).toBe('c');
    expect(await state('c')).toMatchObject({ Status: 'exited', Running: false, ExitCode: 10, Pid: 0 });
    expect(await machine.ok('stop', 'c')).toBe('c');

    // What it wrote is there in its second life.
    await machine.ok('start', 'c');
    await eventually(async () => (await machine.ok('exec', 'c', 'cat', '/runs')) === 'run\nrun');
    expect(await machine.ok('exec', 'c', 'cat', '/runs')).toBe('run\nrun');
    await machine.ok('stop', 'c');
    expect(await machine.ok('logs', 'c')).toBe('up\nTERM\nup\nTERM');
    expect(await machine.ok('rm', 'c')).toBe('c');
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('the process that inspect names is the container’s', async () => {
    await run('c', WAITS);
    const { Pid } = await state('c');
    const { out } = await machine.as(['cat', `/proc/${Pid}/cmdline`]);
    expect(out.replaceAll('\0', ' ')).toMatch(/^sh -c trap/);
  });

  test('stop sends the stop signal, and SIGKILL after the timeout', async () => {
    await run('interrupted', WAITS, '--stop-signal=SIGINT');
    await machine.ok('stop', 'interrupted');
    expect((await state('interrupted')).ExitCode).toBe(11);

    await run('deaf', 'trap "" TERM; echo up; while :; do sleep 0.02; done');
    const begin = performance.now();
    await machine.ok('stop', '-t', '1', 'deaf');
    const took = performance.now() - begin;
    expect((await state('deaf')).ExitCode).toBe(137);
    expect(took).toBeGreaterThan(1000);
    expect(took).toBeLessThan(3000);

    await run('own', 'trap "" TERM; echo up; while :; do sleep 0.02; done', '--stop-timeout=0');
    await machine.ok('stop', 'own');
    expect((await state('own')).ExitCode).toBe(137);
  });

  test('kill sends any signal, by name or number', async () => {
    await run('c', WAITS);
    expect(await machine.ok('kill', '-s', 'USR1', 'c')).toBe('c');
    await eventually(async () => /USR1/.test(await machine.ok('logs', 'c')));
    expect(await machine.ok('logs', 'c')).toBe('up\nUSR1');
    await machine.ok('kill', '--signal=10', 'c');
    expect(
      await eventually(
        () => machine.ok('logs', 'c'),
        (text) => text === 'up\nUSR1\nUSR1',
      ),
    ).toBe('up\nUSR1\nUSR1');
    await machine.ok('kill', 'c');
    expect(await machine.ok('wait', 'c')).toBe('137');
    const again = await machine.proa('kill', 'c');
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining('kill container c: it is not running'),
    });
    expect(await machine.proa('kill', '-s', 'NONSENSE', 'c')).toMatchObject({
      code: 1,
      err: expect.stringContaining('NONSENSE'),
    });
  });

  test('restart', async () => {
    await run('c', WAITS);
    const before = await state('c');
    expect(await machine.ok('restart', 'c')).toBe('c');
    const after = await state('c');
    expect(after.Running).toBe(true);
    expect(after.Pid).not.toBe(before.Pid);
    await machine.ok('stop', 'c');
    await machine.ok('restart', 'c');
    expect((await state('c')).Running).toBe(true);
  });

  test('wait prints the exit codes in the order of the names', async () => {
    await run('slow', 'echo up; sleep 0.3; exit 5');
    await run('ended', 'echo up; exit 6');
    expect(await machine.ok('wait', 'slow', 'ended')).toBe('5\n6');
    expect(await machine.proa('wait', 'nobody')).toMatchObject({
      code: expect.any(Number),
      err: expect.stringContaining('nobody'),
    });
  });

  test('wait and a foreground run both learn the end of an --rm container', async () => {
    const child = machine.start(
      'run',
      '--rm',
      '--name=brief',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'sleep 0.4; exit 8',
    );
    await eventually(async () => (await status('brief')) === 'running');
    expect(await machine.ok('wait', 'brief')).toBe('8');
    expect(await child.exited).toBe(8);
    expect(
      await eventually(
        () => machine.ok('ps', '-aq'),
        (text) => text === '',
      ),
    ).toBe('');
  });

  test('rm wants --force for one that runs, and takes several', async () => {
    await run('c', WAITS);
    const refused = await machine.proa('rm', 'c');
    expect(refused).toMatchObject({
      out: '',
      err: 'Error: remove container c: it is running\nproa stop c, or proa rm --force c\n',
    });
    expect(refused.code).not.toBe(0);
    await create('other', 'true');
    expect(await machine.ok('rm', '-f', 'c', 'other')).toBe('c\nother');
    expect(await machine.proa('rm', 'c')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no such container'),
    });
    expect(await machine.proa('rm', '-f', 'c')).toMatchObject({ code: 0 });
  });

  test('one bad name of several does not keep the others', async () => {
    await create('good', 'true');
    const { code, out, err } = await machine.proa('rm', 'nobody', 'good');
    expect({ code, out, err }).toEqual({ code: 1, out: 'good\n', err: expect.stringContaining('nobody') });
  });

  test('names: given ones are unique, free again after rm; others are made up', async () => {
    const id = await create('taken', 'true');
    const before = await machine.disk();
    const clash = await machine.proa('create', '--name=taken', IMAGE);
    expect(clash).toMatchObject({
      code: 1,
      err: `Error: use container name "taken": it is in use by container ${id.slice(0, 12)}\nRemove or rename that container first: proa rm taken\n`,
    });
    expect(await machine.disk()).toEqual(before);
    await machine.ok('rm', 'taken');
    await create('taken', 'true');
    await machine.ok('create', IMAGE);
    const names = (await machine.ok('ps', '-a', '--format={{.Names}}')).split('\n').sort();
    expect(names).toHaveLength(2);
    expect(names.find((name) => name !== 'taken')).toMatch(/^[a-z]+_[a-z]+$/);
    for (const bad of ['-x', 'a/b', 'a b', '.']) {
      expect(await machine.proa('create', `--name=${bad}`, IMAGE)).toMatchObject({
        code: 1,
        err: expect.stringContaining('only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed'),
      });
    }
  });

  test('containers are found by id, by a beginning of it, and by name; an ambiguous beginning lists them', async () => {
    const ids: string[] = [];
    while (new Set(ids.map((id) => id[0])).size === ids.length)
      ids.push(await machine.ok('create', IMAGE, 'true'));
    const last = ids.at(-1)!;
    expect(await machine.inspect(last.slice(0, 8), '{{json .Id}}')).toBe(last);
    expect(await machine.inspect(last, '{{json .Id}}')).toBe(last);
    const twins = ids.filter((id) => id[0] === last[0]);
    const { code, err } = await machine.proa('start', last[0]!);
    expect(code).toBe(1);
    for (const id of twins) expect(err).toContain(id.slice(0, 12));
    await machine.ok('create', `--name=${last.slice(0, 6)}`, IMAGE, 'true');
    expect(await machine.inspect(last.slice(0, 6), '{{json .Id}}')).not.toBe(last);
  }, 60_000);
});

describeAs('root', (machine) => {
  test('each verb also stands under its group', async () => {
    await machine.ok('container', 'create', '--name=c', '--network=none', IMAGE, 'sleep', '100');
    await machine.ok('container', 'start', 'c');
    expect(await machine.ok('container', 'ls', '--format={{.Names}}')).toBe('c');
    expect(await machine.ok('container', 'exec', 'c', 'echo', 'in')).toBe('in');
    await machine.ok('container', 'stop', '-t', '0', 'c');
    expect(await machine.ok('container', 'wait', 'c')).toBe('137');
    await machine.ok('container', 'rm', 'c');
    expect(await machine.ok('image', 'ls', '-q')).toBe(await machine.ok('images', '-q'));
  });

  test('a long --runroot, in which sockets’ paths would not fit', async () => {
    const long = `${machine.folder}/${'long-'.repeat(20)}`;
    const command = [...machine.command(), `--runroot=${long}`];
    const proa = (...args: string[]) => machine.as([...command, ...args]);
    expect(await proa('run', '--rm', '--network=none', IMAGE, 'echo', 'fits')).toMatchObject({
      code: 0,
      out: 'fits\n',
    });
    expect(await proa('run', '-d', '--name=long', '--network=none', IMAGE, 'sleep', '100')).toMatchObject({
      code: 0,
    });
    expect(await proa('exec', 'long', 'echo', 'in')).toMatchObject({ code: 0, out: 'in\n' });
    expect(await proa('rm', '-f', 'long')).toMatchObject({ code: 0 });
    await machine.as(['rm', '-rf', long]);
  });
});
