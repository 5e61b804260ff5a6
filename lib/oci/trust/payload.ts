/**
 * What a signature is of: a JSON text that names a manifest's digest and what its signer calls it
 * (container-signature(5), "JSON data format"; cosign's SIGNATURE_SPEC.md has the same with another type).
 */
import { VERSION } from '../../core/version.ts';
import { type Digest, parseDigest } from '../model/digest.ts';
import { type DocumentKind, type JsonCursor, openJson } from '../model/json-cursor.ts';

export const PAYLOAD_TYPE = {
  simple: 'atomic container signature',
  sigstore: 'cosign container image signature',
} as const;

export type PayloadKind = keyof typeof PAYLOAD_TYPE;

export interface Claim {
  readonly digest: Digest;
  /** `docker-reference`, as it stands there. */
  readonly reference: string;
}

const KIND: DocumentKind = { code: 'INVALID_SIGNATURE', what: 'read signature' };

/** The JSON text to sign. @param now seconds since 1970 */
export function formatClaim(
  kind: PayloadKind,
  claim: Claim,
  now = Math.floor(Date.now() / 1000),
): Uint8Array {
  const document = {
    critical: {
      identity: { 'docker-reference': claim.reference },
      image: { 'docker-manifest-digest': claim.digest },
      type: PAYLOAD_TYPE[kind],
    },
    optional: { creator: `Proa ${VERSION}`, timestamp: now },
  };
  return Buffer.from(JSON.stringify(document));
}

/**
 * Reads the text of a signature that is verified already, strictly: what is unknown in it is refused, so that a later
 * meaning cannot be missed ("JSON processing and forward compatibility").
 * @throws ProaError INVALID_SIGNATURE
 */
export function parseClaim(kind: PayloadKind, bytes: Uint8Array): Claim {
  const document = openJson(bytes, KIND);
  exactly(document, ['critical', 'optional']);
  // cosign writes null when there is nothing.
  const optional = document.at('optional');
  if (kind === 'simple' || !optional.absent) {
    optional.object();
    optional.at('creator').maybe((creator) => creator.string());
    optional.at('timestamp').maybe((timestamp) => timestamp.integer());
  }
  const critical = document.at('critical');
  exactly(critical, ['type', 'image', 'identity']);
  if (critical.at('type').string() !== PAYLOAD_TYPE[kind])
    critical.at('type').fail(`must be ${PAYLOAD_TYPE[kind]}`);
  const [image, identity] = [critical.at('image'), critical.at('identity')];
  exactly(image, ['docker-manifest-digest']);
  exactly(identity, ['docker-reference']);
  return {
    digest: image.at('docker-manifest-digest').parse(parseDigest),
    reference: identity.at('docker-reference').string(),
  };
}

function exactly(object: JsonCursor, names: readonly string[]): void {
  const [unknown] = Object.keys(object.others(names) ?? {});
  if (unknown !== undefined) object.at(unknown).fail('is not known');
  for (const name of names) if (!Object.hasOwn(object.object(), name)) object.at(name).fail('is missing');
}
