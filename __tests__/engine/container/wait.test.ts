import { waitForContainer } from '../../../lib/engine/container/wait.ts';
import { LiveContainers } from './support/live-containers.ts';

test('wait gives the code of the end to all who wait, and of the last one later', async () => {
  await using live = new LiveContainers();
  const { records } = live;
  const { id, child } = await live.run("trap 'exit 7' TERM");
  const waiting = [waitForContainer(records.engine, id), waitForContainer(records.engine, id)];
  await Bun.sleep(20);
  child.kill('SIGTERM');
  expect(await Promise.all(waiting)).toEqual([7, 7]);
  expect(await waitForContainer(records.engine, id)).toBe(7);
  expect(await waitForContainer(records.engine, '0'.repeat(64))).toBe(0);
});
