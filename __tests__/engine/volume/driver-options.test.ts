import { parseImageOptions, parseLocalOptions } from '../../../lib/engine/volume/driver-options.ts';

test.each([
  [{}, { nocopy: false }],
  [{ nocopy: '' }, { nocopy: true }],
  [{ copy: 'false' }, { nocopy: true }],
  [{ nocopy: 'false' }, { nocopy: false }],
  [{ o: 'uid=1,gid=2,timeout=10,noquota' }, { nocopy: false, owner: { uid: 1, gid: 2 } }],
  [{ size: '10m' }, { nocopy: false, quota: { bytes: 10 << 20 } }],
  [{ o: 'size=1k,inodes=7' }, { nocopy: false, quota: { bytes: 1024, inodes: 7 } }],
  [{ type: 'tmpfs' }, { nocopy: false, mount: { type: 'tmpfs', device: 'tmpfs', options: [] } }],
  [
    { type: 'tmpfs', device: 'x', o: 'size=1m,uid=5,nosuid,timeout=3' },
    {
      nocopy: false,
      owner: { uid: 5 },
      mount: { type: 'tmpfs', device: 'x', options: ['size=1m', 'uid=5', 'nosuid'] },
    },
  ],
  [
    { device: '/a', o: 'bind,ro' },
    { nocopy: false, mount: { type: '', device: '/a', options: ['bind', 'ro'] } },
  ],
])('local: %j', (options, expected) => {
  expect(parseLocalOptions(options as Record<string, string>)).toEqual(expected);
});

test.each([
  [{ foo: '1' }, 'invalid option: "foo"'],
  [{ type: 'nfs' }, 'missing required option: "device"'],
  [{ o: 'nosuid' }, 'missing required option: "device"'],
  [{ o: 'bind', device: 'a' }, 'a bind mount wants an absolute path'],
  [{ o: 'uid=me' }, 'invalid uid: me'],
  [{ size: '0' }, 'invalid size: 0'],
  [{ o: 'size=big' }, 'invalid size: big'],
  [{ type: 'tmpfs', size: '1m' }, 'o=size='],
  [{ copy: '', nocopy: '' }, 'exclude each other'],
])('local: %j is refused', (options, why) => {
  expect(() => parseLocalOptions(options as Record<string, string>)).toThrow(why);
});

test('image: its name and nothing else', () => {
  expect(parseImageOptions({ image: 'x' })).toBe('x');
  expect(() => parseImageOptions({})).toThrow('must provide an image name');
  expect(() => parseImageOptions({ image: 'x', o: 'ro' })).toThrow('takes image alone');
});
