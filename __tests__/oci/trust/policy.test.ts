import { parsePolicy, type Requirement } from '../../../lib/oci/trust/policy.ts';

const DEFAULT = { type: 'matchRepoDigestOrExact' };
const KEY = Buffer.from('a key');

const policy = (requirement: unknown): string => JSON.stringify({ default: [requirement] });
const read = (requirement: unknown): Requirement => parsePolicy(policy(requirement), 'p.json').default[0]!;
const gpg = (members: object): object => ({ type: 'signedBy', keyType: 'GPGKeys', ...members });
const sigstore = (members: object): object => ({ type: 'sigstoreSigned', ...members });

test.each<[object, object]>([
  [{ type: 'insecureAcceptAnything' }, { type: 'insecureAcceptAnything' }],
  [{ type: 'reject' }, { type: 'reject' }],
  [gpg({ keyPath: '/a' }), { type: 'signedBy', keys: [{ path: '/a' }], identity: DEFAULT }],
  [
    gpg({ keyPaths: ['/a', '/b'] }),
    { type: 'signedBy', keys: [{ path: '/a' }, { path: '/b' }], identity: DEFAULT },
  ],
  [
    gpg({ keyData: KEY.toString('base64'), signedIdentity: { type: 'matchRepository' } }),
    { type: 'signedBy', keys: [{ data: KEY }], identity: { type: 'matchRepository' } },
  ],
  [
    sigstore({ keyPath: '/a', rekorPublicKeyPath: '/r' }),
    { type: 'sigstoreSigned', keys: [{ path: '/a' }], rekorKeys: [{ path: '/r' }], identity: DEFAULT },
  ],
  [
    sigstore({ keyDatas: [KEY.toString('base64')] }),
    { type: 'sigstoreSigned', keys: [{ data: KEY }], rekorKeys: [], identity: DEFAULT },
  ],
])('%j is understood', (written, meant) => {
  expect(read(written)).toEqual(meant);
});

// Well-formed files that ask for more than can be checked refuse the images that they speak of, not all others.
test.each<object>([
  sigstore({ fulcio: { caPath: '/ca' }, rekorPublicKeyPath: '/r' }),
  sigstore({ pki: {} }),
  gpg({ keyType: 'X509Certificates', keyPath: '/a' }),
  { type: 'signedBaseLayer', baseLayerIdentity: {} },
])('%j cannot be checked', (written) => {
  expect(read(written).type).toBe('uncheckable');
});

test.each<[string, string]>([
  ['', 'it is not JSON'],
  ['[]', 'it must be an object'],
  ['{}', 'default: is missing'],
  ['{"default":[]}', 'default: must not be empty'],
  ['{"default":[{"type":"reject"}],"default":[{"type":"reject"}]}', 'the name "default" occurs twice'],
  ['{"default":[{"type":"reject"}],"transport":{}}', 'transport: is not known'],
  ['{"default":[{"type":"reject"}],"transports":{"docker":{"x":{}}}}', 'transports.docker.x: must be a list'],
  [policy({}), 'default[0].type: is missing'],
  [policy({ type: 'Reject' }), 'default[0].type: "Reject" is no type of requirement'],
  [policy({ type: 'reject', why: '' }), 'default[0].why: is not known'],
  [policy(gpg({ keyType: 'gpg', keyPath: '/a' })), 'default[0].keyType: must be one of GPGKeys'],
  [policy(gpg({})), 'default[0]: needs one of keyPath'],
  [policy(gpg({ keyPath: '/a', keyData: 'YQ==' })), 'default[0]: has more than one of keyPath and keyData'],
  [policy(gpg({ keyPath: 7 })), 'default[0].keyPath: must be a string'],
  [policy(gpg({ keyPath: '' })), 'default[0].keyPath: must not be empty'],
  [policy(gpg({ keyPaths: [] })), 'default[0].keyPaths: must not be empty'],
  [policy(gpg({ keyData: 'not base64!' })), 'default[0].keyData: must be base64'],
  [policy(gpg({ keyDatas: ['YQ=='] })), 'default[0].keyDatas: is not known'],
  [policy(sigstore({})), 'default[0]: needs exactly one of keyPath'],
  [policy(sigstore({ keyPath: '/a', fulcio: {} })), 'default[0]: needs exactly one of keyPath'],
  [policy(sigstore({ keyPath: '/a', keyType: 'GPGKeys' })), 'default[0].keyType: is not known'],
  [
    policy(gpg({ keyPath: '/a', signedIdentity: { type: 'exact' } })),
    'default[0].signedIdentity.type: "exact" is no type of identity',
  ],
  [
    policy(gpg({ keyPath: '/a', signedIdentity: { type: 'exactReference', dockerReference: 'busybox' } })),
    'default[0].signedIdentity.dockerReference: must have a tag or a digest',
  ],
  [
    policy(gpg({ keyPath: '/a', signedIdentity: { type: 'matchExact', prefix: 'x' } })),
    'default[0].signedIdentity.prefix: is not known',
  ],
  [
    policy(
      gpg({
        keyPath: '/a',
        signedIdentity: { type: 'remapIdentity', prefix: 'busybox/a', signedPrefix: 'x.io' },
      }),
    ),
    'default[0].signedIdentity.prefix: must be a host, a namespace or a repository in full',
  ],
])('%s is refused', (text, why) => {
  expect(() => parsePolicy(text, 'p.json')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`read p.json: ${why}`),
    }),
  );
});
