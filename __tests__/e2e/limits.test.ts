// Rights and limits: capabilities, security options, users, memory, processes.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs(['root', 'user'], (machine) => {
  test('--user by name and by number, with groups and home', async () => {
    const id = (user: string) =>
      machine.shOk('echo $(id -u):$(id -g):$(id -G | tr " " ,):$HOME', '-u', user, '-w', '/');
    expect(await id('app')).toBe('1000:50:50,29:/home/app');
    expect(await id('1000')).toBe('1000:50:50,29:/home/app');
    expect(await id('app:audio')).toBe('1000:29:29:/home/app');
    expect(await id('1234:4321')).toBe('1234:4321:4321:/');
    expect(await id('0')).toBe('0:0:0,29:/root');
    // Its own group is among them, so that no program can take it away.
    expect(await machine.shOk('grep Groups: /proc/self/status', '-u', 'app')).toMatch(/^Groups:\s+29 50\s*$/);
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
    // What a loop of a second gets of a fifth of a processor.
    const loop =
      'timeout 1 sh -c "while :; do :; done"; grep ^nr_throttled /sys/fs/cgroup/cpu/cpu.stat; cat /sys/fs/cgroup/cpuacct/cpuacct.usage';
    const [throttled, used] = (await machine.shOk(loop, '--cpus=0.2')).split('\n');
    expect(Number(throttled!.split(' ')[1])).toBeGreaterThan(0);
    expect(Number(used) / 1e9).toBeLessThan(0.45);
    expect((await machine.sh('true', '--cpus=4097')).err).toMatch(
      /limit cpus: 4097 is more than this machine has/,
    );
    expect(await machine.sh('true', '--cpus=half')).toMatchObject({ code: 125 });
  });
});
