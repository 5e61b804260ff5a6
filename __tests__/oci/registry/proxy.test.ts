import { proxyFor } from '../../../lib/oci/registry/proxy.ts';

const PROXY = 'http://proxy.test:3128';
const through = (url: string, environment: Record<string, string>) => proxyFor(new URL(url), environment);

test('by the scheme, in capitals first', () => {
  expect(through('https://a.test/', { HTTPS_PROXY: PROXY, HTTP_PROXY: 'http://other' })).toBe(PROXY);
  expect(through('http://a.test/', { HTTPS_PROXY: PROXY })).toBe(false);
  expect(through('https://a.test/', { https_proxy: PROXY })).toBe(PROXY);
  expect(through('https://a.test/', { https_proxy: 'http://other', HTTPS_PROXY: PROXY })).toBe(PROXY);
  expect(through('https://a.test/', { HTTPS_PROXY: 'me:secret@proxy.test:3128' })).toBe(
    'http://me:secret@proxy.test:3128',
  );
  expect(through('https://a.test/', {})).toBe(false);
});

test.each([
  ['*', 'https://a.test/', true],
  ['a.test', 'https://a.test/', true],
  ['a.test', 'https://x.a.test/', true],
  ['a.test', 'https://ba.test/', false],
  ['.a.test', 'https://a.test/', false],
  ['.a.test', 'https://x.a.test/', true],
  ['*.a.test', 'https://x.a.test/', true],
  ['b.test, A.TEST', 'https://a.test/', true],
  ['a.test:443', 'https://a.test/', true],
  ['a.test:5000', 'https://a.test/', false],
  ['a.test:5000', 'https://a.test:5000/', true],
  ['10.0.0.0/8', 'http://10.1.2.3:5000/', true],
  ['10.0.0.0/8', 'http://11.1.2.3/', false],
  ['10.0.0.0/8', 'http://ten.test/', false],
  ['10.0.0.0/80', 'http://10.1.2.3/', false],
  ['10.1.2.3', 'http://10.1.2.3/', true],
  ['fd00::/8', 'http://[fd00::1]:5000/', true],
  ['fd00::1', 'http://[fd00::1]/', true],
  ['[fd00::1]:5000', 'http://[fd00::1]:5000/', true],
  ['[fd00::1]:5001', 'http://[fd00::1]:5000/', false],
  ['', 'https://a.test/', false],
])('NO_PROXY=%s and %s: %s', (list, url, excepted) => {
  const environment = { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: list };
  expect(through(url, environment)).toBe(excepted ? false : PROXY);
});

test('what is on this machine is never asked of a proxy', () => {
  for (const host of ['127.0.0.1', '127.8.9.10', 'localhost', '[::1]']) {
    expect(through(`http://${host}:5000/`, { HTTP_PROXY: PROXY })).toBe(false);
  }
});
