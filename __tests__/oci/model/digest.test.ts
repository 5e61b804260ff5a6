import {
  digestAlgorithm,
  digestHex,
  digestOf,
  isDigest,
  parseDigest,
  sha256Digest,
  shortId,
} from '../../../lib/oci/model/digest.ts';

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describe('parseDigest', () => {
  test.each([EMPTY, `sha512:${'0a'.repeat(64)}`])('takes %s', (text) => {
    expect(parseDigest(text)).toBe(text);
    expect(isDigest(text)).toBe(true);
  });

  test.each([
    ['', 'has no algorithm'],
    ['abc', 'has no algorithm'],
    [':abc', 'has no algorithm'],
    ['md5:d41d8cd98f00b204e9800998ecf8427e', 'md5 is not sha256 or sha512'],
    ['constructor:abc', 'constructor is not sha256'],
    ['sha256:', 'has 64 hex digits, not 0'],
    [EMPTY.slice(0, -1), 'has 64 hex digits, not 63'],
    [`sha512:${'a'.repeat(64)}`, 'has 128 hex digits, not 64'],
    [EMPTY.toUpperCase().replace('SHA', 'sha'), 'in lower case'],
    [`sha256:../${'a'.repeat(61)}`, '0-9 and a-f'],
    [`sha256:${'a'.repeat(63)}\n`, '0-9 and a-f'],
  ])('refuses %j', (text, why) => {
    expect(() => parseDigest(text)).toThrow(
      expect.objectContaining({ code: 'INVALID_DIGEST', message: expect.stringContaining(why) }),
    );
    expect(isDigest(text)).toBe(false);
  });

  test('does not echo a megabyte', () => {
    expect(() => parseDigest('x'.repeat(1e6))).toThrow(/^invalid digest: "x{160}…"/);
  });
});

test('takes a digest apart and makes one', () => {
  const digest = parseDigest(EMPTY);
  expect(digestAlgorithm(digest)).toBe('sha256');
  expect(digestHex(digest)).toBe(EMPTY.slice(7));
  expect(shortId(digest)).toBe('e3b0c44298fc');
  expect(sha256Digest(new Uint8Array())).toBe(EMPTY);
  expect(sha256Digest('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(digestOf('abc', 'sha512')).toMatch(/^sha512:ddaf35a193617aba/);
});
