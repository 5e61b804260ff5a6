/** Several manifests and indexes become one index. */
import { ProaError } from '../../core/error.ts';
import {
  encodeAsBuildx,
  type ListedManifest,
  type ListedPlatform,
  readIndexDocument,
  suitableMediaType,
} from '../../oci/model/index-document.ts';
import { type ImageManifest, parseManifest } from '../../oci/model/manifest.ts';
import { isIndexMediaType } from '../../oci/model/media-type.ts';
import { formatPlatform, normalizePlatform } from '../../oci/model/platform.ts';
import { platformOf } from '../manifest-list/candidates.ts';
import { type Annotation, normalForm } from './annotations.ts';
import type { FoundSource } from './sources.ts';

export interface CombineOptions {
  annotations: readonly Annotation[];
  /** False: a single image stays what it is. */
  preferIndex: boolean;
  /** Only these, as people write them; none: all. */
  platforms: readonly string[];
}

/** A manifest that the result needs, and where it is. */
export interface Part {
  descriptor: ListedManifest;
  source: FoundSource;
}

export interface Combined {
  bytes: Uint8Array;
  mediaType: string;
  parts: Part[];
}

/** Says of an attestation which manifest it is about. */
const SUBJECT = 'vnd.docker.reference.digest';

/**
 * A single index, and without `preferIndex` a single image, is taken over byte for byte, when nothing changes it.
 * @throws ProaError PLATFORM_MISSING, INVALID_MANIFEST
 */
export async function combine(sources: readonly FoundSource[], options: CombineOptions): Promise<Combined> {
  const { annotations, preferIndex, platforms } = options;
  const [only] = sources;
  const wanted = platforms.map(normalForm);
  const listed = (await Promise.all(sources.map(partsOf))).flat();
  if (sources.length === 1 && annotations.length === 0 && wanted.length === 0) {
    const { bytes, descriptor } = only!;
    const stays = isIndexMediaType(descriptor.mediaType) || !preferIndex;
    if (stays) return { bytes, mediaType: descriptor.mediaType, parts: listed };
  }
  const parts = annotated(filtered(unique(listed), wanted), annotations);
  const manifests = parts.map(({ descriptor }) => descriptor);
  const own = annotations.filter(({ type }) => type === 'index').map(({ key, value }) => [key, value]);
  const document = { manifests, annotations: Object.fromEntries(own) as Record<string, string> };
  const mediaType = suitableMediaType(document);
  return { bytes: encodeAsBuildx({ ...document, mediaType }), mediaType, parts };
}

async function partsOf(source: FoundSource): Promise<Part[]> {
  const parsed = parseManifest(source.bytes, source.descriptor.mediaType);
  if (parsed.kind === 'image') {
    return [{ descriptor: await withPlatform(source, parsed), source }];
  }
  const { manifests } = readIndexDocument(source.bytes, parsed.mediaType);
  return manifests.map((descriptor) => ({ descriptor, source }));
}

/** What is not said of the platform is in the configuration. */
async function withPlatform(
  { descriptor, place }: FoundSource,
  manifest: ImageManifest,
): Promise<ListedManifest> {
  const { platform } = descriptor;
  if (platform?.os && platform.architecture) return descriptor;
  const is = await platformOf(place, manifest);
  if (is === undefined) return descriptor;
  const { os, architecture, variant } = normalizePlatform(is);
  const found: ListedPlatform = { os, architecture, ...(variant !== undefined && { variant }) };
  return { ...descriptor, platform: { ...found, ...platform } };
}

/** What was named later says more of the same manifest. */
function unique(parts: readonly Part[]): Part[] {
  const byDigest = new Map<string, Part>();
  for (const part of parts) {
    const { digest, platform, annotations } = part.descriptor;
    const before = byDigest.get(digest);
    if (before === undefined) {
      byDigest.set(digest, part);
      continue;
    }
    const descriptor = {
      ...before.descriptor,
      ...(platform && { platform }),
      annotations: { ...before.descriptor.annotations, ...annotations },
    };
    byDigest.set(digest, { ...before, descriptor });
  }
  return [...byDigest.values()];
}

/** An attestation goes with what it is about. */
function filtered(parts: Part[], wanted: readonly string[]): Part[] {
  if (wanted.length === 0) return parts;
  const kept = new Set(
    parts
      .filter((part) => wanted.includes(platformText(part)))
      .map(({ descriptor }) => descriptor.digest as string),
  );
  const missing = wanted.filter((platform) => !parts.some((part) => platformText(part) === platform));
  if (missing.length > 0)
    throw new ProaError('PLATFORM_MISSING', `combine images: none is for ${missing.join(', ')}`);
  return parts.filter(
    ({ descriptor: { digest, annotations } }) => kept.has(digest) || kept.has(annotations?.[SUBJECT] ?? ''),
  );
}

function annotated(parts: Part[], annotations: readonly Annotation[]): Part[] {
  const said = annotations.filter(({ type }) => type === 'manifest-descriptor');
  return parts.map((part) => {
    const own = said.filter(({ platform }) => platform === undefined || platform === platformText(part));
    if (own.length === 0) return part;
    const added = Object.fromEntries(own.map(({ key, value }) => [key, value]));
    const { descriptor } = part;
    return { ...part, descriptor: { ...descriptor, annotations: { ...descriptor.annotations, ...added } } };
  });
}

function platformText({ descriptor: { platform } }: Part): string {
  return platform === undefined ? '' : formatPlatform(normalizePlatform(platform));
}
