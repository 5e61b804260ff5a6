import {
  apparmorProfile,
  hasAppArmor,
  hasSelinux,
  mandatoryAccessWarnings,
  newLabels,
} from '../../../lib/engine/container/mandatory-access.ts';
import { selinuxLabels } from '../../../lib/oci/model/runtime-spec/selinux.ts';
import { makeSpec, type SpecInput } from '../../../lib/oci/model/runtime-spec/spec.ts';

const base: SpecInput = {
  process: { args: ['sh'], env: [], cwd: '/', user: { uid: 0, gid: 0 } },
  rootfs: { path: '/r' },
  host: { rootless: false, groupIds: 65_536, architecture: 'amd64' },
};

test('what a specification has of them', () => {
  const selinux = selinuxLabels({ type: 'my_t', level: 's0:c1,c2' }, '', () => 0)!;
  const spec = makeSpec({ ...base, security: { selinux, options: { apparmor: 'mine' } } });
  expect(spec.process.selinuxLabel).toBe('system_u:system_r:my_t:s0:c1,c2');
  expect(spec.linux.mountLabel).toBe('system_u:object_r:container_file_t:s0:c1,c2');
  expect(spec.process.apparmorProfile).toBe('mine');
  const open = makeSpec({ ...base, security: { options: { apparmor: 'unconfined' } } });
  expect(open.process).not.toHaveProperty('apparmorProfile');
  expect(open.process).not.toHaveProperty('selinuxLabel');
  expect(open.linux).not.toHaveProperty('mountLabel');
  const privileged = makeSpec({ ...base, security: { privileged: true, options: { apparmor: 'mine' } } });
  expect(privileged.process).not.toHaveProperty('apparmorProfile');
});

test('privileged and unconfined containers have no profile, a named one is passed on', () => {
  expect(apparmorProfile({}, true, false)).toBeUndefined();
  expect(apparmorProfile({ apparmor: 'unconfined' }, false, false)).toBeUndefined();
  expect(apparmorProfile({ apparmor: 'mine' }, false, true)).toBe('mine');
});

(hasAppArmor() ? test.skip : test)(
  'without AppArmor a named profile is refused, and the default is none',
  () => {
    expect(apparmorProfile({}, false, false)).toBeUndefined();
    expect(() => mandatoryAccessWarnings({ apparmor: 'mine' })).toThrow(
      expect.objectContaining({ code: 'APPARMOR_MISSING' }),
    );
    expect(mandatoryAccessWarnings({ apparmor: 'unconfined' })).toEqual([]);
  },
);

(hasSelinux() ? test.skip : test)(
  'without SELinux there are no labels, and one that is asked for is told',
  () => {
    const request = { options: { label: { type: 't' } }, privileged: false, seesHost: false, systemd: false };
    expect(newLabels(request)).toBeUndefined();
    expect(mandatoryAccessWarnings(request.options)).toEqual([
      '--security-opt label=type:t has no effect: this kernel has SELinux not enabled',
    ]);
    expect(mandatoryAccessWarnings({ label: { disable: true } })).toEqual([]);
  },
);
