/** What a signature must say of an image, when it is known to be by the right hand. */
import { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { identityMatches, type SignedIdentity } from '../../oci/trust/identity.ts';
import { type PayloadKind, parseClaim } from '../../oci/trust/payload.ts';

export interface Expected {
  digest: Digest;
  identity: SignedIdentity;
  wanted: Reference | undefined;
}

/** @param text is verified @throws ProaError INVALID_SIGNATURE */
export function checkClaim(
  kind: PayloadKind,
  text: Uint8Array,
  { digest, identity, wanted }: Expected,
): void {
  const claim = parseClaim(kind, text);
  if (claim.digest !== digest) throw refused(`it is of another image, ${claim.digest}`);
  if (!identityMatches(identity, wanted, claim.reference))
    throw refused(
      `it calls the image ${JSON.stringify(claim.reference)}, which does not suit ${identity.type}`,
    );
}

function refused(why: string): ProaError {
  return new ProaError('INVALID_SIGNATURE', why);
}
