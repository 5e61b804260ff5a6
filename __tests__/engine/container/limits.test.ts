import { containerResources, limitWarnings } from '../../../lib/engine/container/limits.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import type { CgroupPlan } from '../../../lib/rootless/cgroups.ts';

/** An engine on a host that has these cgroups. */
const on = (plan: Partial<CgroupPlan>): Engine => {
  const cgroups = { mode: 'v2', manager: 'cgroupfs', controllers: new Set(), swap: false, ...plan };
  return { cgroups } as unknown as Engine;
};
const all = { memory: 64 << 20, cpus: 1.5, pidsLimit: 10 };

test('where all controllers are there, all limits hold and nothing is said', () => {
  const engine = on({ controllers: new Set(['memory', 'cpu', 'pids']) });
  expect(containerResources(engine, all)).toMatchObject({
    memory: { limit: 64 << 20 },
    cpu: { quota: 150_000, period: 100_000 },
    pids: { limit: 10 },
  });
  expect(limitWarnings(engine, all)).toEqual([]);
});

test('what has no controller is left out, and told when it was asked for', () => {
  const engine = on({ controllers: new Set(['memory']) });
  expect(Object.keys(containerResources(engine, all))).toEqual(['memory']);
  expect(limitWarnings(engine, all).sort()).toEqual([
    expect.stringMatching(/^--cpus has no effect: this kernel/),
    expect.stringMatching(/^--pids-limit has no effect: this kernel/),
  ]);
  expect(limitWarnings(engine, {})).toEqual([]);
});

test('what systemd keeps from a user is told apart from what the kernel lacks', () => {
  const engine = on({
    manager: 'systemd',
    controllers: new Set(['memory', 'pids']),
    undelegated: new Set(['cpu', 'io']),
  });
  expect(limitWarnings(engine, { cpus: 1, cpusetCpus: '0', blkioWeight: 100 })).toEqual([
    '--cpus has no effect: systemd does not delegate the controller cpu to this user (proa doctor says how it does)',
    '--cpuset-cpus has no effect: this kernel has no cgroup controller for it',
    '--blkio-weight has no effect: systemd does not delegate the controller io to this user (proa doctor says how it does)',
  ]);
});

test('without a manager nothing holds, and the reason is the host’s', () => {
  const engine = on({ manager: 'disabled', controllers: new Set(['memory']), reason: 'no cgroups today' });
  expect(containerResources(engine, { memory: 1 << 30 }).memory).toBeUndefined();
  expect(limitWarnings(engine, { memory: 1 << 30 })).toEqual(['--memory has no effect: no cgroups today']);
});

test('what only the other cgroup version has, or no kernel of today', () => {
  const engine = on({ mode: 'v2', controllers: new Set(['memory', 'cpu', 'pids']), swap: true });
  const wanted = { memorySwappiness: 10, oomKillDisable: true, memory: 1 << 30, kernelMemory: 1 << 30 };
  expect(limitWarnings(engine, wanted)).toEqual([
    '--memory-swappiness has no effect: it needs cgroup v1, and this host has v2',
    '--oom-kill-disable has no effect: it needs cgroup v1, and this host has v2',
    '--kernel-memory has no effect: Linux has no such limit since 5.16',
  ]);
  expect(limitWarnings(on({ mode: 'v1' }), { cgroupConf: { 'memory.high': '1' } })).toEqual([
    '--cgroup-conf has no effect: it needs cgroup v2, and this host has v1',
  ]);
  expect(containerResources(engine, wanted).memory).toEqual({ limit: 1 << 30, swap: 2 ** 31 });
});

test('processors that this machine does not have', () => {
  expect(() => limitWarnings(on({}), { cpusetCpus: '0,4096' })).toThrow(
    expect.objectContaining({
      code: 'INVALID_LIMIT',
      message: expect.stringContaining('4096: this machine has 0'),
    }),
  );
});
