/** What says that it belongs to a manifest (distribution-spec 1.1, "Listing Referrers"). */
import { hasCode } from '../../core/error.ts';
import type { Descriptor } from '../model/descriptor.ts';
import { type Digest, digestAlgorithm, digestHex } from '../model/digest.ts';
import { type ImageIndex, parseManifest } from '../model/manifest.ts';
import { MEDIA_TYPE } from '../model/media-type.ts';
import { readBody } from './body.ts';
import type { RegistryClient } from './client.ts';
import { withRetries } from './retry.ts';

/** Bytes of the list; a registry that sends more is not followed. */
const LIST_MAX_BYTES = 4 << 20;

/**
 * The manifests whose `subject` is this one, of one kind. Registries that do not know the question keep the list under
 * a tag, where clients put it ("Referrers Tag Schema").
 * @throws ProaError INVALID_MANIFEST, UNAUTHORIZED, …
 */
export async function listReferrers(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  artifactType: string,
  signal?: AbortSignal,
): Promise<Descriptor[]> {
  const list =
    (await askReferrers(client, repository, digest, artifactType, signal)) ??
    (await taggedReferrers(client, repository, digest, signal));
  // The registry need not filter, so it is done here.
  return list?.manifests.filter((one) => one.artifactType === artifactType) ?? [];
}

/** Undefined when the registry does not know the question. */
function askReferrers(
  { session }: RegistryClient,
  repository: string,
  digest: Digest,
  artifactType: string,
  signal?: AbortSignal,
): Promise<ImageIndex | undefined> {
  const purpose = session.purpose(
    'list referrers',
    'manifest',
    `${session.registry}/${repository}@${digest}`,
  );
  const query = new URLSearchParams({ artifactType });
  return withRetries(
    session.retry,
    async () => {
      const request = { headers: { accept: MEDIA_TYPE.ociIndex }, signal };
      const answer = await session.request(
        repository,
        `/v2/${repository}/referrers/${digest}?${query}`,
        request,
        purpose,
      );
      const { status } = answer.response;
      const refused = status === 200 ? undefined : await session.refusal(answer, repository, purpose);
      // Old ones take the path for a repository's name and say 404, 400 or 405.
      if (status === 404 || status === 400 || status === 405) return undefined;
      if (refused !== undefined) throw refused;
      const limits = { limit: LIST_MAX_BYTES, stallTimeout: session.stallTimeout, signal };
      const { bytes } = await readBody(answer, purpose, limits);
      const parsed = parseManifest(bytes, MEDIA_TYPE.ociIndex);
      return parsed.kind === 'index' ? parsed : undefined;
    },
    { signal },
  );
}

async function taggedReferrers(
  client: RegistryClient,
  repository: string,
  digest: Digest,
  signal?: AbortSignal,
): Promise<ImageIndex | undefined> {
  try {
    const tag = `${digestAlgorithm(digest)}-${digestHex(digest)}`;
    const { bytes, mediaType } = await client.getManifest(repository, tag, { signal });
    const parsed = parseManifest(bytes, mediaType);
    return parsed.kind === 'index' ? parsed : undefined;
  } catch (error) {
    if (hasCode(error, 'MANIFEST_UNKNOWN')) return undefined;
    throw error;
  }
}
