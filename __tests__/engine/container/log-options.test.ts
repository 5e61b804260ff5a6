import { logDetails } from '../../../lib/engine/container/log-details.ts';
import { logLimit, parseDecimalSize } from '../../../lib/engine/container/log-driver.ts';
import { parseLogging } from '../../../lib/engine/container/log-options.ts';
import { parseDigest } from '../../../lib/oci/model/digest.ts';

test.each([
  ['10k', 10_000],
  ['10m', 10_000_000],
  ['1.5 GB', 1_500_000_000],
  ['20MiB', 20_000_000],
  ['512', 512],
  ['7b', 7],
])('a size of %s is %d bytes, as in Docker', (text, bytes) => {
  expect(parseDecimalSize(text)).toBe(bytes);
});

test.each(['', '10q', '-1', '0', 'm', '1e3', '0.5'])('a size of "%s" is none', (text) => {
  expect(() => parseDecimalSize(text)).toThrow(`invalid size: '${text}'`);
});

test('limits', () => {
  const limit = (driver: string, options: Record<string, string>) =>
    logLimit({ logging: parseLogging(driver, options, '/') });
  expect(limit('json-file', {})).toBe(undefined);
  expect(limit('json-file', { 'max-file': '3' })).toBe(undefined);
  expect(limit('json-file', { 'max-size': '1m' })).toEqual({ size: 1e6, files: 1 });
  expect(limit('k8s-file', { 'max-size': '1m', 'max-file': '3' })).toEqual({ size: 1e6, files: 3 });
  expect(limit('local', {})).toEqual({ size: 20e6, files: 5 });
  expect(limit('none', {})).toBe(undefined);
});

test('nothing asked for, and a relative path', () => {
  expect(parseLogging(undefined, {}, '/')).toBe(undefined);
  expect(parseLogging('', {}, '/')).toBe(undefined);
  expect(parseLogging(undefined, { path: 'x' }, '/tmp')).toEqual({
    driver: 'k8s-file',
    options: { path: '/tmp/x' },
  });
});

test.each([
  [{ path: '/tmp/a:b' }, 'a path without colons'],
  [{ path: '' }, 'a path'],
  [{ mode: 'fast' }, 'blocking or non-blocking'],
  [{ compress: 'yes' }, 'true or false'],
  [{ 'labels-regex': '(' }, 'no regular expression'],
  [{ tag: '{{.Name | upper}}' }, 'is no field of it'],
])('%j cannot be', (options: Record<string, string>, words) => {
  expect(() => parseLogging('json-file', options, '/')).toThrow(words);
});

test('details, in the order of their keys and escaped as in a query', () => {
  const details = (options: Record<string, string>) =>
    logDetails({
      id: 'abcdef012345'.padEnd(64, '0'),
      name: 'web',
      image: { id: parseDigest(`sha256:${'0'.repeat(64)}`), name: 'img' },
      labels: { 'com.x': 'a b', other: '1' },
      env: ['E=x=y', "Q='", 'PATH=/bin'],
      entrypoint: [],
      command: ['sh'],
      logging: { driver: 'json-file', options },
    });
  expect(details({})).toBe('');
  expect(details({ labels: 'com.x,absent', env: 'E,Q' })).toBe('E=x%3Dy,Q=%27,com.x=a+b');
  expect(details({ 'labels-regex': '^com', 'env-regex': '^P' })).toBe('PATH=%2Fbin,com.x=a+b');
  expect(details({ tag: '{{.ImageName}}/{{ .Name }}/{{.ID}}' })).toBe('tag=img%2Fweb%2Fabcdef012345');
});
