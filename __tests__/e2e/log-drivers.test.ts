// `--log-driver` and `--log-opt`: where output is kept, what inspect says of it, and what cannot be asked for.
import { existsSync, readFileSync } from 'node:fs';
import { collect, eventually } from './support/child.ts';
import { describeAs, IMAGE } from './support/machine.ts';

const JOURNALD = ['/lib/systemd/systemd-journald', '/usr/lib/systemd/systemd-journald'].find(existsSync);

describeAs(['root', 'user'], (machine) => {
  const run = (...args: string[]) => machine.proa('run', '--network=none', ...args);

  test('none, and passthrough: nothing to read', async () => {
    expect(await run('--log-driver=none', '--name=none', IMAGE, 'echo', 'shown')).toMatchObject({
      out: 'shown\n',
    });
    const through = await run(
      '--log-driver=passthrough',
      '--name=through',
      IMAGE,
      'sh',
      '-c',
      'echo o; echo e >&2; exit 3',
    );
    expect(through).toEqual({ code: 3, out: 'o\n', err: 'e\n' });
    for (const name of ['none', 'through']) {
      const { code, out, err } = await machine.proa('logs', name);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(`container ${name}: its log driver, `);
    }
    expect(await machine.inspect('none', '{{json .HostConfig.LogConfig}}')).toMatchObject({
      Type: 'none',
      Config: {},
    });
    expect(await machine.inspect('none', '{{json .LogPath}}')).toBe('');
    await machine.ok('rm', 'none', 'through');
  });

  test('passthrough in the background writes to what the caller gave, which is never a terminal', async () => {
    const command = machine.command(
      'run',
      '-d',
      '--log-driver=passthrough',
      '--network=none',
      '--name=p',
      IMAGE,
    );
    const file = `${await machine.makeFolder('through')}/out`;
    const script = `"$@" sh -c 'echo to the file; sleep 100' >${file} 2>&1 </dev/null`;
    expect(await collect(['sh', '-c', script, 'sh', ...command], { env: machine.env })).toMatchObject({
      code: 0,
    });
    const text = () => readFileSync(file, 'utf8');
    expect(await eventually(text, (now) => now.includes('to the file'))).toContain('to the file\n');
    expect(await machine.proa('attach', 'p')).toMatchObject({ err: expect.stringContaining('passthrough') });
    await machine.ok('rm', '-ft0', 'p');
    const terminal = machine.terminal([
      'run',
      '--rm',
      '--network=none',
      '--log-driver=passthrough',
      IMAGE,
      'true',
    ]);
    expect(await terminal.ended()).toBe(125);
    expect(await run('-t', '--log-driver=passthrough', IMAGE)).toMatchObject({ code: 125 });
  });

  test("a file of one form by Docker's and Podman's names, where one wants it", async () => {
    const path = `${await machine.makeFolder('logs')}/its.log`;
    const options = [
      '--log-driver=json-file',
      `--log-opt=path=${path}`,
      '--log-opt=max-size=1m',
      '--log-opt=max-file=2',
    ];
    await machine.ok('run', '--network=none', '--name=f', ...options, IMAGE, 'echo', 'words');
    expect(readFileSync(path, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{18}[+-]\d\d:\d\d stdout F words\n$/);
    expect(await machine.ok('logs', 'f')).toBe('words');
    expect(await machine.inspect('f', '{{json .HostConfig.LogConfig}}')).toEqual({
      Type: 'json-file',
      Config: { path, 'max-size': '1m', 'max-file': '2' },
      Path: path,
      Tag: '',
      Size: '1MB',
    });
    await machine.ok('rm', 'f');
    // As Podman: it is the user's.
    expect(existsSync(path)).toBe(true);
  });
});

describeAs('root', (machine) => {
  test('what cannot be', async () => {
    const refused = async (...words: string[]) => {
      const { code, err } = await machine.proa('create', ...words, IMAGE);
      expect(code).toBe(1);
      return err;
    };
    const all = await Promise.all([
      refused('--log-driver=syslog'),
      refused('--log-opt=colour=red'),
      refused('--log-opt=max-size=many'),
      refused('--log-opt=max-size=1m', '--log-opt=max-file=0'),
      refused('--log-driver=none', '--log-opt=max-size=1m'),
      refused('--log-opt=max-size'),
      refused('--log-opt=tag={{.Nome}}'),
      refused('--log-opt=path=/no/such/folder/log'),
    ]);
    expect(all).toEqual([
      'Error: use log driver syslog: there is no such driver here\n' +
        'One of: k8s-file, json-file, local, journald, none, passthrough\n',
      expect.stringMatching(
        /^Error: unknown log opt 'colour' for k8s-file log driver\nOne of: path, max-size/,
      ),
      "Error: invalid size: 'many'\nFor example max-size=10m\n",
      'Error: invalid log opt max-file=0: a number of files, 1 or more\n',
      "Error: unknown log opt 'max-size' for none log driver\nIt has none\n",
      'Error: invalid argument "max-size" for --log-opt: not KEY=VALUE\n',
      expect.stringContaining('invalid log tag "{{.Nome}}": {{.Nome}} is no field of it'),
      'Error: invalid log opt path=/no/such/folder/log: /no/such/folder is no folder\n',
    ]);
    const warned = await machine.proa(
      'create',
      '--log-opt=compress=true',
      '--log-opt=mode=non-blocking',
      IMAGE,
    );
    expect(warned.err.split('\n')).toEqual([
      'WARNING: log opt compress: rotated logs stay as they are',
      'WARNING: log opt mode=non-blocking: a container waits while its output cannot be written',
      '',
    ]);
  });

  const journalTest = JOURNALD === undefined ? test.skip : test;
  journalTest('journald: a journal of its own in a mount namespace, and none without', async () => {
    const proa = machine.command().join(' ');
    const script = `
      mount -t tmpfs none /run
      ${proa} create --log-driver=journald ${IMAGE} && exit 9
      mkdir -p /run/systemd/journal
      ${JOURNALD} 2>/dev/null & journald=$!
      until [ -S /run/systemd/journal/socket ]; do sleep 0.05; done
      ${proa} run -d --name=j --network=none --log-driver=journald ${IMAGE} sh -c '
        echo one; echo err >&2; printf "two\\001\\n\\nhal"; sleep 0.3; echo f; printf last'
      ${proa} logs -f j 2>&1
      echo; ${proa} logs --tail=2 j
      echo; ${proa} logs -t --since=1h j 2>/dev/null | head -n 1
      ${proa} rm j
      kill $journald`;
    const { code, out, err } = await machine.as([
      'unshare',
      '--mount',
      '--propagation=private',
      'sh',
      '-c',
      script,
    ]);
    expect(err).toMatch(/use log driver journald: no journal runs on this machine/);
    expect(code).toBe(0);
    const [, ...lines] = out.split('\n');
    expect(lines.slice(0, 6).sort()).toEqual(['', 'err', 'half', 'last', 'one', 'two\u0001'].sort());
    expect(lines.slice(6)).toEqual(['half', 'last', expect.stringMatching(/^\d{4}-\S+Z one$/), 'j', '']);
  });
});
