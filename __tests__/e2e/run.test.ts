// `run`: exit codes, and what each option means inside the container.
import { readFileSync, writeFileSync } from 'node:fs';
import { processesIn } from './support/leftovers.ts';
import { describeAs, IMAGE, type Machine } from './support/machine.ts';

describeAs(['root', 'user', 'single'], (machine) => {
  test('prints what the container prints, streams apart, and passes the exit code on', async () => {
    expect(await machine.sh('echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      out: 'out\n',
      err: 'err\n',
    });
    expect(await machine.sh('true')).toEqual({ code: 0, out: '', err: '' });
  });

  test.each([
    ['not found', ['no-such-command'], 127, /no-such-command.*not found/],
    ['not found by its path', ['/bin/no-such-command'], 127, /no-such-command.*(not found|No such file)/i],
    ['not executable', ['/etc/not-executable'], 126, /\/etc\/not-executable.*permission denied/i],
    ['a folder', ['/etc'], 126, /\/etc.*(not permitted|permission denied|is a directory)/i],
  ])('a command that is %s', async (_, command, code, says) => {
    const failed = await machine.proa('run', '--rm', '--network=none', IMAGE, ...command);
    expect(failed).toMatchObject({ code, out: '', err: expect.stringMatching(says) });
    expect(failed.err).toMatch(/^Error: .*\n.*inside the container/);
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('a container whose command could not start stays without --rm, and says why', async () => {
    const failed = await machine.proa('run', '--name=failed', '--network=none', IMAGE, 'no-such-command');
    expect(failed.code).toBe(127);
    const { State } = await machine.inspect('failed');
    expect(State).toMatchObject({ Status: 'created', ExitCode: 127, Running: false });
    expect(State.Error).toMatch(/no-such-command/);
    await machine.ok('rm', 'failed');
  });

  test('--rm leaves nothing', async () => {
    const before = await machine.disk();
    await machine.shOk('echo in volume > /vol/file; echo in upper > /file', '--volume=/vol', '--name=gone');
    expect(await machine.disk()).toEqual(before);
  });

  test('without --rm the container stays, with its changes and its log', async () => {
    await machine.ok('run', '--name=stays', '--network=none', IMAGE, 'sh', '-c', 'echo said; echo 1 > /file');
    expect(await machine.ok('ps', '-a', '--format={{.Names}}: {{.Status}}')).toMatch(
      /^stays: Exited \(0\) .*ago$/,
    );
    expect(await machine.ok('logs', 'stays')).toBe('said');
    expect(
      readFileSync(`${machine.root}/containers/${await idOf(machine, 'stays')}/upper/file`, 'utf8'),
    ).toBe('1\n');
    expect(await machine.ok('rm', 'stays')).toBe('stays');
  });

  test('--detach prints the id at once', async () => {
    const id = await machine.ok('run', '-d', '--name=behind', '--network=none', IMAGE, 'sleep', '100');
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await machine.ok('ps', '-q', '--no-trunc')).toBe(id);
    await machine.ok('rm', '-f', 'behind');
    expect(await machine.ok('ps', '-aq')).toBe('');
  });

  test('nothing of a container in the background keeps the folder busy that it was started in', async () => {
    const cwd = await machine.makeFolder('busy');
    await machine.proaWith(
      { cwd },
      ...['run', '-d', '--name=background', '--network=none', IMAGE, 'sleep', '100'],
    );
    expect(processesIn(cwd)).toEqual([]);
    await machine.ok('rm', '-f', 'background');
  });

  test('--env and --env-file', async () => {
    const file = `${machine.folder}/env`;
    writeFileSync(file, '# a comment\nFROM_FILE=of file\nBOTH=file\nOF_HOST\n\n');
    const { out } = await machine.proaWith(
      { env: { OF_HOST: 'host value', NOT_GIVEN: 'secret' } },
      ...['run', '--rm', '--network=none', '-e', 'A=1 = 2', '-e', 'BOTH=option', '-e', 'UNSET_HERE'],
      ...[`--env-file=${file}`, '-e', 'EMPTY=', IMAGE, 'env'],
    );
    const env = out.trim().split('\n');
    expect(env).toEqual(
      expect.arrayContaining([
        'A=1 = 2',
        'BOTH=option',
        'FROM_FILE=of file',
        'OF_HOST=host value',
        'EMPTY=',
        'HOME=/root',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ]),
    );
    expect(env.join('\n')).not.toMatch(/UNSET_HERE|NOT_GIVEN|XDG_RUNTIME_DIR|_PROA|^TERM=/m);
    expect(env.find((entry) => entry.startsWith('HOSTNAME='))).toMatch(/^HOSTNAME=[0-9a-f]{12}$/);
  });

  test('--workdir, which is made when it is missing', async () => {
    expect(await machine.shOk('pwd', '-w', '/etc')).toBe('/etc');
    expect(await machine.shOk('pwd; stat -c %u:%a .', '-w', '/new/folder')).toBe('/new/folder\n0:755');
    expect(await machine.sh('pwd', '-w', 'relative')).toMatchObject({
      code: 125,
      err: expect.stringContaining('must be an absolute path'),
    });
  });

  test('--hostname, and the files in /etc', async () => {
    const out = await machine.shOk('hostname; cat /etc/hostname; grep inside /etc/hosts', '-h', 'inside');
    expect(out).toMatch(/^inside\ninside\n\S+\s.*\binside\b/);
  });

  test('--entrypoint', async () => {
    const run = (entrypoint: string, ...command: string[]) =>
      machine.ok('run', '--rm', '--network=none', `--entrypoint=${entrypoint}`, IMAGE, ...command);
    expect(await run('echo', 'a', 'b')).toBe('a b');
    expect(await run('["echo", "a b"]', 'c')).toBe('a b c');
    expect(await run('', 'echo', 'plain')).toBe('plain');
    // The image's command goes with its entrypoint.
    expect(await run('echo')).toBe('');
  });

  test('--label', async () => {
    await machine.ok('create', '--name=labelled', '-l', 'a=1', '--label', 'b', '-l', 'c=x=y', IMAGE);
    expect(await machine.inspect('labelled', '{{json .Config.Labels}}')).toEqual({ a: '1', b: '', c: 'x=y' });
    expect(await machine.ok('ps', '-aq', '--filter=label=a=1')).toMatch(/^[0-9a-f]{12}$/);
    expect(await machine.ok('ps', '-aq', '--filter=label=a=2')).toBe('');
    await machine.ok('rm', 'labelled');
  });

  test('--cidfile holds the id; an existing one is another container’s', async () => {
    const file = `${await machine.makeFolder('cid')}/file`;
    const id = await machine.ok('run', '-d', `--cidfile=${file}`, '--network=none', IMAGE, 'true');
    expect(readFileSync(file, 'utf8')).toBe(id);
    await machine.ok('rm', '-f', id);
    for (const [verb, code] of [
      ['run', 125],
      ['create', 1],
    ] as const) {
      const before = await machine.disk();
      const again = await machine.proa(verb, `--cidfile=${file}`, '--network=none', IMAGE, 'true');
      expect(again).toMatchObject({ code, err: expect.stringContaining(`${file}: it exists already`) });
      expect(readFileSync(file, 'utf8')).toBe(id);
      expect(await machine.disk()).toEqual(before);
    }
  });

  test('--init reaps orphans and forwards signals', async () => {
    // The orphan's parent becomes process 1, which as `sleep` looks after nobody.
    const script = '(sleep 0.05 &); exec sleep 100';
    const look = async (name: string, ...options: string[]) => {
      await machine.ok(
        'run',
        '-d',
        `--name=${name}`,
        '--network=none',
        ...options,
        IMAGE,
        'sh',
        '-c',
        script,
      );
      const ps = await machine.ok('exec', name, 'sh', '-c', 'sleep 0.2; cat /proc/1/comm; ps -o stat,comm');
      await machine.ok('rm', '-f', name);
      return ps;
    };
    const [bare, init] = await Promise.all([look('bare'), look('init', '--init')]);
    expect(bare).toMatch(/^sleep\n(.*\n)*Z +sleep/);
    expect(init).not.toMatch(/^sleep|\nZ/);
    // A shell as process 1 would ignore it.
    expect((await machine.sh('kill -TERM $$', '--init')).code).toBe(143);
  });

  test('--read-only, with --tmpfs for what must be writable', async () => {
    const { code, err } = await machine.sh('echo > /file', '--read-only');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/read-only file system/i) });
    expect(
      await machine.shOk(
        'echo 1 > /tmp/file; cat /tmp/file; echo 2 > /dev/shm/a',
        '--read-only',
        '--tmpfs=/tmp',
      ),
    ).toBe('1');
  });

  test('--tmpfs with options', async () => {
    const line = await machine.shOk('grep " /scratch " /proc/mounts', '--tmpfs=/scratch:size=64k,mode=700');
    expect(line).toMatch(/^tmpfs \/scratch tmpfs .*rw,nosuid,nodev.*size=64k,mode=700/);
    expect(
      (await machine.sh('dd if=/dev/zero of=/scratch/f bs=1k count=100', '--tmpfs=/scratch:size=64k')).err,
    ).toMatch(/no space/i);
  });

  test('--ulimit', async () => {
    expect(await machine.shOk('ulimit -Sn; ulimit -Hn', '--ulimit=nofile=100:200')).toBe('100\n200');
    expect(await machine.shOk('ulimit -Sc; ulimit -Hc', '--ulimit=core=0')).toBe('0\n0');
  });

  test('--rootfs runs a folder of the host', async () => {
    const folder = await machine.makeFolder('rootfs');
    await machine.as(['tar', '-xf', machine.imageTar, '-C', folder]);
    expect(
      await machine.ok(
        'run',
        '--rm',
        '--network=none',
        '--rootfs',
        folder,
        'sh',
        '-c',
        'echo 1 > /made; ls /made',
      ),
    ).toBe('/made');
    expect(readFileSync(`${folder}/made`, 'utf8')).toBe('1\n');
    const missing = await machine.proa('run', '--rm', '--rootfs', `${folder}/missing`, 'true');
    expect(missing).toMatchObject({ code: 125, err: expect.stringContaining(`${folder}/missing`) });
  });

  test('--rm and --restart contradict each other', async () => {
    expect(await machine.proa('run', '--rm', '--restart=always', IMAGE, 'true')).toMatchObject({
      code: 125,
      err: expect.stringContaining('conflicting options: --rm and --restart'),
    });
  });
});

async function idOf(machine: Machine, name: string): Promise<string> {
  return machine.inspect(name, '{{json .Id}}');
}
