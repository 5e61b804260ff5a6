import {
  bindMount,
  containerPath,
  parseTmpfs,
} from '../../../../lib/oci/model/runtime-spec/mount-options.ts';
import { type MountInput, makeMounts } from '../../../../lib/oci/model/runtime-spec/mounts.ts';
import {
  completeNamespaces,
  type NamespaceChoices,
} from '../../../../lib/oci/model/runtime-spec/namespaces.ts';
import type { Mount } from '../../../../lib/oci/model/runtime-spec/types.ts';

function mountsOf(namespaces: NamespaceChoices = {}, input: Partial<MountInput> = {}): Map<string, Mount> {
  const mounts = makeMounts({
    mounts: [],
    privileged: false,
    userNamespace: false,
    groupIds: 65536,
    ...input,
    namespaces: completeNamespaces(namespaces),
  });
  return new Map(mounts.map((mount) => [mount.destination, mount]));
}

describe('default mounts', () => {
  test('are those that programs expect', () => {
    const mounts = mountsOf();
    expect(Array.from(mounts.values(), ({ destination, type }) => `${destination} ${type}`).sort()).toEqual([
      '/dev tmpfs',
      '/dev/mqueue mqueue',
      '/dev/pts devpts',
      '/dev/shm tmpfs',
      '/proc proc',
      '/sys sysfs',
      '/sys/fs/cgroup cgroup',
    ]);
    expect(mounts.get('/sys')!.options).toContain('ro');
    expect(mounts.get('/sys/fs/cgroup')!.options).toContain('ro');
    expect(mounts.get('/dev/pts')!.options).toContain('gid=5');
    expect(mounts.get('/dev/shm')!.options).toContain('size=67108864');
  });

  test('privileged writes to /sys and the cgroups', () => {
    const mounts = mountsOf({}, { privileged: true });
    expect(mounts.get('/sys')!.options).toContain('rw');
    expect(mounts.get('/sys/fs/cgroup')!.options).toContain('rw');
  });

  test('with a single id there is no group for terminals', () => {
    expect(mountsOf({}, { groupIds: 1 }).get('/dev/pts')!.options!.join()).not.toContain('gid=');
  });

  test('a user namespace shows the host’s where it may not mount its own', () => {
    const mounts = mountsOf({ network: 'host', pid: 'host', ipc: 'host' }, { userNamespace: true });
    for (const path of ['/proc', '/sys', '/dev/shm', '/dev/mqueue']) {
      expect(mounts.get(path)).toMatchObject({ type: 'bind', source: path });
    }
    expect(mounts.has('/sys/fs/cgroup')).toBe(false); // comes along with the host's /sys
    const without = mountsOf({ ipc: 'host' }, { userNamespace: true, absent: new Set(['/dev/mqueue']) });
    expect(without.has('/dev/mqueue')).toBe(false);
  });

  test('root with the host’s namespaces still mounts its own', () => {
    const mounts = mountsOf({ network: 'host', pid: 'host' });
    expect([mounts.get('/sys')!.type, mounts.get('/proc')!.type]).toEqual(['sysfs', 'proc']);
  });

  test('/dev/shm has the size asked for or is another container’s', () => {
    expect(mountsOf({}, { shm: 1024 }).get('/dev/shm')!.options).toContain('size=1024');
    expect(mountsOf({}, { shm: { source: '/run/x/shm' } }).get('/dev/shm')).toMatchObject({
      source: '/run/x/shm',
    });
  });
});

describe('the user’s mounts', () => {
  test('replace the default at their place, and come after their parents', () => {
    const own = [
      bindMount({ source: '/h/deep', destination: '/data/deep/er' }),
      bindMount({ source: '/h', destination: '/data' }),
      bindMount({ source: '/s', destination: '/dev/shm' }),
    ];
    const mounts = mountsOf({}, { mounts: own });
    const order = [...mounts.keys()];
    expect(order.indexOf('/data')).toBeLessThan(order.indexOf('/data/deep/er'));
    expect(order.indexOf('/dev')).toBeLessThan(order.indexOf('/dev/shm'));
    expect(mounts.get('/dev/shm')!.source).toBe('/s');
    expect(order).toHaveLength(9);
  });

  test('an own /dev takes the defaults below it along', () => {
    const mounts = mountsOf({}, { mounts: [bindMount({ source: '/dev', destination: '/dev' })] });
    expect([...mounts.keys()].filter((path) => path.startsWith('/dev'))).toEqual(['/dev']);
  });

  test('a bind mount is recursive and private', () => {
    expect(bindMount({ source: '/a', destination: '/b/', readonly: true, options: ['nosuid'] })).toEqual({
      destination: '/b',
      type: 'bind',
      source: '/a',
      options: ['rbind', 'rprivate', 'ro', 'nosuid'],
    });
  });

  test.each([
    ['/run', ['nosuid', 'nodev', 'noexec']],
    ['/run:size=64m,mode=1777', ['nosuid', 'nodev', 'noexec', 'size=64m', 'mode=1777']],
    ['/run:exec,ro', ['nosuid', 'nodev', 'exec', 'ro']],
    ['/run:noexec,noexec', ['nosuid', 'nodev', 'noexec', 'noexec']],
  ])('--tmpfs %s', (value, options) => {
    expect(parseTmpfs(value)).toEqual({ destination: '/run', type: 'tmpfs', source: 'tmpfs', options });
  });

  test.each(['/run:foo', '/run:size', '/run:foo=1', 'run', '/', '/a/..'])(
    '--tmpfs %s is refused',
    (value) => {
      expect(() => parseTmpfs(value)).toThrow(expect.objectContaining({ code: 'INVALID_MOUNT' }));
    },
  );

  test('paths in the container lose what means nothing', () => {
    expect(containerPath('//a/./b/../c/')).toBe('/a/c');
    expect(containerPath('/../../etc')).toBe('/etc');
  });
});
