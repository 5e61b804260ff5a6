import { inspect } from 'node:util';
import {
  networkError,
  type Purpose,
  parseRetryAfter,
  statusError,
} from '../../../lib/oci/registry/errors.ts';
import { isRetryable, redactUrl, retryAfterOf } from '../../../lib/oci/registry/failure.ts';

const purpose: Purpose = { what: 'get manifest', which: 'r.io/a/b:1', registry: 'r.io', kind: 'manifest' };
const SIGNED = new URL('https://user:secret@r.io/v2/a?X-Amz-Signature=secret#secret');
const answer = (status: number, headers: Record<string, string> = {}, foreign = false) => ({
  response: { status, headers: { get: (name: string) => headers[name] ?? null }, body: undefined as never },
  url: SIGNED,
  foreign,
});
const body = (code: string, message: string) => JSON.stringify({ errors: [{ code, message }] });

describe('statusError', () => {
  // status, kind, code, part of the message, part of the hint, retryable
  test.each([
    [401, 'manifest', 'UNAUTHORIZED', 'does not exist, or it needs a login', 'proa login r.io', false],
    [403, 'manifest', 'DENIED', 'denies access', 'proa login r.io', false],
    [404, 'manifest', 'MANIFEST_UNKNOWN', 'no such tag or digest', 'proa login r.io', false],
    [404, 'blob', 'BLOB_UNKNOWN', 'no such blob', '', false],
    [416, 'blob', 'SIZE_MISMATCH', 'ends before the byte', '', false],
    [429, 'manifest', 'TOO_MANY_REQUESTS', 'limits the rate', 'proa login r.io', true],
    [400, 'manifest', 'REGISTRY_ERROR', 'answered 400', '', false],
    [408, 'manifest', 'REGISTRY_ERROR', 'answered 408', '', true],
    [500, 'manifest', 'REGISTRY_ERROR', 'answered 500', '', true],
    [501, 'manifest', 'REGISTRY_ERROR', 'answered 501', '', false],
    [503, 'blob', 'REGISTRY_ERROR', 'answered 503', '', true],
  ] as const)('%i for a %s', (status, kind, code, message, hint, retryable) => {
    const error = statusError(answer(status), '', { ...purpose, kind });
    expect(error).toMatchObject({ code, exitCode: 125, message: expect.stringContaining(message) });
    expect(error.message).toMatch(/^get manifest: r\.io\/a\/b:1: /);
    expect(error.hint ?? '').toContain(hint);
    expect(isRetryable(error)).toBe(retryable);
  });

  test("the registry's own words are shown where they say more than the status", () => {
    const text = (b: string) => statusError(answer(404), b, purpose).message;
    expect(text(body('NAME_UNKNOWN', 'project a is archived'))).toMatch(
      /no such repository \(project a is archived\)$/,
    );
    expect(text(body('MANIFEST_UNKNOWN', 'manifest unknown'))).toMatch(/no such tag or digest$/);
    expect(text('<html>404</html>')).toMatch(/no such tag or digest$/);
    expect(text('{"errors":"x"}')).toMatch(/no such tag or digest$/);
    expect(text('null')).toMatch(/no such tag or digest$/);
  });

  test('a login that was refused is told apart from none', () => {
    expect(statusError(answer(401), '', { ...purpose, loggedIn: true }).message).toContain(
      'stored user name and password',
    );
  });

  test('the host behind a redirect is blamed, not the registry', () => {
    expect(statusError(answer(403, {}, true), '', purpose)).toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('where the registry redirects to, answered 403'),
    });
  });

  test('a wait of hours is an error that says so, and no retry', () => {
    const soon = statusError(answer(429, { 'retry-after': '3' }), '', purpose);
    expect([isRetryable(soon), retryAfterOf(soon)]).toEqual([true, 3000]);
    const late = statusError(answer(429, { 'retry-after': '7200' }), '', purpose);
    expect(isRetryable(late)).toBe(false);
    expect(late.message).toContain('asks to wait 120 minutes');
  });
});

describe('networkError', () => {
  const fail = (code: string, contacted = false) =>
    networkError(
      Object.assign(new Error(`${code} at ${SIGNED}`), { code, path: SIGNED.href }),
      SIGNED,
      purpose,
      contacted,
    );

  test.each([
    ['ECONNREFUSED', 'REGISTRY_UNREACHABLE', 'nothing listens at r.io:443', false],
    ['ENOTFOUND', 'REGISTRY_UNREACHABLE', 'r.io cannot be resolved', false],
    ['EAI_AGAIN', 'REGISTRY_UNREACHABLE', 'r.io cannot be resolved', true],
    ['EHOSTUNREACH', 'REGISTRY_UNREACHABLE', 'no route to r.io', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_FAILED', 'is not trusted', false],
    ['CERT_HAS_EXPIRED', 'TLS_FAILED', 'is not trusted', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_FAILED', 'is not trusted', false],
    ['EPROTO', 'TLS_FAILED', 'r.io:443 does not speak TLS', false],
    ['ECONNRESET', 'CONNECTION_LOST', 'broke', true],
    ['ETIMEDOUT', 'CONNECTION_LOST', 'broke', true],
    ['', 'CONNECTION_LOST', 'broke', true],
  ])('%s', (code, ours, message, retryable) => {
    const error = fail(code);
    expect(error).toMatchObject({ code: ours, message: expect.stringContaining(message) });
    expect(isRetryable(error)).toBe(retryable);
  });

  test('hints say what to type', () => {
    expect(fail('SELF_SIGNED_CERT_IN_CHAIN').hint).toMatch(
      /\/etc\/containers\/certs\.d\/r\.io\/ca\.crt.*--tls-verify=false/,
    );
    expect(fail('EPROTO').hint).toContain('--tls-verify=false');
  });

  test('a server that has answered before is waited for', () => {
    expect(isRetryable(fail('ECONNREFUSED', true))).toBe(true);
    expect(isRetryable(fail('CERT_HAS_EXPIRED', true))).toBe(false);
  });
});

test('nothing of an error shows a secret, however deep one looks', () => {
  const leaky = 'see https://cdn.io/x?sig=secret and Authorization: Bearer secret or basic secret\u001b[31m';
  const network = networkError(
    Object.assign(new Error(leaky), { path: SIGNED.href }),
    SIGNED,
    purpose,
    false,
  );
  const status = statusError(answer(500), body('X', leaky), purpose);
  for (const error of [network, status]) {
    expect(inspect(error, { depth: 10 })).not.toMatch(/secret|\u001b\[31m/);
    expect(error.message).toContain('https://cdn.io/x?…');
  }
  expect(redactUrl(SIGNED)).toBe('https://r.io/v2/a?…');
});

test.each([
  [null, undefined],
  ['120', 120_000],
  ['Thu, 01 Jan 1970 00:01:30 GMT', 30_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 0],
  ['soon', undefined],
])('Retry-After %s', (header, expected) => {
  expect(parseRetryAfter(header, 60_000)).toBe(expected);
});
