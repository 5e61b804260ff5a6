import {
  familiarName,
  familiarRepository,
  formatReference,
  parseReference,
} from '../../../lib/oci/model/reference.ts';

const SHA = `sha256:${'ab'.repeat(32)}`;

describe('parseReference', () => {
  // text, full name, Docker's short name. The full names are what `docker pull` prints for these.
  test.each([
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36'],
    ['library/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['index.docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['docker.io/library/busybox:1', 'docker.io/library/busybox:1', 'busybox:1'],
    ['team/app', 'docker.io/team/app:latest', 'team/app:latest'],
    ['library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
    ['localhost/app', 'localhost/app:latest', 'localhost/app:latest'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app:latest'],
    ['registry/app', 'docker.io/registry/app:latest', 'registry/app:latest'],
    ['registry:5000/app:1', 'registry:5000/app:1', 'registry:5000/app:1'],
    [
      'quay.io/a/b/c_d__e--f.g:v1.0-rc_1',
      'quay.io/a/b/c_d__e--f.g:v1.0-rc_1',
      'quay.io/a/b/c_d__e--f.g:v1.0-rc_1',
    ],
    ['127.0.0.1:5000/x/y', '127.0.0.1:5000/x/y:latest', '127.0.0.1:5000/x/y:latest'],
    ['[::1]:5000/app', '[::1]:5000/app:latest', '[::1]:5000/app:latest'],
    ['[fe80::1]/app:2', '[fe80::1]/app:2', '[fe80::1]/app:2'],
    ['Example.com/app', 'Example.com/app:latest', 'Example.com/app:latest'],
    ['HOST/app', 'HOST/app:latest', 'HOST/app:latest'],
    [`busybox@${SHA}`, `docker.io/library/busybox@${SHA}`, `busybox@${SHA}`],
    [`busybox:1@${SHA}`, `docker.io/library/busybox:1@${SHA}`, `busybox:1@${SHA}`],
    ['docker.io/foo.bar/baz', 'docker.io/foo.bar/baz:latest', 'docker.io/foo.bar/baz:latest'],
    ['app:Tag_With.UPPER-case', 'docker.io/library/app:Tag_With.UPPER-case', 'app:Tag_With.UPPER-case'],
    ['host:5000', 'docker.io/library/host:5000', 'host:5000'],
    [`x:${'t'.repeat(128)}`, `docker.io/library/x:${'t'.repeat(128)}`, `x:${'t'.repeat(128)}`],
    [`q.io/${'r'.repeat(255)}`, `q.io/${'r'.repeat(255)}:latest`, `q.io/${'r'.repeat(255)}:latest`],
  ])('%s', (text, full, short) => {
    const reference = parseReference(text);
    expect(formatReference(reference)).toBe(full);
    expect(familiarName(reference)).toBe(short);
    expect(parseReference(full)).toEqual(reference);
    expect(parseReference(short)).toEqual(reference);
  });

  test.each([
    ['', 'empty', 'busybox'],
    [' busybox', 'not valid', ''],
    ['Busybox', 'lower case', 'did you mean busybox?'],
    ['quay.io/Team/App:X', 'lower case', 'did you mean quay.io/team/app:X?'],
    ['a'.repeat(64), 'an image id', 'proa images'],
    ['https://quay.io/team/app', 'https:// is not part', 'did you mean quay.io/team/app?'],
    ['busybox:', 'the tag "" is not valid', 'a tag has'],
    ['busybox:-1', 'the tag "-1" is not valid', 'a tag has'],
    [`busybox:${'t'.repeat(129)}`, 'is not valid', 'a tag has'],
    ['busybox:1:2', 'the tag "1:2" is not valid', 'a tag has'],
    ['busybox@sha256:abc', 'has 64 hex digits, not 3', 'cut off'],
    ['busybox@md5:d41d8cd98f00b204e9800998ecf8427e', 'md5 is not', ''],
    ['busybox@', 'has no algorithm', ''],
    ['foo//bar', 'is not valid', ''],
    ['/foo', 'not a registry', ''],
    ['foo/', 'is not valid', ''],
    ['quay.io/', 'name is empty', ''],
    ['foo_.bar', 'is not valid', 'single . or _'],
    ['foo___bar', 'is not valid', ''],
    ['foo..bar', 'is not valid', ''],
    ['-foo', 'is not valid', ''],
    ['../etc/passwd', 'not a registry', ''],
    ['quay.io/../etc', 'is not valid', ''],
    ['-host.io/app', 'not a registry', ''],
    ['ho_st:5000/app', 'not a registry', ''],
    ['host:port/app', 'not a registry', ''],
    ['host:70000/app', 'port 70000 is above', ''],
    ['[::1/app', 'not a registry', ''],
    ['foo\nbar', 'is not valid', ''],
    [`q.io/${'r'.repeat(256)}`, '256 characters, more than 255', ''],
  ])('refuses %j', (text, why, hint) => {
    let error: unknown;
    try {
      parseReference(text);
    } catch (e) {
      error = e;
    }
    expect(error).toMatchObject({ code: 'INVALID_REFERENCE', exitCode: 125 });
    expect((error as Error).message).toContain(why);
    expect((error as { hint?: string }).hint ?? '').toContain(hint);
  });

  test('leaves the tag out when asked to', () => {
    expect(parseReference('busybox', { defaultTag: false })).toEqual({
      registry: 'docker.io',
      repository: 'library/busybox',
    });
  });

  test('answers a hostile name at once', () => {
    const started = performance.now();
    expect(() => parseReference(`${'a-'.repeat(50_000)}!`)).toThrow('invalid reference');
    expect(() => parseReference(`${'a.'.repeat(50_000)}/x`)).toThrow('invalid reference');
    expect(performance.now() - started).toBeLessThan(500);
  });
});

test('familiarRepository is the REPOSITORY column', () => {
  expect(familiarRepository(parseReference('busybox:1'))).toBe('busybox');
  expect(familiarRepository(parseReference('quay.io/a/b:1'))).toBe('quay.io/a/b');
});
