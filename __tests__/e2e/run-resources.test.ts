// Limits of a container as a whole, where they end in its cgroup, and what is said where they cannot.
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('all limits end in the cgroup and are inspected', async () => {
    const options = [
      ...[
        '--cpu-shares=200',
        '--cpu-period=50000',
        '--cpu-quota=20000',
        '--cpuset-cpus=0',
        '--cpuset-mems=0',
      ],
      ...['-m', '64m', '--memory-reservation=32m', '--memory-swap=96m', '--memory-swappiness=40'],
      ...['--oom-kill-disable', '--pids-limit=77', '--cgroup-parent=/proa-e2e'],
    ];
    await machine.ok('run', '-d', '--name=c', '--network=none', ...options, IMAGE, 'sleep', '1000');
    const files = ['cpu/cpu.shares', 'cpu/cpu.cfs_period_us', 'cpu/cpu.cfs_quota_us', 'cpuset/cpuset.cpus'];
    const memory = ['limit_in_bytes', 'soft_limit_in_bytes', 'memsw.limit_in_bytes', 'swappiness'];
    const paths = [...files, ...memory.map((name) => `memory/memory.${name}`), 'pids/pids.max'];
    const values = await machine.ok('exec', '-w', '/sys/fs/cgroup', 'c', 'cat', ...paths);
    expect(values.split('\n')).toEqual(
      [200, 50_000, 20_000, 0, 64 << 20, 32 << 20, 96 << 20, 40, 77].map(String),
    );
    expect(await machine.inspect('c', '{{json .HostConfig}}')).toMatchObject({
      CpuShares: 200,
      CpuPeriod: 50_000,
      CpuQuota: 20_000,
      CpusetCpus: '0',
      CpusetMems: '0',
      Memory: 64 << 20,
      MemoryReservation: 32 << 20,
      MemorySwap: 96 << 20,
      MemorySwappiness: 40,
      OomKillDisable: true,
      PidsLimit: 77,
      CgroupParent: '/proa-e2e',
    });
    const id = await machine.inspect('c', '{{json .Id}}');
    expect(await machine.inspect('c', '{{json .State.CgroupPath}}')).toBe(`/proa-e2e/proa-${id}`);
    await machine.ok('rm', '-f', '-t', '0', 'c');
    for (const controller of ['cpu', 'memory', 'pids', 'cpuset', 'blkio', 'devices', 'freezer'])
      await machine.as(['sh', '-c', `rmdir /sys/fs/cgroup/${controller}/proa-e2e`]);
    await machine.as(['sh', '-c', 'for d in /sys/fs/cgroup/*/proa-e2e; do rmdir $d; done']);
  });

  test('rates of devices', async () => {
    const device = (await machine.as(['sh', '-c', 'ls /sys/block | grep -v loop | head -1'])).out.trim();
    const numbers = (await machine.as(['cat', `/sys/block/${device}/dev`])).out.trim();
    const options = ['--device-read-bps', `/dev/${device}:1mb`, '--device-write-iops', `/dev/${device}:99`];
    const files = ['read_bps', 'write_iops'].map(
      (name) => `/sys/fs/cgroup/blkio/blkio.throttle.${name}_device`,
    );
    expect(await machine.shOk(`cat ${files.join(' ')}`, ...options)).toBe(
      `${numbers} ${1 << 20}\n${numbers} 99`,
    );
  });

  test('what cannot be held here is said in one line; what cannot be at all is refused', async () => {
    const { code, err } = await machine.sh('true', '--kernel-memory=50m', '--oom-kill-disable');
    expect({ code, err }).toEqual({
      code: 0,
      err:
        'WARNING: --kernel-memory has no effect: Linux has no such limit since 5.16\n' +
        'WARNING: --oom-kill-disable without --memory: the container may take all memory of this machine\n',
    });
    const refusals: [string[], RegExp][] = [
      [['--cpu-shares=1'], /limit cpu shares: the minimum is 2/],
      [['--cpu-period=5'], /limit cpu period: 5 is not between/],
      [['--cpu-quota=5'], /limit cpu quota: 5 is less/],
      [['--cpuset-cpus=4096'], /limit to CPUs 4096: this machine has 0/],
      [['--cpuset-cpus=x'], /limit cpuset: x is not a list/],
      [['--memory-swappiness=101'], /limit memory swappiness: 101/],
      [['--memory-swap=1g'], /--memory-swap needs --memory/],
      [['--memory-reservation=1k'], /limit memory reservation: the minimum is 6m/],
      [['--blkio-weight=5'], /limit block IO weight: 5/],
      [['--device-read-bps=/dev/null'], /not of the form \/dev\/DEVICE:NUMBER/],
      [['--device-read-bps=/dev/null:x'], /invalid size/],
      [['--device-read-bps=/dev/nowhere:1m'], /use device \/dev\/nowhere: no such file/],
      [['--oom-score-adj=2000'], /not between -1000 and 1000/],
      [['--cgroups=split'], /use --cgroups=split/],
      [['--cgroups=disabled', '--cgroup-parent=/x'], /conflicting options: --cgroup-parent/],
    ];
    for (const [options, words] of refusals) {
      expect(await machine.sh('true', ...options)).toMatchObject({
        code: 125,
        err: expect.stringMatching(words),
      });
    }
  });
});

describeAs(['root', 'user'], (machine) => {
  test('--oom-score-adj, --umask, --timeout and --group-add', async () => {
    const options = ['--oom-score-adj=500', '--umask=77', '--group-add=audio', '--group-add=77'];
    const script = 'cat /proc/self/oom_score_adj; umask; id -G';
    expect(await machine.shOk(script, ...options, '--user=app')).toBe('500\n0077\n50 29 77');
    expect((await machine.sh('sleep 100', '--timeout=1')).code).toBe(255);
    expect(await machine.sh('true', '--group-add=nowhere')).toMatchObject({
      code: 125,
      err: expect.stringContaining('unable to find group nowhere'),
    });
  });
});

describeAs('user', (machine) => {
  test('a user without cgroups is told of each limit', async () => {
    const { code, err } = await machine.sh('true', '--cpu-shares=200', '--blkio-weight=500');
    expect(code).toBe(0);
    expect(err.split('\n').filter(Boolean)).toEqual([
      expect.stringMatching(/^WARNING: --cpu-shares has no effect: /),
      expect.stringMatching(/^WARNING: --blkio-weight has no effect: /),
    ]);
  });
});
