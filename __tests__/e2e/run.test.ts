// `run`: exit codes, and what each option means inside the container.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { processesOf } from './support/leftovers.ts';
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
    expect(processesOf({ folder: cwd, owns: () => false })).toEqual([]);
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
    for (const verb of ['run', 'create']) {
      const before = await machine.disk();
      const again = await machine.proa(verb, `--cidfile=${file}`, '--network=none', IMAGE, 'true');
      expect(again).toMatchObject({ code: 125, err: expect.stringContaining(`${file}: it exists already`) });
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

describeAs(['root', 'user'], (machine) => {
  test('--user by name and by number, with groups and home', async () => {
    const id = (user: string) =>
      machine.shOk('echo $(id -u):$(id -g):$(id -G | tr " " ,):$HOME', '-u', user, '-w', '/');
    expect(await id('app')).toBe('1000:50:50,29:/home/app');
    expect(await id('1000')).toBe('1000:50:50,29:/home/app');
    expect(await id('app:audio')).toBe('1000:29:29:/home/app');
    expect(await id('1234:4321')).toBe('1234:4321:4321:/');
    expect(await id('0')).toBe('0:0:0,29:/root');
    const unknown = await machine.sh('true', '-u', 'nobody-there');
    expect(unknown).toMatchObject({ code: 125, err: expect.stringContaining('nobody-there') });
  });
});

describeAs('single', (machine) => {
  test('says why another user cannot be taken on', async () => {
    const { code, err } = await machine.sh('true', '-u', '1000');
    expect(code).toBe(125);
    expect(err).toMatch(/^Error: run as user 1000: in single-id mode there is only user 0\n.*add-subuids/);
  });
});

describeAs(['root', 'user', 'single'], (machine) => {
  test('-v mounts a host folder, read-write or read-only', async () => {
    const folder = await machine.makeFolder('shared');
    writeFileSync(`${folder}/given`, 'from host\n');
    expect(await machine.shOk('cat /m/given; echo 1 > /m/made', '-v', `${folder}:/m`)).toBe('from host');
    expect(readFileSync(`${folder}/made`, 'utf8')).toBe('1\n');
    const { code, err } = await machine.sh('echo > /m/other', '-v', `${folder}:/m:ro`);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/read-only file system/i) });
    expect(existsSync(`${folder}/other`)).toBe(false);
    // One file.
    expect(await machine.shOk('cat /etc/motd', '-v', `${folder}/given:/etc/motd:ro`)).toBe('from host');
    // What is not there is made, as Docker does.
    await machine.shOk('echo 1 > /m/file', '-v', `${folder}/new/one:/m`);
    expect(readdirSync(`${folder}/new/one`)).toEqual(['file']);
  });

  test('-v with a relative host folder', async () => {
    const folder = await machine.makeFolder('work');
    mkdirSync(`${folder}/sub`);
    writeFileSync(`${folder}/sub/file`, 'relative\n');
    const { out } = await machine.proaWith(
      { cwd: folder },
      ...['run', '--rm', '--network=none', '-v', './sub:/m', IMAGE, 'cat', '/m/file'],
    );
    expect(out).toBe('relative\n');
  });

  test('a named volume is made on first use, keeps what is written, and starts with what the image has', async () => {
    await machine.shOk('echo kept > /etc/mine', '-v', 'data:/etc');
    expect(await machine.shOk('cat /vol/mine /vol/not-executable', '-v', 'data:/vol:ro')).toBe('kept\ntext');
    expect((await machine.sh('echo > /vol/x', '-v', 'data:/vol:ro')).code).toBe(1);
    expect(readdirSync(`${machine.root}/volumes`)).toEqual(['data']);
  });
});

describeAs(['root', 'user'], (machine) => {
  const capabilities = async (...options: string[]) =>
    /CapEff:\s*(\w+)/.exec(await machine.shOk('cat /proc/self/status', ...options))![1];
  const DEFAULT = 0x800405fbn;

  test('--cap-add and --cap-drop', async () => {
    const mask = async (...options: string[]) => BigInt(`0x${await capabilities(...options)}`);
    const NET_RAW = 1n << 13n;
    const CHOWN = 1n;
    expect(await mask()).toBe(DEFAULT);
    expect(await mask('--cap-add=net_raw')).toBe(DEFAULT | NET_RAW);
    expect(await mask('--cap-drop=CAP_CHOWN')).toBe(DEFAULT & ~CHOWN);
    expect(await mask('--cap-drop=ALL')).toBe(0n);
    expect(await mask('--cap-drop=all', '--cap-add=CHOWN')).toBe(CHOWN);
    expect(await machine.sh('true', '--cap-add=nonsense')).toMatchObject({
      code: 125,
      err: expect.stringMatching(/nonsense/i),
    });
  });

  test('--security-opt', async () => {
    const status = (...options: string[]) => machine.shOk('cat /proc/self/status', ...options);
    expect(await status('--security-opt=no-new-privileges')).toMatch(/NoNewPrivs:\s*1/);
    expect(await status('--security-opt=seccomp=unconfined')).toMatch(/Seccomp:\s*0/);
    const profile = `${machine.folder}/seccomp.json`;
    writeFileSync(
      profile,
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
      }),
    );
    const own = await machine.sh(
      'grep Seccomp: /proc/self/status; mkdir /x',
      `--security-opt=seccomp=${profile}`,
    );
    expect(own).toMatchObject({ code: 1, out: expect.stringMatching(/:\s*2\n/) });
    expect(await machine.sh('true', '--security-opt=nonsense')).toMatchObject({
      code: 125,
      err: expect.stringContaining('nonsense'),
    });
  });

  test('--privileged', async () => {
    const bounding = /CapBnd:\s*(\w+)/.exec((await machine.as(['cat', '/proc/self/status'])).out)![1]!;
    // A user has all of them in their namespace, where they mean less.
    const all = (2n << BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8'))) - 1n;
    const most = machine.who === 'root' ? bounding : all.toString(16).padStart(16, '0');
    expect(await capabilities('--privileged')).toBe(most);
    const script =
      'grep Seccomp: /proc/self/status; ls /proc/acpi | wc -l; test -w /proc/sys/net && echo writable';
    expect(await machine.shOk(script, '--privileged')).toMatch(/Seccomp:\s*0\n/);
    expect(
      await machine.shOk('mount -t tmpfs none /mnt2 && echo mounted', '--privileged', '--tmpfs=/mnt2'),
    ).toBe('mounted');
    expect((await machine.sh('mount -t tmpfs none /mnt2', '--tmpfs=/mnt2')).code).not.toBe(0);
  });
});

describeAs('root', (machine) => {
  const cgroup = (controller: string, file: string) =>
    `cat /sys/fs/cgroup/${controller}/${file} 2>/dev/null || cat /sys/fs/cgroup/${file}`;

  test('--memory ends what takes more', async () => {
    expect(await machine.shOk(cgroup('memory', 'memory.limit_in_bytes'), '-m', '32m')).toBe(String(32 << 20));
    const folder = await machine.makeFolder('current');
    const greedy = ['run', '--name=greedy', '-m', '16m', '--network=none', IMAGE, 'tail', '/dev/zero'];
    expect((await machine.proaWith({ cwd: folder }, ...greedy)).code).toBe(137);
    expect(await machine.inspect('greedy', '{{json .State}}')).toMatchObject({
      ExitCode: 137,
      OOMKilled: true,
    });
    // conmon marks such an end by a file in its current folder.
    expect(readdirSync(folder)).toEqual([]);
    await machine.ok('rm', 'greedy');
    expect(await machine.sh('true', '-m', 'much')).toMatchObject({
      code: 125,
      err: expect.stringContaining('much'),
    });
  });

  test('--pids-limit stops a fork bomb', async () => {
    const script = 'for i in $(seq 30); do sleep 5 & done 2>&1; echo end';
    const { out, err } = await machine.sh(script, '--pids-limit=10');
    expect(out + err).toMatch(/can't fork|resource temporarily unavailable/i);
  });

  test('--cpus', async () => {
    const script = 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us';
    expect(await machine.shOk(script, '--cpus=0.5')).toBe('50000\n100000');
    expect(await machine.sh('true', '--cpus=half')).toMatchObject({ code: 125 });
  });
});

async function idOf(machine: Machine, name: string): Promise<string> {
  return machine.inspect(name, '{{json .Id}}');
}
