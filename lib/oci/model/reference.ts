import { ProaError } from '../../core/error.ts';
import { type Digest, parseDigest } from './digest.ts';

/**
 * An image name, fully qualified: `docker.io/library/busybox:latest` is {registry: 'docker.io', repository:
 * 'library/busybox', tag: 'latest'}. With tag and digest both, the digest decides and the tag is only shown.
 */
export interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const DEFAULT_REGISTRY = 'docker.io';
export const DEFAULT_TAG = 'latest';

/** The name that Docker Hub had before 2015; logins are still stored under it. */
const LEGACY_DEFAULT_REGISTRY = 'index.docker.io';
const OFFICIAL = 'library/';
const REPOSITORY_MAX = 255;
/** Characters of a wrong name that an error shows. */
const QUOTED_MAX = 300;

// The grammar of the distribution project's reference package, which Docker and Podman share:
//   reference := name [":" tag] ["@" digest];  name := [domain "/"] path-component *("/" path-component)
const HOST_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[a-fA-F0-9:]+\\])(?::([0-9]+))?$`);
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const BARE_ID = /^[0-9a-f]{64}$/;

/**
 * Parses an image name by Docker's rules: the first path element is a registry when it has a dot, a colon or an upper
 * case letter, or is `localhost`; otherwise the name belongs to docker.io, and a single element to `library/`.
 * Without tag and digest the tag is `latest`, unless `defaultTag` is false. Throws INVALID_REFERENCE.
 */
export function parseReference(text: string, options: { defaultTag?: boolean } = {}): Reference {
  if (text === '')
    throw invalid(text, 'it is empty', 'an image name looks like busybox or quay.io/team/app:1.0');
  if (BARE_ID.test(text)) {
    throw invalid(text, '64 hex digits are an image id, not a name', 'see the names with: proa images');
  }
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text);
  if (scheme)
    throw invalid(text, `${scheme[0]} is not part of an image name`, suggest(text.slice(scheme[0].length)));

  const { registry, remainder } = splitRegistry(text);
  const { repository, tag, digest } = splitRemainder(text, remainder);
  checkRegistry(text, registry);
  checkRepository(text, repository);
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(text, `the tag ${quote(tag)} is not valid`, 'a tag has up to 128 letters, digits, _ . -');
  }
  const useDefault = tag === undefined && digest === undefined && options.defaultTag !== false;
  return {
    registry,
    repository,
    ...(useDefault ? { tag: DEFAULT_TAG } : tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  };
}

/** The full name: `docker.io/library/busybox:latest`, `host:5000/app:1@sha256:…`. */
export function formatReference(reference: Reference): string {
  return `${reference.registry}/${reference.repository}${suffix(reference)}`;
}

/**
 * Takes apart a name with a tag that {@link formatReference} put together, as records have them: nothing is checked. A
 * listing does it a thousand times, and parseReference takes ten times as long.
 */
export function readFullName(name: string): Reference {
  const slash = name.indexOf('/');
  const colon = name.lastIndexOf(':');
  return {
    registry: name.slice(0, slash),
    repository: name.slice(slash + 1, colon),
    tag: name.slice(colon + 1),
  };
}

/** The name as Docker shows it: `busybox:latest`, `team/app:1`, `quay.io/team/app:1`. It parses back to the same. */
export function familiarName(reference: Reference): string {
  return familiarRepository(reference) + suffix(reference);
}

/** The same without tag and digest: `busybox`, the REPOSITORY column of `images`. */
export function familiarRepository({ registry, repository }: Reference): string {
  if (registry !== DEFAULT_REGISTRY) return `${registry}/${repository}`;
  const official = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : undefined;
  if (official !== undefined && !official.includes('/')) return official;
  // docker.io/foo.bar/baz would read as the registry foo.bar if it lost its own.
  return splitRegistry(repository).registry === DEFAULT_REGISTRY ? repository : `${registry}/${repository}`;
}

function suffix({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitRegistry(text: string): { registry: string; remainder: string } {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(slash, 0));
  // An upper-case element cannot be a repository, so Docker takes it for a host name.
  const isRegistry = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  let registry = DEFAULT_REGISTRY;
  let remainder = text;
  if (slash >= 0 && (isRegistry || slash === 0)) {
    registry = first === LEGACY_DEFAULT_REGISTRY ? DEFAULT_REGISTRY : first;
    remainder = text.slice(slash + 1);
  }
  if (registry === DEFAULT_REGISTRY && !remainder.includes('/')) remainder = OFFICIAL + remainder;
  return { registry, remainder };
}

function splitRemainder(text: string, remainder: string) {
  const at = remainder.indexOf('@');
  const named = at < 0 ? remainder : remainder.slice(0, at);
  const colon = named.indexOf(':');
  return {
    repository: colon < 0 ? named : named.slice(0, colon),
    tag: colon < 0 ? undefined : named.slice(colon + 1),
    digest: at < 0 ? undefined : referenceDigest(text, remainder.slice(at + 1)),
  };
}

function referenceDigest(text: string, digest: string): Digest {
  try {
    return parseDigest(digest);
  } catch (error) {
    const { message, hint } = error as ProaError;
    throw new ProaError('INVALID_REFERENCE', `invalid reference: ${quote(text)}: ${message}`, {
      hint,
      cause: error,
    });
  }
}

function checkRegistry(text: string, registry: string): void {
  const match = DOMAIN.exec(registry);
  if (!match) throw invalid(text, `${quote(registry)} is not a registry's host name`);
  if (Number(match[1] ?? 0) > 65535) throw invalid(text, `the port ${match[1]!.slice(0, 20)} is above 65535`);
}

function checkRepository(text: string, repository: string): void {
  if (REPOSITORY.test(repository)) {
    if (repository.length <= REPOSITORY_MAX) return;
    throw invalid(
      text,
      `the repository name has ${repository.length} characters, more than ${REPOSITORY_MAX}`,
    );
  }
  if (repository === '' || repository === OFFICIAL) throw invalid(text, 'the repository name is empty');
  const shown = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository;
  const lower = shown.toLowerCase();
  if (REPOSITORY.test(lower)) {
    throw invalid(text, 'the repository name must be in lower case', suggest(text.replace(shown, lower)));
  }
  throw invalid(
    text,
    `the repository name ${quote(shown)} is not valid`,
    'its parts have lower-case letters and digits, with single . or _, or - between them',
  );
}

function invalid(text: string, why: string, hint?: string): ProaError {
  return new ProaError('INVALID_REFERENCE', `invalid reference: ${quote(text)}: ${why}`, { hint });
}

function quote(text: string): string {
  return JSON.stringify(text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text);
}

/** Offers a corrected name only when it is one. */
function suggest(text: string): string | undefined {
  const { registry, remainder } = splitRegistry(text);
  return text.length <= QUOTED_MAX && DOMAIN.test(registry) && /^[a-z0-9]/.test(remainder)
    ? `did you mean ${text}?`
    : undefined;
}
