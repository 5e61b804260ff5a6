// update: limits of a running container, at once, and what stands on record afterwards.
import { readFileSync } from 'node:fs';
import { describeAs, IMAGE } from './support/machine.ts';

describeAs('root', (machine) => {
  test('the cgroup and the record change; what was not given stays; a restart keeps it', async () => {
    await machine.ok('run', '-d', '--name=c', '--network=none', '--memory=64m', IMAGE, 'sleep', '100');
    expect(await machine.ok('update', '--pids-limit=77', '--restart=on-failure:2', 'c')).toBe('c');
    expect(await machine.inspect('c', '{{json .HostConfig}}')).toMatchObject({
      Memory: 64 << 20,
      PidsLimit: 77,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
    });
    const limit = async () => {
      const { CgroupPath } = await machine.inspect('c', '{{json .State}}');
      const roots = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'];
      return roots.map((root) => read(`${root}${CgroupPath}/pids.max`)).find((text) => text !== undefined);
    };
    expect(await limit()).toBe('77');
    await machine.ok('update', '--pids-limit=-1', '--latest');
    expect(await limit()).toMatch(/^(max|4194304)$/);
    await machine.ok('update', '--pids-limit=78', 'c');
    await machine.ok('restart', '-t0', 'c');
    expect(await limit()).toBe('78');
  });

  test('what cannot be is refused and changes nothing', async () => {
    await machine.ok('create', '--rm', '--name=c', '--memory=64m', '--cpus=1', IMAGE);
    const before = await machine.inspect('c', '{{json .HostConfig}}');
    for (const words of [
      ['c'],
      ['--memory=1m', 'c'],
      ['--cpu-quota=5000', 'c'],
      ['--restart=sometimes', 'c'],
      // It removes itself.
      ['--restart=always', 'c'],
      ['--memory=100m', 'nobody'],
    ]) {
      expect({ words, ...(await machine.proa('update', ...words)) }).toMatchObject({
        words,
        code: 1,
        out: '',
      });
    }
    expect(await machine.inspect('c', '{{json .HostConfig}}')).toEqual(before);
  });
});

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined; // the other cgroup version
  }
}
