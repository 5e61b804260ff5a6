// `exec`: one more process in a running container.
import { writeFileSync } from 'node:fs';
import { eventually } from './support/child.ts';
import { processesOf } from './support/leftovers.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user', 'single'], (machine) => {
  const exec = (...words: string[]) => machine.proa('exec', ...words);
  const start = (...options: string[]) =>
    machine.ok('run', '-d', '--name=c', '--network=none', ...options, IMAGE, 'sleep', '1000');

  test('prints what the process prints, streams apart, and passes the exit code on', async () => {
    await start();
    expect(await exec('c', 'sh', '-c', 'echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      out: 'out\n',
      err: 'err\n',
    });
    expect(await exec('c', 'true')).toEqual({ code: 0, out: '', err: '' });
    expect((await exec('c', 'sh', '-c', 'kill -KILL $$')).code).toBe(137);
  });

  test.each([
    ['not found', 'no-such-command', 127],
    ['not executable', '/etc/not-executable', 126],
  ])('a command that is %s', async (_, command, code) => {
    await start();
    const failed = await exec('c', command);
    expect(failed).toMatchObject({ code, out: '', err: expect.stringContaining(command) });
    expect(failed.err).toMatch(/^Error: .*\n.*inside the container/);
  });

  test('sees the container’s processes, files and environment', async () => {
    await start('-e', 'GIVEN=1', '-w', '/etc', '-h', 'inside');
    const script = 'cat /proc/1/cmdline | tr "\\0" " "; echo; echo $GIVEN; pwd; hostname; echo made > /made';
    expect((await exec('c', 'sh', '-c', script)).out).toBe('sleep 1000 \n1\n/etc\ninside\n');
    expect((await exec('c', 'cat', '/made')).out).toBe('made\n');
  });

  test('--env, --env-file and --workdir', async () => {
    await start('-e', 'A=container', '-e', 'B=container');
    const file = `${machine.folder}/exec-env`;
    writeFileSync(file, 'C=file\nA=file\n');
    const script = 'echo $A $B $C; pwd';
    const { out } = await exec('-e', 'A=option', `--env-file=${file}`, '-w', '/tmp', 'c', 'sh', '-c', script);
    expect(out).toBe('option container file\n/tmp\n');
  });

  test('a megabyte each way, and input that ends', async () => {
    await start();
    const bytes = Buffer.alloc(4 << 20, 'any bytes \0\xff\n', 'latin1');
    const { code, out } = await machine.proaBytes({ stdin: bytes }, 'exec', '-i', 'c', 'cat');
    expect({ code, same: out.equals(bytes) }).toEqual({ code: 0, same: true });
    expect((await machine.proaWith({ stdin: 'ignored' }, 'exec', 'c', 'wc', '-c')).out).toBe('0\n');
  });

  test('on a terminal: size, raw mode, exit code', async () => {
    await start();
    using tty = machine.terminal(['exec', '-it', 'c', 'sh'], { columns: 99, rows: 33 });
    tty.type('stty size; echo $TERM; tty\r');
    await tty.until(/33 99\r\nxterm\r\n\/dev\/pts\/\d+\r\n/);
    tty.resize(70, 20);
    await eventually(() => {
      tty.type('stty size\r');
      return /20 70\r\n/.test(tty.screen);
    });
    expect(tty.screen).toMatch(/20 70\r\n/);
    tty.type('exit 5\r');
    expect(await tty.ended()).toBe(5);
  });

  test('detaching leaves the process running', async () => {
    await start();
    using tty = machine.terminal([
      'exec',
      '-it',
      '--detach-keys=ctrl-x',
      'c',
      'sh',
      '-c',
      'echo in; exec sleep 777',
    ]);
    await tty.until(/in\r\n/);
    tty.type('\x18');
    expect(await tty.ended()).toBe(0);
    expect((await exec('c', 'ps')).out).toMatch(/sleep 777/);
  });

  test('--detach returns at once; the process goes on', async () => {
    await start();
    expect(await exec('-d', 'c', 'sh', '-c', 'sleep 0.1; echo done > /done')).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect(await eventually(async () => (await exec('c', 'cat', '/done')).out)).toBe('done\n');
    const failed = await exec('-d', 'c', 'no-such-command');
    expect(failed).toMatchObject({ code: 127, err: expect.stringContaining('no-such-command') });
  });

  test('has the container’s limits of rights, unless --privileged', async () => {
    await start('--cap-drop=ALL', '--security-opt=no-new-privileges');
    const status = ['cat', '/proc/self/status'];
    expect((await exec('c', ...status)).out).toMatch(/CapEff:\t0+\n(.*\n)*NoNewPrivs:\t1\nSeccomp:\t2/);
    expect((await exec('--privileged', 'c', ...status)).out).toMatch(/CapEff:\t000001ff/);
  });

  test('sixteen at once', async () => {
    await start();
    const outs = await Promise.all(
      Array.from({ length: 16 }, (_, i) => exec('c', 'sh', '-c', `echo ${i}; exit ${i}`)),
    );
    expect(outs).toEqual(outs.map((_, i) => ({ code: i, out: `${i}\n`, err: '' })));
  });

  test('leaves nothing behind', async () => {
    await start();
    const look = async () => [await machine.disk(), processesOf(machine.traces).length];
    const before = await look();
    await exec('c', 'true');
    await exec('-d', 'c', 'true');
    await exec('c', 'no-such-command');
    await exec('-d', 'c', 'no-such-command');
    const same = (now: unknown) => JSON.stringify(now) === JSON.stringify(before);
    expect(await eventually(look, same)).toEqual(before);
  });

  test('in a container that does not run, or is not there', async () => {
    await machine.ok('create', '--name=idle', IMAGE);
    expect(await exec('idle', 'true')).toEqual({
      code: 1,
      out: '',
      err: 'Error: exec in container idle: it is not running\nproa start idle\n',
    });
    expect(await exec('nobody', 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining('nobody: no such container'),
    });
  });

  test('ends with its container', async () => {
    await start();
    const child = machine.start('exec', 'c', 'sleep', '500');
    await eventually(async () => (await exec('c', 'ps')).out.includes('sleep 500'));
    await machine.ok('rm', '-f', 'c');
    expect(await child.exited).toBe(137);
  });
});

describeAs(['root', 'user'], (machine) => {
  test('--user, with the groups and the home of the container’s own files', async () => {
    await machine.ok('run', '-d', '--name=c', '--network=none', IMAGE, 'sleep', '1000');
    const id = async (...options: string[]) =>
      (await machine.proa('exec', ...options, 'c', 'sh', '-c', 'echo $(id -u):$(id -G | tr " " ,):$HOME'))
        .out;
    expect(await id()).toBe('0:0,29:/root\n');
    expect(await id('-u', 'app')).toBe('1000:50,29:/home/app\n');
    expect(await id('-u', '7:8')).toBe('7:8:/\n');
    const { code, err } = await machine.proa('exec', '-u', 'nobody-there', 'c', 'true');
    expect({ code, err }).toEqual({ code: expect.any(Number), err: expect.stringContaining('nobody-there') });
    expect(code).not.toBe(0);
  });
});
