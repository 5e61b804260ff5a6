import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  openPrivateKey,
  readPublicKeys,
  sigstoreSign,
  sigstoreVerify,
} from '../../../lib/oci/trust/sigstore-key.ts';
import { TemporaryFolder } from '../../helpers/temporary.ts';
import { ecKeys, pair, seal } from './support/sigstore-keys.ts';

const TEXT = Buffer.from('a text');
const open = (pem: string, passphrase = 'secret') =>
  openPrivateKey(Buffer.from(pem), Buffer.from(passphrase));

test.each([
  ['P-256', () => ecKeys()],
  ['P-384', () => pair(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
  ['RSA', () => pair(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
  ['Ed25519', () => pair(generateKeyPairSync('ed25519'))],
])('%s: opened, signed with, verified; not with another text, signature or key', async (_, make) => {
  const { publicKey, privateKey } = make();
  const signature = await sigstoreSign(TEXT, await open(seal(privateKey, 'secret')));
  const [key] = await readPublicKeys(Buffer.from(publicKey));
  expect(await sigstoreVerify(TEXT, signature, key!)).toBe(true);
  expect(await sigstoreVerify(Buffer.from('a tent'), signature, key!)).toBe(false);
  expect(await sigstoreVerify(TEXT, signature.subarray(1), key!)).toBe(false);
  const [other] = await readPublicKeys(Buffer.from(ecKeys().publicKey));
  expect(await sigstoreVerify(TEXT, signature, other!)).toBe(false);
});

test('openssl agrees', async () => {
  using folder = new TemporaryFolder();
  const { publicKey, privateKey } = ecKeys();
  const files = ['key', 'signature', 'text'].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  writeFileSync(files[0], publicKey);
  writeFileSync(files[1], await sigstoreSign(TEXT, privateKey));
  writeFileSync(files[2], TEXT);
  const args = ['dgst', '-sha256', '-verify', files[0], '-signature', files[1], files[2]];
  expect(execFileSync('openssl', args, { encoding: 'utf8' })).toBe('Verified OK\n');
});

test("the older label, and cosign's own", async () => {
  const { privateKey } = ecKeys();
  const opened = await open(seal(privateKey, 'secret', { label: 'COSIGN' }));
  expect(opened.equals(privateKey)).toBe(true);
});

interface Sealed {
  kdf: object;
}

test.each<[string, string, (it: Sealed) => object]>([
  ['kdf.name: must be scrypt', 'INVALID_KEY', (it) => ({ ...it, kdf: { name: 'pbkdf2' } })],
  // 1 GiB of memory, or hours.
  [
    'kdf.params.N: must be from 1 to 1048576',
    'INVALID_KEY',
    (it) => ({ ...it, kdf: { ...it.kdf, params: { N: 2 ** 30, r: 8, p: 1 } } }),
  ],
  [
    'cipher.nonce: must have 24 bytes',
    'INVALID_KEY',
    (it) => ({ ...it, cipher: { name: 'nacl/secretbox', nonce: 'AAAA' } }),
  ],
  ['ciphertext: is missing', 'INVALID_KEY', (it) => ({ ...it, ciphertext: null })],
])('%s', async (why, code, change) => {
  const sealed = seal(ecKeys().privateKey, 'secret', { change: change as (it: object) => object });
  await expect(open(sealed)).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
});

test('a wrong passphrase, and what is no key', async () => {
  const sealed = seal(ecKeys().privateKey, 'secret');
  await expect(open(sealed, 'Secret')).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
  await expect(open('nothing')).rejects.toMatchObject({ code: 'INVALID_KEY' });
  await expect(readPublicKeys(Buffer.from(sealed))).rejects.toMatchObject({ code: 'INVALID_KEY' });
});
