import { readFileSync } from 'node:fs';
import { processHandle } from '../../../lib/core/process-handle.ts';
import { containerPids } from '../../../lib/engine/container/processes.ts';
import { exitedState, runningState, TestStore } from '../../helpers/container-records.ts';

let test_: TestStore;
beforeEach(() => {
  test_ = new TestStore();
});
afterEach(() => test_[Symbol.dispose]());

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

async function childOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = childrenOf(pid);
    if (child !== undefined) return child;
    await Bun.sleep(5);
  }
}

const isRoot = process.geteuid!() === 0;

// A PID namespace of one's own needs root here; users' containers have one by their user namespace.
(isRoot ? test : test.skip)('those in its namespace, in namespaces below it, and no others', async () => {
  const inner = "exec unshare --fork --pid sh -c 'sleep 60; true'";
  const outer = Bun.spawn(['unshare', '--fork', '--pid', '--kill-child', 'sh', '-c', `sleep 60 & ${inner}`]);
  try {
    const init = await childOf(outer.pid);
    while (childrenOf(init).length < 2) await Bun.sleep(5);
    const nested = childrenOf(init).find(
      (pid) => !readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep'),
    )!;
    const deepest = await childOf(nested);
    const { config } = await test_.add({}, runningState(processHandle(init)));
    const pids = containerPids(test_.engine, config.id);
    expect([...pids].sort()).toEqual([init, ...childrenOf(init), deepest].sort());
    expect(pids.has(process.pid)).toBe(false);
  } finally {
    outer.kill(9);
    await outer.exited;
  }
});

test('in a shared namespace, its descendants where it has no cgroup', async () => {
  const first = Bun.spawn(['sh', '-c', 'sleep 60 & wait']);
  try {
    const child = await childOf(first.pid);
    const shared = { namespaces: { pid: 'host' }, cgroupMode: 'disabled' } as const;
    const { config } = await test_.add(shared, runningState(processHandle(first.pid)));
    expect([...containerPids(test_.engine, config.id)].sort()).toEqual([first.pid, child].sort());
    process.kill(child, 9);
  } finally {
    first.kill(9);
    await first.exited;
  }
});

test('of one that does not run', async () => {
  const { config } = await test_.add({}, exitedState(0));
  expect(() => containerPids(test_.engine, config.id)).toThrow('it is not running');
});
