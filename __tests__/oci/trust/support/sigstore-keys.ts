// Private keys as cosign and skopeo write them.
import { generateKeyPairSync, type KeyObject, randomBytes, scryptSync } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';

export interface KeyPair {
  /** PEM. */
  publicKey: string;
  privateKey: KeyObject;
}

export function ecKeys(): KeyPair {
  return pair(generateKeyPairSync('ec', { namedCurve: 'P-256' }));
}

export function pair({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): KeyPair {
  return { publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(), privateKey };
}

const N = 1 << 10;

/** Encrypts a key: scrypt, NaCl's secretbox, JSON, PEM. `change` spoils the JSON. */
export function seal(
  key: KeyObject,
  passphrase: string,
  { label = 'SIGSTORE', change = (it: object): object => it } = {},
): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const secret = scryptSync(passphrase, salt, 32, { N, r: 8, p: 1 });
  const box = xsalsa20poly1305(secret, nonce).encrypt(key.export({ format: 'der', type: 'pkcs8' }) as Buffer);
  const document = change({
    kdf: { name: 'scrypt', params: { N, r: 8, p: 1 }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(box).toString('base64'),
  });
  const body = Buffer.from(JSON.stringify(document)).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ENCRYPTED ${label} PRIVATE KEY-----\n${body}\n-----END ENCRYPTED ${label} PRIVATE KEY-----\n`;
}
