/**
 * Keys as cosign and sigstore write them: public ones in PEM, private ones in PEM around an encrypted PKCS#8
 * (sigstore's `encrypted` package: scrypt, then NaCl's secretbox).
 */
import type { KeyObject } from 'node:crypto';
import { messageOf, ProaError } from '../../core/error.ts';
import { type DocumentKind, type JsonCursor, openJson } from '../model/json-cursor.ts';

const PRIVATE_LABEL = /^ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY$/;
const KIND: DocumentKind = { code: 'INVALID_KEY', what: 'read private key' };

/** More would let a file keep us for minutes; cosign writes N=32768 or 65536, r=8, p=1. */
const LIMITS = { N: 1 << 20, r: 32, p: 16 };

/** Public keys in PEM, one or more. @throws ProaError INVALID_KEY */
export async function readPublicKeys(bytes: Uint8Array): Promise<KeyObject[]> {
  const { createPublicKey } = await import('node:crypto');
  const blocks = pemBlocks(new TextDecoder().decode(bytes)).filter(({ label }) => label === 'PUBLIC KEY');
  if (blocks.length === 0)
    throw new ProaError('INVALID_KEY', 'read public key: there is no PUBLIC KEY in PEM');
  return blocks.map(({ text }) => {
    try {
      return createPublicKey(text);
    } catch (cause) {
      throw new ProaError('INVALID_KEY', `read public key: ${messageOf(cause)}`, { cause });
    }
  });
}

/**
 * Opens a private key.
 * @throws ProaError INVALID_KEY, WRONG_PASSPHRASE
 */
export async function openPrivateKey(pem: Uint8Array, passphrase: Uint8Array): Promise<KeyObject> {
  const block = pemBlocks(new TextDecoder().decode(pem)).find(({ label }) => PRIVATE_LABEL.test(label));
  if (block === undefined) {
    throw new ProaError(KIND.code, `${KIND.what}: there is no ENCRYPTED SIGSTORE PRIVATE KEY in it`, {
      hint: 'cosign generate-key-pair and skopeo generate-sigstore-key write such keys',
    });
  }
  const { key, nonce, ciphertext } = await deriveKey(openJson(block.body, KIND), passphrase);
  const { xsalsa20poly1305 } = await import('@noble/ciphers/salsa.js');
  let pkcs8: Uint8Array;
  try {
    pkcs8 = xsalsa20poly1305(key, nonce).decrypt(ciphertext);
  } catch (cause) {
    throw new ProaError('WRONG_PASSPHRASE', 'open private key: the passphrase is not that of the key', {
      cause,
    });
  }
  const { createPrivateKey } = await import('node:crypto');
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new ProaError(KIND.code, `${KIND.what}: ${messageOf(cause)}`, { cause });
  }
}

/** The signature of bytes as cosign makes it: over SHA-256, in ASN.1 for elliptic curves, PKCS#1 v1.5 for RSA. */
export async function sigstoreSign(bytes: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  const { sign } = await import('node:crypto');
  return sign(hashOf(key), bytes, key);
}

/** Whether a signature is by this key. What is no signature at all is not. */
export async function sigstoreVerify(
  bytes: Uint8Array,
  signature: Uint8Array,
  key: KeyObject,
): Promise<boolean> {
  const { verify } = await import('node:crypto');
  try {
    return verify(hashOf(key), bytes, key, signature);
  } catch {
    return false; // malformed ASN.1 throws here and returns false there
  }
}

/** Ed25519 takes the bytes as they are. */
function hashOf({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' ? null : 'sha256';
}

async function deriveKey(document: JsonCursor, passphrase: Uint8Array) {
  const [kdf, cipher] = [document.at('kdf'), document.at('cipher')];
  if (kdf.at('name').string() !== 'scrypt') kdf.at('name').fail('must be scrypt');
  if (cipher.at('name').string() !== 'nacl/secretbox') cipher.at('name').fail('must be nacl/secretbox');
  const cost = (name: keyof typeof LIMITS): number => {
    const cursor = kdf.at('params').at(name);
    const value = cursor.integer();
    return value < 1 || value > LIMITS[name] ? cursor.fail(`must be from 1 to ${LIMITS[name]}`) : value;
  };
  const [N, r, p] = [cost('N'), cost('r'), cost('p')];
  const nonce = readBytes(cipher.at('nonce'));
  if (nonce.length !== 24) cipher.at('nonce').fail('must have 24 bytes');
  const { scryptSync } = await import('node:crypto');
  const key = scryptSync(passphrase, readBytes(kdf.at('salt')), 32, { N, r, p, maxmem: 256 * N * r });
  return { key, nonce, ciphertext: readBytes(document.at('ciphertext')) };
}

function readBytes(cursor: JsonCursor): Uint8Array {
  return Buffer.from(cursor.string(), 'base64');
}

/** Blocks of PEM (RFC 7468). */
function pemBlocks(text: string): { label: string; body: string; text: string }[] {
  const blocks = text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\s([\s\S]*?)-----END \1-----/g);
  return Array.from(blocks, ([whole, label, body]) => ({
    label: label!,
    body: Buffer.from(body!, 'base64').toString('utf8'),
    text: whole,
  }));
}
