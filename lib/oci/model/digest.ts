import { ProaError } from '../../core/error.ts';

/**
 * A content digest that has been checked: `sha256:` with 64 or `sha512:` with 128 lower-case hex digits (image-spec,
 * descriptor.md, "Registered algorithms"). Because of that check its hex part is safe as a file name.
 */
export type Digest = string & { readonly __brand: 'Digest' };

export type DigestAlgorithm = 'sha256' | 'sha512';

const HEX_LENGTH: Record<string, number> = { sha256: 64, sha512: 128 };

/** Checks a digest. Throws INVALID_DIGEST. */
export function parseDigest(text: string): Digest {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  const hex = text.slice(colon + 1);
  if (colon < 1)
    throw invalid(text, 'it has no algorithm', 'a digest looks like sha256:0123… with 64 hex digits');
  const length = Object.hasOwn(HEX_LENGTH, algorithm) ? HEX_LENGTH[algorithm] : undefined;
  if (length === undefined)
    throw invalid(text, `the algorithm ${algorithm.slice(0, 32)} is not sha256 or sha512`);
  if (hex.length !== length) {
    throw invalid(
      text,
      `${algorithm} has ${length} hex digits, not ${hex.length}`,
      'was it cut off while copying?',
    );
  }
  if (!/^[0-9a-f]+$/.test(hex)) throw invalid(text, 'its digits must be 0-9 and a-f, in lower case');
  return text as Digest;
}

/** True when `parseDigest` would accept it. */
export function isDigest(text: string): text is Digest {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

/** The part behind the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The digest of bytes that are wholly in memory. */
export function digestOf(bytes: Uint8Array | string, algorithm: DigestAlgorithm): Digest {
  return `${algorithm}:${new Bun.CryptoHasher(algorithm).update(bytes).digest('hex')}` as Digest;
}

export function sha256Digest(bytes: Uint8Array | string): Digest {
  return digestOf(bytes, 'sha256');
}

/** What people see of an id: the first 12 hex digits. */
export function shortId(digest: Digest): string {
  return digestHex(digest).slice(0, 12);
}

function invalid(text: string, why: string, hint?: string): ProaError {
  const shown = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  return new ProaError('INVALID_DIGEST', `invalid digest: ${JSON.stringify(shown)}: ${why}`, { hint });
}
