import { statsRow } from '../../../lib/commands/container/stats-row.ts';
import type { ContainerStats } from '../../../lib/engine/container/stats.ts';

const STATS: ContainerStats = {
  id: '4b57edc0b8b51f4611ef68e5d9f92a38da4e825bba9d901322f1820d84228195',
  name: 'web',
  running: true,
  at: 0,
  cpu: { total: 3_872_049, system: 1 },
  memory: { used: 2_593_128, limit: 67_108_864 },
  memoryPercent: 3.864,
  traffic: { received: 1306, sent: 0 },
  blockIo: { read: 8192, written: 299_008 },
  pids: 3,
  cpuPercent: 199.996,
  averageCpuPercent: 1.78,
  upTime: 1000,
};

test('the columns as Docker words them', () => {
  expect(statsRow(STATS, { full: false })).toEqual(
    expect.objectContaining({
      BlockIO: '8.19kB / 299kB',
      CPUPerc: '200.00%',
      Container: '4b57edc0b8b5',
      ID: '4b57edc0b8b5',
      MemPerc: '3.86%',
      MemUsage: '2.473MiB / 64MiB',
      Name: 'web',
      NetIO: '1.31kB / 0B',
      PIDs: '3',
    }),
  );
  expect(statsRow(STATS, { full: true, typed: 'web' })).toMatchObject({ ID: STATS.id, Container: 'web' });
});

test('Podman’s numbers are there for templates, but not in JSON', () => {
  const row = statsRow(STATS, { full: false }) as Record<string, unknown>;
  expect(row).toMatchObject({
    CPUNano: 3_872_049,
    UpTime: '3.872049ms',
    NetInput: 1306,
    BlockOutput: 299_008,
  });
  expect(Object.keys(row)).not.toContain('CPUNano');
});

test('one that does not run uses nothing', () => {
  const { id, name } = STATS;
  const idle = {
    id,
    name,
    at: 0,
    running: false,
    cpuPercent: 0,
    averageCpuPercent: 0,
    upTime: 0,
    memoryPercent: 0,
  };
  expect(statsRow(idle, { full: false })).toMatchObject({ MemUsage: '0B / 0B', NetIO: '0B / 0B', PIDs: '0' });
});
