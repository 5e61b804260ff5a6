import { deviceRules, parseDeviceOption } from '../../../../lib/oci/model/runtime-spec/devices.ts';

describe('devices', () => {
  test.each([
    ['/dev/fuse', '/dev/fuse', '/dev/fuse', 'rwm'],
    ['/dev/fuse:r', '/dev/fuse', '/dev/fuse', 'r'],
    ['/dev/sda:/dev/xvda', '/dev/sda', '/dev/xvda', 'rwm'],
    ['/dev/sda:/dev/xvda:rw', '/dev/sda', '/dev/xvda', 'rw'],
  ])('--device %s', (value, host, container, access) => {
    expect(parseDeviceOption(value)).toEqual({ host, container, access });
  });

  test.each(['dev/fuse', '/dev/fuse:x', '/dev/fuse:rr', '/a:/b:', '/a:/b:rw:m'])(
    '--device %s is refused',
    (value) => {
      expect(() => parseDeviceOption(value)).toThrow(expect.objectContaining({ code: 'INVALID_DEVICE' }));
    },
  );

  test('the cgroup denies all, but for those shown', () => {
    const device = { path: '/dev/fuse', type: 'c', major: 10, minor: 229 } as const;
    expect(deviceRules([{ device, access: 'rw' }], false)).toEqual([
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rw' },
    ]);
    expect(deviceRules([], true)).toEqual([{ allow: true, access: 'rwm' }]);
  });
});
