import { parseSecurityOptions } from '../../../../lib/oci/model/runtime-spec/security-options.ts';
import { systemPaths } from '../../../../lib/oci/model/runtime-spec/system-paths.ts';

describe('--security-opt', () => {
  test.each([
    [['no-new-privileges'], { noNewPrivileges: true }],
    [['no-new-privileges:true'], { noNewPrivileges: true }],
    [['no-new-privileges=false'], { noNewPrivileges: false }],
    [['seccomp=unconfined'], { seccomp: 'unconfined' }],
    [['seccomp:unconfined'], { seccomp: 'unconfined' }],
    [['seccomp=/etc/my=profile.json'], { seccomp: { file: '/etc/my=profile.json' } }],
    [['seccomp=unconfined', 'seccomp=builtin'], {}],
    [['apparmor=unconfined', 'label=disable'], { apparmor: 'unconfined', label: { disable: true } }],
    [['label:type:x_t', 'label=level:s0:c1,c2'], { label: { type: 'x_t', level: 's0:c1,c2' } }],
    [['label=nested'], { unmask: ['/sys/fs/selinux'] }],
    [['apparmor=mine'], { apparmor: 'mine' }],
    [['mask=/a:/b', 'mask=/c'], { mask: ['/a', '/b', '/c'] }],
    [['systempaths=unconfined'], { unmask: ['ALL'] }],
    [['proc-opts=hidepid=2,subset=pid'], { procOptions: ['hidepid=2', 'subset=pid'] }],
  ])('%j', (values, expected) => {
    expect(parseSecurityOptions(values)).toEqual(expected);
  });

  test.each([
    'nonsense',
    'nonsense=1',
    'seccomp=',
    'label=',
    'label=type',
    'label=kind:x',
    'no-new-privileges=maybe',
    'mask=',
  ])('%s is refused by name', (value) => {
    expect(() => parseSecurityOptions([value])).toThrow(
      expect.objectContaining({
        code: 'INVALID_SECURITY_OPTION',
        message: expect.stringContaining(`--security-opt ${value}:`),
      }),
    );
  });
});

describe('masked and read-only paths', () => {
  test('are there by default and gone when privileged', () => {
    const { masked, readonly } = systemPaths({ privileged: false });
    expect(masked).toEqual(expect.arrayContaining(['/proc/kcore', '/proc/keys', '/sys/firmware']));
    expect(readonly).toEqual(expect.arrayContaining(['/proc/sys', '/proc/sysrq-trigger']));
    expect(systemPaths({ privileged: true })).toEqual({ masked: [], readonly: [] });
  });

  test('unmask opens a path, a glob or all; mask adds one', () => {
    expect(systemPaths({ privileged: false, unmask: ['/proc/kcore'] }).masked).not.toContain('/proc/kcore');
    const glob = systemPaths({ privileged: false, unmask: ['/proc/*'], mask: ['/etc/secret'] });
    expect(glob.masked.filter((path) => path.startsWith('/proc'))).toEqual([]);
    expect(glob.masked).toEqual(expect.arrayContaining(['/sys/firmware', '/etc/secret']));
    expect(glob.readonly).toEqual([]);
    expect(systemPaths({ privileged: false, unmask: ['all'] })).toEqual({ masked: [], readonly: [] });
    // A prefix of a name is not the name.
    expect(systemPaths({ privileged: false, unmask: ['/proc/k'] }).masked).toContain('/proc/kcore');
  });
});
