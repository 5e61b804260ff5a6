import { cgroupMode } from '../../lib/core/cgroup-mode.ts';
import { cgroupPath, planCgroup, supportedResources } from '../../lib/rootless/cgroups.ts';
import { type Identity, readIdentity } from '../../lib/rootless/identity.ts';

describe('the cgroup plan', () => {
  const identity = readIdentity();
  const user: Identity = { ...identity, rootless: true, uid: 4_000_000 };

  test('of root on this host has the usual controllers', () => {
    const plan = planCgroup({ ...identity, rootless: false });
    if (process.geteuid!() !== 0 || plan.reason !== undefined) {
      expect(plan.manager).toBe('disabled'); // a user, or a container with read-only cgroups
      return;
    }
    expect(plan).toMatchObject({ manager: 'cgroupfs', mode: cgroupMode() });
    expect([...plan.controllers]).toEqual(expect.arrayContaining(['memory', 'pids']));
  });

  test('of a user without a systemd session has none, and says why', () => {
    const plan = planCgroup(user, { runtimeDir: '/nonexistent' });
    expect(plan.manager).toBe('disabled');
    expect([...plan.controllers]).toEqual([]);
    expect(plan.reason).toMatch(/cgroup/);
  });

  test('without any cgroups there are no limits', () => {
    expect(planCgroup(identity, { root: '/nonexistent' })).toMatchObject({
      mode: 'none',
      manager: 'disabled',
    });
  });

  test('paths have the manager’s form', () => {
    expect(cgroupPath('cgroupfs', 'abc')).toBe('/proa-abc');
    expect(cgroupPath('cgroupfs', 'abc', '/mine/')).toBe('/mine/proa-abc');
    expect(cgroupPath('systemd', 'abc')).toBe('user.slice:proa:abc');
    expect(cgroupPath('disabled', 'abc')).toBeUndefined();
  });

  test('limits without their controller are left out by name', () => {
    const resources = {
      memory: { limit: 1 },
      pids: { limit: 2 },
      cpu: { quota: 1, period: 2, cpus: '0' },
      blockIO: { weight: 9 },
    };
    expect(supportedResources(resources, new Set(['memory', 'cpu']))).toEqual({
      resources: { memory: { limit: 1 }, cpu: { quota: 1, period: 2 } },
      dropped: ['pids', 'blockIO', 'cpuset'],
    });
    const all = new Set(['memory', 'pids', 'cpu', 'cpuset', 'io']);
    expect(supportedResources(resources, all)).toEqual({ resources, dropped: [] });
  });
});
