import { cgroupMode } from '../../lib/core/cgroup-mode.ts';
import { cgroupFolder, cgroupPath, planCgroup, supportedResources } from '../../lib/rootless/cgroups.ts';
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
    const root = { rootless: false };
    expect(cgroupPath('cgroupfs', 'abc', root)).toBe('/proa-abc');
    expect(cgroupPath('cgroupfs', 'abc', { ...root, parent: '/mine/' })).toBe('/mine/proa-abc');
    expect(cgroupPath('systemd', 'abc', root)).toBe('machine.slice:proa:abc');
    expect(cgroupPath('systemd', 'abc', { rootless: true })).toBe('user.slice:proa:abc');
    expect(cgroupPath('systemd', 'abc', { ...root, parent: 'a.slice' })).toBe('a.slice:proa:abc');
    expect(cgroupPath('disabled', 'abc', root)).toBeUndefined();
  });

  test('systemd keeps slices in slices', () => {
    expect(cgroupFolder('cgroupfs', '/mine/proa-abc')).toBe('/mine/proa-abc');
    expect(cgroupFolder('systemd', 'machine.slice:proa:abc')).toBe('/machine.slice/proa-abc.scope');
    expect(cgroupFolder('systemd', 'a-b-c.slice:proa:abc')).toBe(
      '/a.slice/a-b.slice/a-b-c.slice/proa-abc.scope',
    );
    expect(cgroupFolder('systemd', '-.slice:proa:abc')).toBe('/proa-abc.scope');
  });

  test('root has the manager that was asked for, else systemd where it runs', () => {
    const root = { ...identity, rootless: false };
    const manager = (host: Parameters<typeof planCgroup>[1]) => planCgroup(root, host).manager;
    const plain = manager({ systemd: false });
    // A machine without cgroups has nothing to choose.
    if (plain === 'disabled') return;
    expect(plain).toBe('cgroupfs');
    expect(manager({ systemd: true })).toBe('systemd');
    expect(manager({ systemd: true, wanted: 'cgroupfs' })).toBe('cgroupfs');
    expect(() => manager({ systemd: false, wanted: 'systemd' })).toThrow(
      expect.objectContaining({ code: 'NO_SYSTEMD' }),
    );
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
