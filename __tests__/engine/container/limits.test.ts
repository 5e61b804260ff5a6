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

test('without a manager nothing holds, and the reason is the host’s', () => {
  const engine = on({ manager: 'disabled', controllers: new Set(['memory']), reason: 'no cgroups today' });
  expect(containerResources(engine, { memory: 1 << 30 }).memory).toBeUndefined();
  expect(limitWarnings(engine, { memory: 1 << 30 })).toEqual(['--memory has no effect: no cgroups today']);
});
