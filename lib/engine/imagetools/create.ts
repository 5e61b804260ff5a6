/** `buildx imagetools create`: an image made in registries of what is there, without passing its layers through here. */
import { span } from '../../core/trace.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { formatReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { putManifest } from '../../oci/registry/push.ts';
import { type OpenSource, openTarget } from '../../oci/registry/sources.ts';
import { copyContents } from '../image/copy-manifest.ts';
import { type Combined, type CombineOptions, combine, type Part } from './combine.ts';
import { findSources, repositoryName, type StatedSource } from './sources.ts';

export interface CreateImageRequest extends CombineOptions {
  sources: readonly StatedSource[];
  /** With tags; none: it is only made, and not pushed. */
  tags: readonly Reference[];
  /** The first tag's image is the first source. */
  append: boolean;
  registry: RegistryOptions;
  onEvent?: (text: string) => void;
}

export interface CreatedImage extends Combined {
  digest: Digest;
}

/** Makes the image; nothing is pushed. @throws ProaError the registry's, NO_REPOSITORY, PLATFORM_MISSING, … */
export async function combineImages(request: CreateImageRequest): Promise<CreatedImage> {
  const { tags, append, registry } = request;
  const existing = append ? tags.slice(0, 1).map((reference) => ({ reference })) : [];
  const sources = await findSources([...existing, ...request.sources], tags, registry);
  const combined = await combine(sources, request);
  return { ...combined, digest: sha256Digest(combined.bytes) };
}

/** Makes the image known under its tags, where its parts go first. @throws ProaError the registries' */
export async function pushCombined(image: CreatedImage, request: CreateImageRequest): Promise<void> {
  using _ = span('push image');
  for (const tag of request.tags) {
    const target = await openTarget(tag, request.registry);
    const name = formatReference(tag);
    for (const part of image.parts) {
      if (repositoryName(part.source.reference) === repositoryName(tag)) continue;
      request.onEvent?.(
        `copying ${part.descriptor.digest} from ${formatReference(part.source.reference)} to ${name}`,
      );
      await copyPart(part, target);
    }
    request.onEvent?.(`pushing ${image.digest} to ${name}`);
    await putManifest(target.client.session, target.repository, tag.tag ?? 'latest', image);
  }
}

async function copyPart({ descriptor, source }: Part, target: OpenSource): Promise<void> {
  const { place } = source;
  const { digest, mediaType } = descriptor;
  const own = digest === source.descriptor.digest;
  const manifest = own
    ? { bytes: source.bytes, mediaType: source.descriptor.mediaType }
    : await place.client.getManifest(place.repository, digest);
  await copyContents(place, target, manifest);
  const typed = { bytes: manifest.bytes, mediaType: manifest.mediaType ?? mediaType };
  await putManifest(target.client.session, target.repository, digest, typed);
}
