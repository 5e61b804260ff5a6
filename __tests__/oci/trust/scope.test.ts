import { parseReference } from '../../../lib/oci/model/reference.ts';
import { parsePolicy } from '../../../lib/oci/trust/policy.ts';
import { pathScopes, referenceScopes, requirementsFor } from '../../../lib/oci/trust/scope.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  [
    'busybox',
    [
      'docker.io/library/busybox:latest',
      'docker.io/library/busybox',
      'docker.io/library',
      'docker.io',
      '*.io',
    ],
  ],
  [
    'a.b.example.com:5000/x/y:1',
    [
      'a.b.example.com:5000/x/y:1',
      'a.b.example.com:5000/x/y',
      'a.b.example.com:5000/x',
      'a.b.example.com:5000',
      '*.b.example.com',
      '*.example.com',
      '*.com',
    ],
  ],
  [`localhost/x@${DIGEST}`, [`localhost/x@${DIGEST}`, 'localhost/x', 'localhost']],
  [`localhost/x:1@${DIGEST}`, [`localhost/x@${DIGEST}`, 'localhost/x', 'localhost']],
])('%s', (name, scopes) => {
  expect(referenceScopes(parseReference(name))).toEqual(scopes);
});

test('a path, and the folders above it', () => {
  expect(pathScopes('/srv/images/app')).toEqual(['/srv/images/app', '/srv/images', '/srv']);
  expect(pathScopes('/srv/app', '1')).toEqual(['/srv/app:1', '/srv/app', '/srv']);
});

describe('the narrowest entry decides alone', () => {
  const entry = (path: string) => [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: path }];
  const policy = parsePolicy(
    JSON.stringify({
      default: entry('default'),
      transports: {
        docker: {
          'quay.io': entry('host'),
          'quay.io/team': entry('namespace'),
          'quay.io/team/app': entry('repository'),
          'quay.io/team/app:1': entry('tag'),
          [`quay.io/team/app@${DIGEST}`]: entry('digest'),
          '*.example.com': entry('wildcard'),
          '*.b.example.com': entry('narrow wildcard'),
        },
        dir: { '': entry('transport'), '/srv': entry('folder') },
      },
    }),
    'p.json',
  );
  const keyOf = (transport: string, scopes: string[]) =>
    (requirementsFor(policy, transport, scopes).requirements[0] as unknown as { keys: { path: string }[] })
      .keys[0]!.path;

  test.each([
    ['quay.io/team/app:1', 'tag'],
    ['quay.io/team/app:2', 'repository'],
    [`quay.io/team/app@${DIGEST}`, 'digest'],
    [`quay.io/team/app:1@${DIGEST}`, 'digest'],
    ['quay.io/team/app-two:1', 'namespace'],
    ['quay.io/team/app/sub:1', 'repository'],
    ['quay.io/teams/app:1', 'host'],
    ['quay.io:443/team/app:1', 'default'],
    ['a.example.com/x', 'wildcard'],
    ['a.b.example.com:80/x', 'narrow wildcard'],
    ['example.com/x', 'default'],
    ['constructor', 'default'],
  ])('%s: %s', (name, key) => {
    expect(keyOf('docker', referenceScopes(parseReference(name)))).toBe(key);
  });

  test.each([
    ['dir', ['/srv/x', '/srv'], 'folder'],
    ['dir', ['/srvx'], 'transport'],
    ['oci', ['/srv'], 'default'],
    ['toString', [], 'default'],
  ])('%s %j: %s', (transport, scopes, key) => {
    expect(keyOf(transport, scopes)).toBe(key);
  });
});
