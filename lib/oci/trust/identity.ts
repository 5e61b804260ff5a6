/** `signedIdentity` of containers-policy.json(5): whether the name that a signature gives to an image is the one wanted. */
import { hasCode } from '../../core/error.ts';
import type { JsonCursor } from '../model/json-cursor.ts';
import { formatReference, parseReference, type Reference } from '../model/reference.ts';

export type SignedIdentity =
  | { readonly type: 'matchExact' | 'matchRepoDigestOrExact' | 'matchRepository' }
  | { readonly type: 'exactReference'; readonly reference: Reference }
  | { readonly type: 'exactRepository'; readonly repository: Reference }
  | { readonly type: 'remapIdentity'; readonly prefix: string; readonly signedPrefix: string };

/** @throws what the cursor throws, naming the member */
export function readSignedIdentity(cursor: JsonCursor): SignedIdentity {
  if (cursor.absent) return { type: 'matchRepoDigestOrExact' };
  const type = cursor.at('type').string();
  const members = (...names: string[]): void => {
    const [unknown] = Object.keys(cursor.others(['type', ...names]) ?? {});
    if (unknown !== undefined) cursor.at(unknown).fail('is not known');
  };
  const named = (member: string): Reference =>
    cursor.at(member).parse((text) => parseReference(text, { defaultTag: false }));
  switch (type) {
    case 'matchExact':
    case 'matchRepoDigestOrExact':
    case 'matchRepository':
      members();
      return { type };
    case 'exactReference': {
      members('dockerReference');
      const reference = named('dockerReference');
      if (isBare(reference)) cursor.at('dockerReference').fail('must have a tag or a digest');
      return { type, reference };
    }
    case 'exactRepository':
      members('dockerRepository');
      return { type, repository: named('dockerRepository') };
    case 'remapIdentity':
      members('prefix', 'signedPrefix');
      return {
        type,
        prefix: readPrefix(cursor.at('prefix')),
        signedPrefix: readPrefix(cursor.at('signedPrefix')),
      };
    default:
      return cursor.at('type').fail(`${JSON.stringify(type)} is no type of identity`);
  }
}

/**
 * Whether a signature's claim serves.
 * @param wanted the name that the image is asked for by; undefined where the place gives none (a folder, an archive)
 * @param claimed `docker-reference` of a signature that is verified already
 */
export function identityMatches(
  identity: SignedIdentity,
  wanted: Reference | undefined,
  claimed: string,
): boolean {
  const signed = parseClaim(claimed);
  if (signed === undefined) return false;
  switch (identity.type) {
    case 'exactReference':
      return sameName(identity.reference, signed);
    case 'exactRepository':
      return sameRepository(identity.repository, signed);
    case 'matchRepository':
      return wanted !== undefined && sameRepository(wanted, signed);
    case 'matchExact':
      return wanted !== undefined && !isBare(signed) && sameName(wanted, signed);
    case 'matchRepoDigestOrExact':
      return wanted !== undefined && matchRepoDigestOrExact(wanted, signed);
    case 'remapIdentity': {
      const mapped = wanted && remap(wanted, identity.prefix, identity.signedPrefix);
      return mapped !== undefined && matchRepoDigestOrExact(mapped, signed);
    }
  }
}

/** A digest says which image; then any tag of the repository will do. */
function matchRepoDigestOrExact(wanted: Reference, signed: Reference): boolean {
  if (isBare(signed)) return false;
  return wanted.digest === undefined ? sameName(wanted, signed) : sameRepository(wanted, signed);
}

function remap(wanted: Reference, prefix: string, signedPrefix: string): Reference | undefined {
  const name = repositoryName(wanted);
  if (name !== prefix && !name.startsWith(`${prefix}/`)) return wanted;
  const mapped = parseClaim(signedPrefix + name.slice(prefix.length));
  return mapped && { ...wanted, registry: mapped.registry, repository: mapped.repository };
}

/** `host[:port]`, a namespace or a repository, in full. */
function readPrefix(cursor: JsonCursor): string {
  const prefix = cursor.string();
  const slash = prefix.indexOf('/');
  const reference = cursor.parse((text) =>
    parseReference(slash < 0 ? `${text}/x` : text, { defaultTag: false }),
  );
  const full = slash < 0 ? reference.registry : repositoryName(reference);
  // `library/busybox`, or something with a tag: nothing could ever start with it.
  if (full !== prefix)
    cursor.fail('must be a host, a namespace or a repository in full, as docker.io/library/busybox');
  return prefix;
}

/** Undefined for what is no name. */
function parseClaim(text: string): Reference | undefined {
  try {
    return parseReference(text, { defaultTag: false });
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return undefined;
    throw error;
  }
}

function isBare({ tag, digest }: Reference): boolean {
  return tag === undefined && digest === undefined;
}

/** With tag and digest both, the digest is what was asked for. */
function sameName(wanted: Reference, signed: Reference): boolean {
  const asked = wanted.digest === undefined ? wanted : { ...wanted, tag: undefined };
  return !isBare(wanted) && formatReference(asked) === formatReference(signed);
}

function sameRepository(a: Reference, b: Reference): boolean {
  return repositoryName(a) === repositoryName(b);
}

function repositoryName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}
