import {
  deviceRules,
  parseDeviceOption,
  parseDeviceRule,
} from '../../../../lib/oci/model/runtime-spec/devices.ts';

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

  test('rules as they are written, a star for any number', () => {
    expect(parseDeviceRule('c 10:* rw')).toEqual({ allow: true, type: 'c', major: 10, access: 'rw' });
    expect(parseDeviceRule('a *:* m')).toEqual({ allow: true, type: 'a', access: 'm' });
    expect(deviceRules([], false, [parseDeviceRule('b 8:0 r')])).toHaveLength(2);
    for (const text of ['', 'd 1:2 r', 'c 1 r', 'c 1:2', 'c 1:2 x'])
      expect(() => parseDeviceRule(text)).toThrow(expect.objectContaining({ code: 'INVALID_DEVICE' }));
  });
});
