/** In-toto statements (https://github.com/in-toto/attestation): what is said, and of which image. */
import type { Digest } from '../../oci/model/digest.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { formatPlatform, type Platform } from '../../oci/model/platform.ts';
import { familiarName, familiarRepository, parseReference } from '../../oci/model/reference.ts';

/** @param names full names of the image @returns the statement as JSON */
export function inTotoStatement(
  predicateType: string,
  predicate: object,
  image: { manifest: Digest; platform: Platform; names: readonly string[] },
): Uint8Array {
  const digest = { sha256: digestHex(image.manifest) };
  const subjects = image.names.map((name) => ({ name: imageUrl(name, image.platform), digest }));
  // As BuildKit does for an image without a name.
  const subject = subjects.length > 0 ? subjects : [{ name: '_', digest }];
  const statement = { _type: 'https://in-toto.io/Statement/v0.1', predicateType, subject, predicate };
  return Buffer.from(JSON.stringify(statement, null, 2));
}

/** `pkg:docker/alpine@3.20?platform=linux%2Famd64` (https://github.com/package-url/purl-spec). @param name in full */
export function imageUrl(name: string, platform: Platform | undefined, digest?: string): string {
  const reference = parseReference(name);
  const query = new URLSearchParams();
  const known = digest ?? reference.digest;
  if (reference.tag === undefined && known !== undefined) query.set('digest', known);
  if (platform !== undefined) query.set('platform', formatPlatform(platform));
  const version = reference.tag ?? (known === undefined ? 'latest' : undefined);
  const bare = familiarRepository(reference);
  const shown = query.size > 0 ? `?${query}` : '';
  return `pkg:docker/${bare}${version === undefined ? '' : `@${version}`}${shown}`;
}

/** For people. */
export function imageTitle(names: readonly string[]): string {
  return names[0] === undefined ? '_' : familiarName(parseReference(names[0]));
}
