import { resolveUser } from '../../../../lib/oci/model/runtime-spec/user.ts';

const databases = {
  passwd: [
    'root:x:0:0:root:/root:/bin/sh',
    '# a comment:x:5:5::/:',
    'app:x:1000:1001:App:/home/app:/bin/sh',
    '42:x:77:78::/named-by-number:',
    'nohome:x:6:6:::',
    '7:x:0:0:::',
    'wide:x:4294967296:0:::',
    'broken',
  ].join('\n'),
  group: 'root:x:0:\nwheel:x:10:root,app\nstaff:x:50:app\napp:x:1001:\n50:x:0:\n',
};
const resolve = (user?: string, add?: string[]): object => resolveUser(user, databases, add);

describe('user', () => {
  test.each([
    ['', { uid: 0, gid: 0, additionalGids: [10], home: '/root', name: 'root' }],
    ['0', { uid: 0, gid: 0, additionalGids: [10], home: '/root', name: 'root' }],
    ['app', { uid: 1000, gid: 1001, additionalGids: [10, 50], home: '/home/app', name: 'app' }],
    ['1000', { uid: 1000, gid: 1001, additionalGids: [10, 50], home: '/home/app', name: 'app' }],
    ['app:staff', { uid: 1000, gid: 50, additionalGids: [], home: '/home/app', name: 'app' }],
    ['app:9', { uid: 1000, gid: 9, additionalGids: [], home: '/home/app', name: 'app' }],
    ['5000', { uid: 5000, gid: 0, additionalGids: [], home: '/' }],
    ['5000:5001', { uid: 5000, gid: 5001, additionalGids: [], home: '/' }],
    // Digits are an id, whoever has them for a name (CVE-2016-3697).
    ['42', { uid: 42, gid: 0, additionalGids: [], home: '/' }],
    ['7:50', { uid: 7, gid: 50, additionalGids: [], home: '/' }],
    ['nohome', { uid: 6, gid: 6, additionalGids: [], home: '/', name: 'nohome' }],
    [':staff', { uid: 0, gid: 50, additionalGids: [], home: '/root', name: 'root' }],
  ])('%j', (user, expected) => {
    expect(resolve(user)).toEqual(expected);
  });

  test('an image without the files knows numbers only', () => {
    expect(resolveUser(undefined, {})).toEqual({ uid: 0, gid: 0, additionalGids: [], home: '/' });
    expect(resolveUser('7:8', {})).toEqual({ uid: 7, gid: 8, additionalGids: [], home: '/' });
  });

  test('--group-add takes names and ids, each once', () => {
    expect(resolve('app', ['staff', '99', 'wheel', '99'])).toMatchObject({ additionalGids: [10, 50, 99] });
  });

  test.each([
    ['xyz', 'USER_NOT_FOUND', 'unable to find user xyz: no matching entries in passwd file'],
    ['app:xyz', 'GROUP_NOT_FOUND', 'unable to find group xyz: no matching entries in group file'],
    ['2147483648', 'INVALID_USER', 'use id 2147483648: uids and gids must be in range 0-2147483647'],
    ['wide', 'INVALID_USER', 'use id 4294967296: uids and gids must be in range 0-2147483647'],
    ['-1', 'INVALID_USER', 'use id -1: uids and gids must be in range 0-2147483647'],
  ])('%s is refused', (user, code, message) => {
    expect(() => resolve(user)).toThrow(expect.objectContaining({ code, message }));
  });
});
