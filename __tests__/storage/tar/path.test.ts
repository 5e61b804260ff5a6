import { baseOf, cleanName, parentOf } from '../../../lib/storage/tar/path.ts';

describe('names in an archive', () => {
  test.each([
    ['usr/lib', 'usr/lib'],
    ['./usr/lib/', 'usr/lib'],
    ['.//usr///lib', 'usr/lib'],
    ['/usr/lib', 'usr/lib'],
    ['//./usr', 'usr'],
    ['usr/./lib/../share', 'usr/share'],
    ['a/b/../../c', 'c'],
    ['.', ''],
    ['./', ''],
    ['/', ''],
    ['', ''],
    ['a/..', ''],
    ['..a/.b/c..', '..a/.b/c..'],
    ['.hidden', '.hidden'],
    ['...', '...'],
  ])('%j is %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean);
  });

  test.each([
    '..',
    '../x',
    '/../x',
    './../x',
    'a/../../x',
    'a/b/../../../x',
    `${'a/'.repeat(300)}x`,
    'x'.repeat(4096),
  ])('%j is refused', (name) => {
    expect(() => cleanName(name)).toThrow(expect.objectContaining({ code: 'HOSTILE_ARCHIVE' }));
  });

  test('parts', () => {
    expect([parentOf('a/b/c'), parentOf('a'), baseOf('a/b/c'), baseOf('a')]).toEqual(['a/b', '', 'c', 'a']);
  });
});
