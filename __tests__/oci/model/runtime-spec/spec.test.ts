import { makeSpec, type SpecInput, serializeSpec } from '../../../../lib/oci/model/runtime-spec/spec.ts';
import type { Spec } from '../../../../lib/oci/model/runtime-spec/types.ts';
import { Bundle, type Changes, reasonToSkip } from './bundle.ts';

function specOf(changes: Partial<SpecInput> = {}): Spec {
  return makeSpec({
    process: { args: ['true'], env: [], cwd: '', user: { uid: 0, gid: 0 } },
    rootfs: { path: '/r' },
    host: { rootless: false, groupIds: 2 ** 32 - 1, architecture: 'amd64' },
    ...changes,
  });
}

describe('the specification', () => {
  test('a container has all namespaces but the user one, and the default filter', () => {
    const { linux, process, root } = specOf();
    expect(linux.namespaces.map(({ type }) => type).sort()).toEqual([
      'cgroup',
      'ipc',
      'mount',
      'network',
      'pid',
      'uts',
    ]);
    expect(linux.seccomp!.defaultAction).toBe('SCMP_ACT_ERRNO');
    expect([process.cwd, root.readonly, linux.resources]).toEqual(['/', false, undefined]);
  });

  test('a namespace is joined by path, or left to the host together with what belongs to it', () => {
    const { linux, hostname } = specOf({
      hostname: 'x',
      namespaces: { network: { path: '/n' }, uts: 'host' },
    });
    expect(linux.namespaces).toContainEqual({ type: 'network', path: '/n' });
    expect(linux.namespaces.map(({ type }) => type)).not.toContain('uts');
    expect([hostname, linux.sysctl]).toEqual([undefined, undefined]);
  });

  test('in a UTS namespace of others the name is theirs', () => {
    const joined = specOf({ hostname: 'x', domainname: 'y', namespaces: { uts: { path: '/u' } } });
    expect([joined.hostname, joined.domainname, joined.linux.sysctl?.['kernel.domainname']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const own = { rootless: false, groupIds: 1, architecture: 'amd64' };
    expect(specOf({ domainname: 'y', host: own }).linux.sysctl).toMatchObject({ 'kernel.domainname': 'y' });
    const modern = specOf({ domainname: 'y', host: { ...own, setsDomainname: true } });
    expect([modern.domainname, modern.linux.sysctl?.['kernel.domainname']]).toEqual(['y', undefined]);
  });

  test('umask, personality, cache class, and no /dev/shm at all', () => {
    const spec = specOf({
      process: { args: ['true'], env: [], cwd: '', user: { uid: 0, gid: 0 }, umask: 0o77, oomScoreAdj: 5 },
      personality: 'LINUX32',
      rdtClass: 'gold',
      shm: 'none',
    });
    expect(spec.process).toMatchObject({ user: { umask: 0o77 }, oomScoreAdj: 5 });
    expect(spec.linux).toMatchObject({ personality: { domain: 'LINUX32' }, intelRdt: { closID: 'gold' } });
    expect(spec.mounts.some(({ destination }) => destination === '/dev/shm')).toBe(false);
  });

  test('a new network namespace lets everyone ping and bind low ports, within the mapped groups', () => {
    expect(specOf().linux.sysctl).toEqual({
      'net.ipv4.ping_group_range': '0 2147483647',
      'net.ipv4.ip_unprivileged_port_start': '0',
    });
    const host = { rootless: true, groupIds: 65537, architecture: 'amd64' };
    expect(specOf({ host, sysctls: { 'net.ipv4.ip_unprivileged_port_start': '80' } }).linux.sysctl).toEqual({
      'net.ipv4.ping_group_range': '0 65536',
      'net.ipv4.ip_unprivileged_port_start': '80',
    });
  });

  test('privileged: no filter, nothing masked, all devices; an explicit profile still counts', () => {
    const cgroup = { path: '/x', resources: {} };
    const { linux } = specOf({ security: { privileged: true }, cgroup });
    expect([linux.seccomp, linux.maskedPaths, linux.readonlyPaths]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(linux.resources!.devices).toEqual([{ allow: true, access: 'rwm' }]);
    const profile = specOf({
      security: {
        privileged: true,
        options: { seccomp: { file: '/p' } },
        seccompProfile: '{"defaultAction":"SCMP_ACT_LOG"}',
      },
    });
    expect(profile.linux.seccomp).toEqual({ defaultAction: 'SCMP_ACT_LOG', syscalls: [] });
  });

  test('an init program is mounted and runs the command', () => {
    const process = {
      args: ['a', 'b'],
      env: [],
      cwd: '/',
      user: { uid: 0, gid: 0 },
      init: '/usr/bin/catatonit',
    };
    const spec = specOf({ process });
    expect(spec.process.args).toEqual(['/run/proa-init', '--', 'a', 'b']);
    expect(spec.mounts).toContainEqual(
      expect.objectContaining({ destination: '/run/proa-init', source: '/usr/bin/catatonit' }),
    );
  });

  test('an unlimited rlimit is RLIM_INFINITY in the file, and only there', () => {
    const rlimits = [{ type: 'RLIMIT_CORE', soft: -1, hard: -1 }];
    const process = {
      args: ['{"soft":-1}'],
      env: ['X="hard":-1'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
      rlimits,
    };
    const text = serializeSpec(specOf({ process }));
    expect(text).toContain('{"type":"RLIMIT_CORE","soft":18446744073709551615,"hard":18446744073709551615}');
    expect(JSON.parse(text)).toMatchObject({ process: { args: process.args, env: process.env } });
  });
});

describe.each(['runc', 'crun'] as const)('%s runs it', (runtime) => {
  describe.each([
    ['as root', false],
    ['in a user namespace', true],
  ])('%s', (_, userNamespace) => {
    const skip = reasonToSkip(runtime, userNamespace);
    const runs = (name: string, command: string, changes: Changes, check: (output: string) => void): void => {
      (skip === undefined ? test : test.skip)(
        skip === undefined ? name : `${name} (skipped: ${skip})`,
        () => {
          using bundle = new Bundle();
          check(bundle.run(runtime, command, changes, userNamespace));
        },
      );
    };
    const sets = 'grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status | tr -d "\\t"';

    runs(
      'by default',
      `${sets}; hostname; touch /sys/x /proc/sys/x 2>/dev/null || echo guarded`,
      { hostname: 'box' as never },
      (output) => {
        expect(output.split('\n')).toEqual([
          'CapInh:0000000000000000',
          'CapPrm:00000000800405fb',
          'CapEff:00000000800405fb',
          'CapBnd:00000000800405fb',
          'CapAmb:0000000000000000',
          'NoNewPrivs:0',
          'Seccomp:2',
          'box',
          'guarded',
        ]);
      },
    );

    runs(
      'its processes have the limits and sysctls',
      'ulimit -c; ulimit -Hc; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/ping_group_range; ls /proc | grep -c "^[0-9]"',
      {},
      (output) => {
        const [core, hardCore, port, ping, processes] = output.split('\n');
        expect([core, hardCore, port]).toEqual(['0', 'unlimited', '0']);
        expect(ping!.split('\t')).toEqual(['0', userNamespace ? '0' : '2147483647']);
        expect(Number(processes)).toBeLessThan(6);
      },
    );

    runs(
      'privileged',
      sets,
      { security: { privileged: true, options: { noNewPrivileges: true } } },
      (output) => {
        expect(output).toContain('Seccomp:0');
        expect(output).toContain('NoNewPrivs:1');
        expect(output).toMatch(/CapEff:000001f/);
      },
    );

    runs(
      'read-only, with the host’s network',
      'touch /x 2>&1; touch /dev/shm/x && echo shm; ls /sys/class/net | wc -l; ls -d /sys/fs/cgroup',
      { rootfs: { readonly: true }, namespaces: { network: 'host' } },
      (output) => {
        const [refused, shm, links, cgroup] = output.split('\n');
        expect(refused).toContain('Read-only file system');
        expect([shm, cgroup]).toEqual(['shm', '/sys/fs/cgroup']);
        expect(Number(links)).toBeGreaterThan(0);
      },
    );

    if (!userNamespace) {
      const user = { uid: 1000, gid: 1001, additionalGids: [5, 6] };
      runs(
        'as another user with a capability',
        `id; grep Groups /proc/self/status; ${sets}`,
        { process: { user }, security: { capAdd: ['net_admin'] } },
        (output) => {
          expect(output).toContain('uid=1000 gid=1001');
          expect(output).toMatch(/^Groups:\t5 6 $/m);
          for (const set of ['Inh', 'Prm', 'Eff', 'Amb'])
            expect(output).toContain(`Cap${set}:0000000000001000`);
          expect(output).toContain('CapBnd:00000000800415fb');
        },
      );

      runs(
        'a system call without its capability is refused',
        'chroot / true 2>&1 || true',
        { security: { capDrop: ['SYS_CHROOT'] } },
        (output) => {
          expect(output).toContain('Operation not permitted');
        },
      );
    }
  });
});
