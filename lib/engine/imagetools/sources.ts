/** What `buildx imagetools create` makes an image of: names, digests and descriptors, all of them in registries. */
import { ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../oci/model/descriptor.ts';
import { type Digest, parseDigest } from '../../oci/model/digest.ts';
import type { ListedManifest } from '../../oci/model/index-document.ts';
import { openJson } from '../../oci/model/json-cursor.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { askSources } from '../image/pull.ts';

/** As it was written. */
export interface StatedSource {
  reference?: Reference;
  digest?: Digest;
  /** Members of a descriptor that take the place of what the registry says. */
  stated?: Partial<ListedManifest>;
}

/** A manifest in a registry. */
export interface FoundSource {
  reference: Reference;
  /** The registry that answered: a mirror, or its own. */
  place: OpenSource;
  bytes: Uint8Array;
  descriptor: ListedManifest;
}

const KIND = { code: 'INVALID_SOURCE', what: 'invalid descriptor' };

/** @throws ProaError INVALID_SOURCE, INVALID_DIGEST, INVALID_REFERENCE */
export function parseSource(text: string): StatedSource {
  const trimmed = text.trim();
  if (trimmed.startsWith('sha256:') || trimmed.startsWith('sha512:')) return { digest: parseDigest(trimmed) };
  if (!trimmed.startsWith('{')) return { reference: parseReference(trimmed) };
  const cursor = openJson(trimmed, KIND);
  const stated = JSON.parse(trimmed) as Partial<ListedManifest>;
  // With its media type and size it is checked as a whole; a digest alone will do, too.
  if (stated.mediaType !== undefined && stated.size !== undefined) readDescriptor(cursor);
  return { digest: cursor.at('digest').parse(parseDigest), stated };
}

/**
 * Fetches the manifests.
 * @param tags in whose repository a bare digest is, when all names that were said are of one
 * @throws ProaError NO_REPOSITORY, SIZE_MISMATCH, or the registry's
 */
export async function findSources(
  stated: readonly StatedSource[],
  tags: readonly Reference[],
  registry: RegistryOptions,
): Promise<FoundSource[]> {
  const named = [...tags, ...stated.flatMap(({ reference }) => reference ?? [])];
  const repositories = new Set(named.map(repositoryName));
  if (repositories.size === 0) {
    throw new ProaError(
      'NO_REPOSITORY',
      'no repositories specified, please set a reference in tag or source',
    );
  }
  return Promise.all(
    stated.map(async (source) => {
      const reference = source.reference ?? inOnlyRepository(source.digest!, repositories, named);
      return findSource(source, reference, registry);
    }),
  );
}

function inOnlyRepository(
  digest: Digest,
  repositories: ReadonlySet<string>,
  [first]: readonly Reference[],
): Reference {
  if (repositories.size === 1) {
    return { registry: first!.registry, repository: first!.repository, digest };
  }
  throw new ProaError(
    'NO_REPOSITORY',
    `multiple repositories specified, cannot infer repository for ${JSON.stringify(digest)}`,
    { hint: 'Write REPOSITORY@DIGEST' },
  );
}

async function findSource(
  { stated = {} }: StatedSource,
  reference: Reference,
  registry: RegistryOptions,
): Promise<FoundSource> {
  const { source: place, top } = await askSources({ reference, registry });
  const size = top.bytes.length;
  if (stated.size !== undefined && stated.size !== size) {
    throw new ProaError(
      'SIZE_MISMATCH',
      `invalid size mismatch for ${formatReference(reference)}, ${stated.size} != ${size}`,
    );
  }
  const { mediaType } = parseManifest(top.bytes, top.mediaType);
  const { annotations, platform } = stated;
  return {
    reference,
    place,
    bytes: top.bytes,
    descriptor: {
      mediaType,
      digest: top.digest,
      size,
      ...(annotations && { annotations }),
      ...(platform && { platform }),
    },
  };
}

export function repositoryName({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}
