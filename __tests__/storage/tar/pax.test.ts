import { parsePax, paxTime, paxXattrs } from '../../../lib/storage/tar/pax.ts';
import { paxRecord } from './support/archive.ts';

describe('extended headers', () => {
  test('records, values with newlines and equal signs, and the last of a key', () => {
    const body = Buffer.concat([
      paxRecord('path', 'first'),
      paxRecord('comment', 'two\nlines=1'),
      paxRecord('path', Buffer.from('\xff', 'latin1')),
    ]);
    expect([...parsePax(body).values]).toEqual([
      ['path', '\xff'],
      ['comment', 'two\nlines=1'],
    ]);
  });

  test('a record whose own length changes its number of digits', () => {
    for (const length of [1, 2, 3, 88, 89, 90, 91, 92, 987, 988, 989, 990, 991]) {
      expect(parsePax(paxRecord('k', 'v'.repeat(length))).values.get('k')).toBe('v'.repeat(length));
    }
  });

  test.each([
    'x',
    '5 a=b',
    '99 a=b\n',
    '6 a=b\nrest',
    '5 ab\n',
    '6 =ab\n',
    '-6 a=b\n',
    '0 a=b\n',
    '999999999 a=b\n',
  ])('%j is refused', (body) => {
    expect(() => parsePax(Buffer.from(body))).toThrow(expect.objectContaining({ code: 'BAD_ARCHIVE' }));
  });

  test.each([
    ['0', 0, 0],
    ['1700000000', 1_700_000_000, 0],
    ['1700000000.5', 1_700_000_000, 500_000_000],
    ['1700000000.000000001', 1_700_000_000, 1],
    ['1.1234567899', 1, 123_456_789],
    ['1.', 1, 0],
    ['-1', -1, 0],
    ['-1.25', -2, 750_000_000],
    ['-0.000000001', -1, 999_999_999],
  ])('time %s', (text, sec, nsec) => {
    expect(paxTime('mtime', text)).toEqual({ sec, nsec });
  });

  test.each(['', 'now', '1e9', '1.5.5', '99999999999999999', '--1'])('time %j is refused', (text) => {
    expect(() => paxTime('mtime', text)).toThrow(expect.objectContaining({ code: 'BAD_ARCHIVE' }));
  });

  test("extended attributes: SCHILY's before libarchive's", () => {
    const { values } = parsePax(
      Buffer.concat([
        paxRecord('LIBARCHIVE.xattr.user.a', Buffer.from('old').toString('base64')),
        paxRecord('SCHILY.xattr.user.a', Buffer.from([0, 1, 255])),
        paxRecord('LIBARCHIVE.xattr.user.with%3Dsign', Buffer.from('value').toString('base64')),
      ]),
    );
    expect(paxXattrs(values)).toEqual(
      new Map([
        ['user.a', Buffer.from([0, 1, 255])],
        ['user.with=sign', Buffer.from('value')],
      ]),
    );
    expect(paxXattrs(new Map([['path', 'x']]))).toBeUndefined();
  });
});
