import type { Digest } from '../../../lib/oci/model/digest.ts';
import { formatClaim, parseClaim } from '../../../lib/oci/trust/payload.ts';

const DIGEST = `sha256:${'1'.repeat(64)}` as Digest;
const CLAIM = { digest: DIGEST, reference: 'quay.io/team/app:1' };

const document = (change: (it: Record<string, Record<string, unknown>>) => void): Uint8Array => {
  const it = JSON.parse(new TextDecoder().decode(formatClaim('simple', CLAIM)));
  change(it);
  return Buffer.from(JSON.stringify(it));
};

test.each(['simple', 'sigstore'] as const)('a %s claim is read as it was written', (kind) => {
  expect(parseClaim(kind, formatClaim(kind, CLAIM, 7))).toEqual(CLAIM);
});

test('one kind is not taken for the other', () => {
  expect(() => parseClaim('simple', formatClaim('sigstore', CLAIM))).toThrow('critical.type: must be atomic');
});

test('cosign writes null for no optional members; a simple signature may not', () => {
  const text = new TextDecoder()
    .decode(formatClaim('sigstore', CLAIM))
    .replace(/"optional":\{.*?\}/, '"optional":null');
  expect(parseClaim('sigstore', Buffer.from(text))).toEqual(CLAIM);
  expect(() =>
    parseClaim(
      'simple',
      document((it) => Object.assign(it, { optional: null })),
    ),
  ).toThrow('optional');
});

test.each<[string, (it: Record<string, Record<string, unknown>>) => void]>([
  ['more: is not known', (it) => Object.assign(it, { more: {} })],
  ['critical.more: is not known', ({ critical }) => Object.assign(critical!, { more: 1 })],
  [
    'critical.image.more: is not known',
    ({ critical }) => Object.assign(critical!.image as object, { more: 1 }),
  ],
  [
    'critical.identity.more: is not known',
    ({ critical }) => Object.assign(critical!.identity as object, { more: 1 }),
  ],
  ['critical.identity: is missing', ({ critical }) => delete critical!.identity],
  ['optional: is missing', (it) => delete it.optional],
  [
    'critical.image.docker-manifest-digest: invalid digest',
    ({ critical }) => Object.assign(critical!.image as object, { 'docker-manifest-digest': 'md5:1' }),
  ],
  [
    'optional.timestamp: must be a whole number',
    ({ optional }) => Object.assign(optional!, { timestamp: 1.5 }),
  ],
])('%s', (why, change) => {
  expect(() => parseClaim('simple', document(change))).toThrow(
    expect.objectContaining({
      code: 'INVALID_SIGNATURE',
      message: expect.stringContaining(`read signature: ${why}`),
    }),
  );
});

test('what is optional may hold anything else', () => {
  expect(
    parseClaim(
      'simple',
      document(({ optional }) => Object.assign(optional!, { new: [1] })),
    ),
  ).toEqual(CLAIM);
});
