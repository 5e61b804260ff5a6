/** cgroup v2 alone, for root, who writes it, and for a user, whose part systemd delegates. */
import { Vm } from './support/vm.ts';

const vm = new Vm();
beforeAll(async () => {
  await vm.open();
  await vm.withImage('root', 'app');
});
afterAll(() => vm.close());

test('the machine: cgroup v2 alone, with all controllers; what doctor says', async () => {
  expect(await vm.ok('stat -fc %T /sys/fs/cgroup')).toBe('cgroup2fs');
  expect((await vm.ok('cat /sys/fs/cgroup/cgroup.controllers')).split(' ')).toEqual(
    expect.arrayContaining(['cpu', 'io', 'memory', 'pids', 'cpuset']),
  );
  expect((await vm.ok('proa doctor')).split('\n').filter((line) => !line.startsWith('ok: '))).toEqual([]);
});

describe.each(['root', 'app'] as const)('%s', (as) => {
  const ok = (script: string) => vm.ok(script, { as });
  const run = 'proa run --rm --network none';

  test('-m: what is written, and a kill with 137 and OOMKilled', async () => {
    const files = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory.swap.max /sys/fs/cgroup/memory.low';
    expect(
      await ok(`${run} --memory 40m --memory-swap 60m --memory-reservation 20m bb sh -c '${files}'`),
    ).toBe([40, 20, 20].map((size) => size << 20).join('\n'));
    expect(await ok("proa run --name oom --network none -m 16m bb sh -c 'tail /dev/zero'; echo $?")).toBe(
      '137',
    );
    expect(
      await ok("proa inspect oom --format '{{.State.ExitCode}} {{.State.OOMKilled}}'; proa rm oom"),
    ).toBe('137 true\noom');
  });

  test('--cpus, measured', async () => {
    const spin =
      'end=$(($(date +%s)+5)); while [ $(date +%s) -lt $end ]; do :; done; cat /sys/fs/cgroup/cpu.stat';
    const stat = await ok(`${run} --cpus 0.2 bb sh -c '${spin}'`);
    const used = Number(/^usage_usec (\d+)$/m.exec(stat)![1]);
    // 0.2 of five to six seconds.
    expect(used).toBeGreaterThan(400_000);
    expect(used).toBeLessThan(1_600_000);
    expect(Number(/^nr_throttled (\d+)$/m.exec(stat)![1])).toBeGreaterThan(10);
  });

  test('--pids-limit stops a bomb', async () => {
    const bomb = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 2 & done; wait';
    const { err } = await vm.run(`${run} --pids-limit 10 bb sh -c '${bomb}'`, { as });
    expect(err).toContain("can't fork: Resource temporarily unavailable");
  });

  test('update while it runs; exec, stats, top, pause see the same cgroup', async () => {
    await ok('proa run -d --network none --name u -m 64m bb sleep 1000');
    await ok('proa update -m 48m --cpus 0.5 --pids-limit 20 u');
    const files = ['memory.max', 'cpu.max', 'pids.max'].map((name) => `/sys/fs/cgroup/${name}`).join(' ');
    expect(await ok(`proa exec u cat ${files}`)).toBe(`${48 << 20}\n50000 100000\n20`);
    expect(await ok('echo in | proa exec -i u cat')).toBe('in');
    expect(await ok('proa exec -d u sleep 500 && proa top u -o pid,args')).toMatch(/sleep 1000\n.*sleep 500/);
    expect(await ok("proa stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' u")).toMatch(/ \/ 48MiB 2$/);
    await ok('proa pause u');
    expect(await ok("proa ps --filter name=u --format '{{.Status}}'")).toMatch(/\(Paused\)$/);
    await ok('proa unpause u && proa rm -f -t 0 u');
  });
});

test('root: cpuset, io', async () => {
  const run = 'proa run --rm --network none';
  expect(await vm.ok(`${run} --cpuset-cpus 1 bb cat /sys/fs/cgroup/cpuset.cpus.effective`)).toBe('1');
  expect(await vm.ok(`${run} --device-write-bps /dev/vda:1mb bb cat /sys/fs/cgroup/io.max`)).toContain(
    ' wbps=1048576 ',
  );
  expect(await vm.ok(`${run} --cpu-shares 512 bb cat /sys/fs/cgroup/cpu.weight`)).toBe('20');
});

test('app: what is not delegated has no effect, and says so', async () => {
  const { code, err } = await vm.run('proa run --rm --network none --cpuset-cpus 1 bb true', { as: 'app' });
  expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('--cpuset-cpus has no effect') });
});
