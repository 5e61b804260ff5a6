// `logs`: reading, following, merging, rotation. Where logs are kept: log-drivers.test.ts.
import { readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('both streams, the last lines, since, following to the end', async () => {
    await machine.ok(
      'run',
      '-d',
      '--name=talks',
      '--network=none',
      IMAGE,
      'sh',
      '-c',
      'for i in 1 2 3; do echo out $i; echo err $i >&2; done; sleep 0.5; printf "no newline"',
    );
    const follower = machine.start('logs', '-f', 'talks');
    expect(await follower.exited).toBe(0);
    expect(await new Response(follower.stdout).text()).toBe('out 1\nout 2\nout 3\nno newline');
    expect(await new Response(follower.stderr).text()).toBe('err 1\nerr 2\nerr 3\n');
    expect(await machine.proa('logs', '-n', '2', 'talks')).toMatchObject({
      out: 'no newline',
      err: 'err 3\n',
    });
    expect(await machine.ok('logs', '-t', '--tail=1', 'talks')).toMatch(/^\d{4}-\d\d-\d\dT\S+ no newline$/);
    expect(await machine.ok('logs', '--since=1h', 'talks')).toBe('out 1\nout 2\nout 3\nno newline');
    expect(await machine.ok('logs', '--until=1h', 'talks')).toBe('');
    expect(await machine.proa('logs', 'nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('nobody'),
    });
  });
});

describeAs('root', (machine) => {
  const run = (name: string, script: string, ...options: string[]) =>
    machine.ok('run', '-d', `--name=${name}`, '--network=none', ...options, IMAGE, 'sh', '-c', script);

  test('rotated while a follower reads: it gets every line, and the last ones stay', async () => {
    const part = (from: number, to: number) =>
      `i=${from}; while [ $i -le ${to} ]; do echo $i padding; i=$((i+1)); done`;
    const script = `${part(10_001, 11_000)}; sleep 1.2; ${part(11_001, 12_000)}; sleep 1.2; echo end`;
    const words = ['--log-opt', 'max-size=10k', '--log-opt', 'max-file=2'];
    await machine.ok('create', '--name=long', '--network=none', ...words, IMAGE, 'sh', '-c', script);
    const file = await machine.inspect('long', '{{json .LogPath}}');
    const follower = machine.start('logs', '-f', 'long');
    await machine.ok('start', 'long');
    const seen = await new Response(follower.stdout).text();
    expect(await follower.exited).toBe(0);
    const lines = Array.from({ length: 2000 }, (_, i) => `${10_001 + i} padding`);
    expect(seen).toBe(`${[...lines, 'end'].join('\n')}\n`);
    const left = await machine.ok('logs', 'long');
    expect(seen.endsWith(`${left}\n`)).toBe(true);
    // The present file and the one before it.
    expect(left).toContain('11001 padding');
    expect(left).not.toContain('10001 padding');
    const names = readdirSync(dirname(file)).filter((name) => name.startsWith('container.log'));
    expect(names.sort()).toEqual(['container.log', 'container.log.1']);
    expect(await machine.ok('logs', '--tail=3', 'long')).toBe('11999 padding\n12000 padding\nend');
    expect((await machine.ok('logs', '--tail=900', 'long')).split('\n').length).toBe(900);
    await machine.ok('rm', 'long');
  });

  test('follows from before the start on across restarts to the end', async () => {
    const script = 'echo up; exit 3';
    const words = ['--name=c', '--network=none', '--restart=on-failure:2', IMAGE, 'sh', '-c', script];
    await machine.ok('create', ...words);
    const follower = machine.start('logs', '-f', 'c');
    expect(await Promise.race([follower.exited, Bun.sleep(200)])).toBe(undefined);
    await machine.ok('start', 'c');
    expect(await new Response(follower.stdout).text()).toBe('up\nup\nup\n');
    expect(await follower.exited).toBe(0);
    expect(await machine.ok('logs', 'c')).toBe('up\nup\nup');
    await machine.ok('rm', 'c');
  });

  test('several at once, by their times; the newest one; what its options name', async () => {
    const script = (name: string) => `for i in 1 2 3; do echo ${name}$i; sleep 0.1; done`;
    const id = await run('a', script('a'));
    await run(
      'b',
      script('b'),
      '-e=E=x y',
      '--log-opt=env=E',
      '--log-opt=labels=l',
      '-l=l=1',
      '--log-opt=tag={{.Name}}',
    );
    expect(await machine.ok('logs', '-f', '--latest')).toBe('b1\nb2\nb3');
    const lines = (await machine.ok('logs', '-t', '--names', 'a', 'b'))
      .split('\n')
      .map((line) => line.split(' '));
    expect(lines.map(([name, , text]) => `${name} ${text}`).sort()).toEqual([
      'a a1',
      'a a2',
      'a a3',
      'b b1',
      'b b2',
      'b b3',
    ]);
    const times = lines.map(([, time]) => time);
    expect(times).toEqual([...times].sort());
    expect(await machine.ok('logs', '--tail=1', 'b', 'a')).toContain(`${id.slice(0, 12)} a3`);
    expect(await machine.ok('logs', '--details', '--tail=1', 'b')).toBe('E=x+y,l=1,tag=b b3');
    expect(await machine.ok('logs', '--details', '--tail=1', 'a')).toBe(' a3');
    expect(await machine.proa('logs')).toMatchObject({ code: 1 });
    expect(await machine.proa('logs', '--latest', 'a')).toMatchObject({ code: 1 });
    await machine.ok('rm', 'a', 'b');
  });

  test('a log as the container wrote it, to the byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const octal = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    await run('binary', `printf '${octal}'; printf '%020000d\n' 7`);
    await eventually(
      () => machine.ok('ps', '-q'),
      (ids) => ids === '',
    );
    const { out } = await machine.proaBytes({}, 'logs', 'binary');
    expect(out).toEqual(Buffer.concat([bytes, Buffer.from(`${'7'.padStart(20_000, '0')}\n`)]));
    await machine.ok('rm', 'binary');
  });
});
