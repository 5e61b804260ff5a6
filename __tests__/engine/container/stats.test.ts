import { totalmem } from 'node:os';
import { readProcessUsage } from '../../../lib/engine/container/process-usage.ts';
import { cpuPercent, memoryPercent, StatsReader } from '../../../lib/engine/container/stats.ts';
import { LiveContainers } from './support/live-containers.ts';

const sample = (at: number, total: number) => ({ at, cpu: { total, system: 0 } });

test('CPU % is of one processor: half a second of work in a second is 50, on two processors it may be 200', () => {
  expect(cpuPercent(sample(1000, 3e9), sample(2000, 3.5e9))).toBe(50);
  expect(cpuPercent(sample(0, 0), sample(30, 60e6))).toBe(200);
});

test('CPU % is 0 without an earlier look, without time between, and when counters went back', () => {
  expect(cpuPercent(undefined, sample(1000, 3e9))).toBe(0);
  expect(cpuPercent(sample(1000, 3e9), sample(1000, 4e9))).toBe(0);
  expect(cpuPercent(sample(1000, 3e9), sample(2000, 2e9))).toBe(0);
  expect(cpuPercent({ at: 0 }, sample(2000, 2e9))).toBe(0);
});

test('memory is a part of the limit, or of the whole machine', () => {
  expect(memoryPercent({ used: 16, limit: 64 })).toBe(25);
  expect(memoryPercent({ used: totalmem() / 4, limit: Number.POSITIVE_INFINITY })).toBe(25);
  expect(memoryPercent({ used: totalmem() / 4, limit: 2 * totalmem() })).toBe(25);
  expect(memoryPercent(undefined)).toBe(0);
});

describe('the reader', () => {
  test('finds what runs, the newest first, and follows what comes and goes', async () => {
    await using live = new LiveContainers();
    const old = await live.run('true', { name: 'old', created: '2024-01-01T00:00:00.000Z' });
    const stopped = await live.records.add({ name: 'stopped' });
    const reader = new StatsReader(live.records.engine);
    const names = async (watched: Parameters<StatsReader['look']>[0]) =>
      (await reader.look(watched)).map(({ name, running }) => `${name} ${running}`);
    // Bundles are what the runtime works in; here nobody makes them.
    live.bundle(old.id);
    expect(await names('running')).toEqual(['old true']);
    const young = await live.run('true', { name: 'young', created: '2024-02-01T00:00:00.000Z' });
    live.bundle(young.id);
    live.bundle(stopped.config.id);
    expect(await names('running')).toEqual(['young true', 'old true']);
    expect((await names('all')).sort()).toEqual(['old true', 'stopped false', 'young true']);
    expect(await names([old.id, stopped.config.id, 'gone'])).toEqual(['old true', 'stopped false']);
    young.child.kill('SIGKILL');
    await young.child.exited;
    expect(await names('running')).toEqual(['old true']);
  });

  test('without a cgroup of its own, a container is measured by its processes', async () => {
    await using live = new LiveContainers();
    const { id } = await live.run('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done');
    const [stats] = await new StatsReader(live.records.engine).look([id]);
    expect(stats!.memory!.used).toBeGreaterThan(10_000);
    expect(stats!.memory!.limit).toBe(totalmem());
    expect(stats!.traffic).toBeUndefined();
  });
});

test('the sum over processes; one that is gone counts nothing', () => {
  const alone = readProcessUsage([process.pid]);
  expect(alone.cpu!.total).toBeGreaterThan(0);
  expect(alone.pids).toBeGreaterThan(1);
  expect(readProcessUsage([process.pid, 2 ** 22 + 1]).pids).toBe(alone.pids);
  expect(readProcessUsage([])).toMatchObject({ pids: 0, cpu: { total: 0 }, memory: { used: 0 } });
});
