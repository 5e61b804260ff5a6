import {
  formatPlatform,
  hostPlatform,
  matchPlatform,
  parsePlatform,
} from '../../../lib/oci/model/platform.ts';

describe('parsePlatform', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['Linux/AMD64', 'linux/amd64'],
    ['linux/arm64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/i386', 'linux/386'],
    ['macos/arm64', 'darwin/arm64'],
    ['arm64', 'linux/arm64'],
    ['s390x', 'linux/s390x'],
    ['linux', formatPlatform(hostPlatform())],
  ])('%s is %s', (text, expected) => {
    expect(formatPlatform(parsePlatform(text))).toBe(expected);
  });

  test.each(['', '/', 'linux/', 'linux/amd64/v1/x', 'li nux/amd64', 'toaster', '../x'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'INVALID_PLATFORM' }));
    },
  );
});

describe('matchPlatform', () => {
  // wanted, candidates, the one that containerd would take
  test.each([
    ['linux/amd64', 'linux/arm64 linux/amd64', 'linux/amd64'],
    ['linux/amd64', 'linux/386 linux/amd64', 'linux/amd64'],
    ['linux/amd64', 'linux/arm64 linux/386', 'linux/386'],
    ['linux/amd64', 'linux/amd64/v3 linux/amd64', 'linux/amd64'],
    ['linux/amd64', 'linux/amd64/v2', undefined],
    ['linux/amd64/v3', 'linux/amd64 linux/amd64/v2 linux/amd64/v4', 'linux/amd64/v2'],
    ['linux/amd64/v2', 'linux/amd64', 'linux/amd64'],
    ['linux/arm64', 'linux/arm/v7 linux/arm64/v8', 'linux/arm64/v8'],
    ['linux/arm64', 'linux/arm/v6 linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm64/v9', 'linux/arm64 linux/arm64/v8.5 linux/arm64/v8.6', 'linux/arm64/v8.5'],
    ['linux/arm64/v8.2', 'linux/arm64 linux/arm64/v8.1 linux/arm64/v8.3', 'linux/arm64/v8.1'],
    ['linux/arm/v7', 'linux/arm/v5 linux/arm/v6', 'linux/arm/v6'],
    ['linux/arm/v6', 'linux/arm/v7 linux/arm/v5', 'linux/arm/v5'],
    ['linux/arm/v8', 'linux/arm/v5 linux/arm/v7 linux/arm/v6', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm64', undefined],
    ['linux/s390x', 'linux/amd64 linux/s390x', 'linux/s390x'],
    ['linux/amd64', 'windows/amd64 unknown/unknown', undefined],
    ['linux/amd64', '', undefined],
  ])('%s among %s is %s', (wanted, candidates, expected) => {
    const names = candidates.split(' ').filter(Boolean);
    const list = names.map((name) => {
      const [os = '', architecture = '', variant] = name.split('/');
      return { os, architecture, ...(variant && { variant }) };
    });
    const index = matchPlatform(parsePlatform(wanted), list);
    expect(index === undefined ? undefined : names[index]).toBe(expected);
  });

  test('takes the first of equals, and one without a platform only as the last resort', () => {
    const amd64 = { os: 'linux', architecture: 'amd64' };
    expect(matchPlatform(amd64, [undefined, amd64, amd64])).toBe(1);
    expect(matchPlatform(amd64, [{ os: 'linux', architecture: 'arm64' }, undefined])).toBe(1);
  });

  test('compares os.version only when it is wanted', () => {
    const windows = (version: string) => ({ os: 'windows', architecture: 'amd64', 'os.version': version });
    expect(matchPlatform({ os: 'windows', architecture: 'amd64' }, [windows('10.1')])).toBe(0);
    expect(matchPlatform(windows('10.2'), [windows('10.1'), windows('10.2')])).toBe(1);
  });

  test('a hostile variant does not cost memory', () => {
    expect(matchPlatform({ os: 'linux', architecture: 'amd64', variant: 'v999999999' }, [])).toBeUndefined();
  });
});
