import {
  DEFAULT_PATH,
  makeEnv,
  mergeEnvOption,
  parseEnvFile,
  parseEnvOption,
  proxyEnv,
} from '../../../../lib/oci/model/runtime-spec/env.ts';

describe('environment', () => {
  test('defaults, then the image, then the user; each name once, in its first place', () => {
    expect(
      makeEnv({
        hostname: 'box',
        home: '/root',
        terminal: true,
        image: ['PATH=/app', 'A=image', 'B=image', 'EMPTY='],
        user: ['A=user', 'C=x=y'],
      }),
    ).toEqual([
      'PATH=/app',
      'HOSTNAME=box',
      'TERM=xterm',
      'HOME=/root',
      'A=user',
      'B=image',
      'EMPTY=',
      'C=x=y',
    ]);
  });

  test('PATH is there even for an image without any', () => {
    expect(makeEnv({})).toEqual([`PATH=${DEFAULT_PATH}`]);
  });

  test('a bare name of the user takes the variable away', () => {
    expect(makeEnv({ image: ['A=1', 'B=2'], user: ['A'] })).toEqual([`PATH=${DEFAULT_PATH}`, 'B=2']);
  });

  test('-e NAME takes the value from here; without one the name stays bare', () => {
    const caller = { HERE: 'v', EMPTY: '' };
    expect(['A=b', 'HERE', 'EMPTY', 'GONE'].map((option) => parseEnvOption(option, caller))).toEqual([
      'A=b',
      'HERE=v',
      'EMPTY=',
      'GONE',
    ]);
    expect(() => parseEnvOption('=x', caller)).toThrow(expect.objectContaining({ code: 'INVALID_ENV' }));
  });

  test('an env file: comments, blanks, quotes as they stand, names from here', () => {
    const text =
      '\uFEFFA=1\n# comment\n\n  B= two # not a comment\nC="quoted"\n  # indented\nHERE\nGONE\nD=x=y\r\n';
    expect(parseEnvFile(text, 'f', { HERE: 'v' })).toEqual([
      'A=1',
      'B= two # not a comment',
      'C="quoted"',
      'HERE=v',
      'D=x=y',
    ]);
  });

  test.each([
    ['A=1\n=2', 'read env file f: line 2: it has no variable name'],
    ['A B=1', 'read env file f: line 1: variable "A B" contains whitespace'],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseEnvFile(text, 'f', {})).toThrow(
      expect.objectContaining({ code: 'INVALID_ENV', message }),
    );
  });
});

test('defaults are left out on request, and what was asked for stays', () => {
  const input = { hostname: 'box', home: '/root', terminal: true, image: ['A=1'] };
  expect(makeEnv({ ...input, unset: 'all' })).toEqual(['HOSTNAME=box', 'HOME=/root', 'A=1']);
  expect(makeEnv({ ...input, unset: ['HOME', 'PATH'] })).toEqual(['HOSTNAME=box', 'TERM=xterm', 'A=1']);
});

test.each([
  ['A=$B', 'A=b'],
  ['A=$' + '{B}:$C.', 'A=b:x=y.'],
  ['A=$NONE|$1', 'A=|$1'],
])('--env-merge %s', (option, merged) => {
  expect(mergeEnvOption(option, ['B=b', 'C=x=y'])).toBe(merged);
});

test('the proxies of the caller, as they are spelled', () => {
  expect(proxyEnv({ http_proxy: 'a', NO_PROXY: '', OTHER: 'x' })).toEqual(['http_proxy=a', 'NO_PROXY=']);
});
