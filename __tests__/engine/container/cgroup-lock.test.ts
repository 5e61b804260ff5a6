import { readdirSync, readFileSync } from 'node:fs';
import { warmCgroupLock } from '../../../lib/engine/container/cgroup-lock.ts';
import { TestStore } from '../../helpers/container-records.ts';

test('it leaves this process in its cgroups, and no descriptor open', async () => {
  using records = new TestStore();
  const before = readFileSync('/proc/self/cgroup', 'latin1');
  const open = () => readdirSync('/proc/self/fd').length;
  const descriptors = open();
  for (let i = 0; i < 5; i++) warmCgroupLock(records.engine);
  for (let i = 0; i < 200 && open() > descriptors; i++) await Bun.sleep(5);
  expect(open()).toBeLessThanOrEqual(descriptors);
  expect(readFileSync('/proc/self/cgroup', 'latin1')).toBe(before);
});
