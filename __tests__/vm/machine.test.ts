/** The machine itself: what the other tests here take for granted. */
import { Vm } from './support/vm.ts';

const vm = new Vm();
beforeAll(() => vm.open(), 900_000);
afterAll(() => vm.close());

test('cgroup v2 alone, all controllers, a Debian kernel', async () => {
  expect(await vm.ok('stat -fc %T /sys/fs/cgroup')).toBe('cgroup2fs');
  expect((await vm.ok('cat /sys/fs/cgroup/cgroup.controllers')).split(' ')).toEqual(
    expect.arrayContaining(['cpu', 'io', 'memory', 'pids', 'cpuset']),
  );
  expect(await vm.ok('proa version --format "{{.Client.Version}}"')).toMatch(/^\d/);
});
