/** `buildx imagetools inspect`: what a registry has under a name, with configurations and attestations when asked for. */
import { parseImageConfig } from '../../oci/model/image-config.ts';
import {
  formatListedPlatform,
  type ListedManifest,
  platformOfConfig,
  readIndexDocument,
} from '../../oci/model/index-document.ts';
import { type ImageManifest, parseManifest } from '../../oci/model/manifest.ts';
import { normalizePlatform } from '../../oci/model/platform.ts';
import type { Reference } from '../../oci/model/reference.ts';
import type { FetchedManifest, RegistryOptions } from '../../oci/registry/client.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { askSources } from '../image/pull.ts';
import { fetchWhole } from '../manifest-list/candidates.ts';

export interface InspectedImage {
  place: OpenSource;
  bytes: Uint8Array;
  /** Of the whole. */
  descriptor: ListedManifest;
  /** Undefined for a single image. */
  listed?: readonly ListedManifest[];
  annotations?: Readonly<Record<string, string>>;
}

/** @throws ProaError the registry's (MANIFEST_UNKNOWN, UNAUTHORIZED, …) */
export async function inspectRemote(
  reference: Reference,
  registry: RegistryOptions,
): Promise<InspectedImage> {
  const { source: place, top } = await askSources({ reference, registry });
  const { kind, mediaType, annotations } = parseManifest(top.bytes, top.mediaType);
  return {
    place,
    bytes: top.bytes,
    descriptor: { mediaType, digest: top.digest, size: top.bytes.length },
    ...(kind === 'index' && { listed: readIndexDocument(top.bytes, mediaType).manifests }),
    ...(annotations && { annotations }),
  };
}

/** What there is for one platform. */
export interface PlatformDetails {
  platform: string;
  /** The image's configuration, as it is. */
  config: unknown;
  /** What attestations say, by the types of their predicates. */
  statements: { type: string; predicate: unknown }[];
}

/**
 * Fetches the configuration of each image and what is attested of it.
 * @param options.statements without, attestations are not fetched
 */
export async function detailsOf(
  image: InspectedImage,
  options: { statements: boolean },
): Promise<PlatformDetails[]> {
  const { place, bytes, descriptor } = image;
  if (image.listed === undefined) return [await details(place, descriptor, bytes, [])];
  const subjects = Map.groupBy(image.listed, subjectOf);
  const all: PlatformDetails[] = [];
  for (const listed of subjects.get(undefined) ?? []) {
    const fetched = await fetchListed(place, listed);
    const about = options.statements ? (subjects.get(listed.digest) ?? []) : [];
    // An index in the index has no configuration of its own.
    if (parseManifest(fetched.bytes, fetched.mediaType ?? listed.mediaType).kind === 'image')
      all.push(await details(place, listed, fetched.bytes, about));
  }
  return all.sort((a, b) => (a.platform < b.platform ? -1 : 1));
}

/** Of an attestation: the digest of what it is about. */
function subjectOf({ annotations }: ListedManifest): string | undefined {
  return annotations?.['com.docker.reference.digest'] ?? annotations?.['vnd.docker.reference.digest'];
}

async function details(
  place: OpenSource,
  listed: ListedManifest,
  bytes: Uint8Array,
  attestations: readonly ListedManifest[],
): Promise<PlatformDetails> {
  const { config: blob } = parseManifest(bytes, listed.mediaType) as ImageManifest;
  const configBytes = await fetchWhole(place.client, place.repository, blob);
  const platform = listed.platform ?? platformOfConfig(parseImageConfig(configBytes));
  const statements: PlatformDetails['statements'] = [];
  for (const attestation of attestations) statements.push(...(await statementsOf(place, attestation)));
  return {
    platform: formatListedPlatform(normalizePlatform(platform)),
    config: JSON.parse(new TextDecoder().decode(configBytes)) as unknown,
    statements,
  };
}

/** The in-toto statements that an attestation has as its layers, some of them in a signed envelope (DSSE). */
async function statementsOf(
  place: OpenSource,
  attestation: ListedManifest,
): Promise<PlatformDetails['statements']> {
  const { bytes, mediaType } = await fetchListed(place, attestation);
  const parsed = parseManifest(bytes, mediaType ?? attestation.mediaType);
  const layers = parsed.kind === 'image' ? parsed.layers : [];
  const statements: PlatformDetails['statements'] = [];
  for (const layer of layers) {
    const type = layer.annotations?.['in-toto.io/predicate-type'];
    if (type === undefined || !layer.mediaType.startsWith('application/vnd.in-toto')) continue;
    const blob = new TextDecoder().decode(await fetchWhole(place.client, place.repository, layer));
    const document = JSON.parse(blob) as { payload?: string; predicate?: unknown };
    const { predicate } = layer.mediaType.endsWith('+dsse')
      ? (JSON.parse(Buffer.from(document.payload ?? '', 'base64').toString()) as typeof document)
      : document;
    statements.push({ type, predicate });
  }
  return statements;
}

function fetchListed(
  { client, repository }: OpenSource,
  { digest }: ListedManifest,
): Promise<FetchedManifest> {
  return client.getManifest(repository, digest);
}
