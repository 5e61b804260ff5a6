/**
 * Making indexes (image-spec, image-index.md) and Docker's manifest lists. What an index says of a manifest is kept as it was
 * written: descriptor.ts puts platforms into their normal form to compare them, and here that would change other people's
 * documents.
 */
import { ProaError } from '../../core/error.ts';
import type { Digest } from './digest.ts';
import type { ImageConfig } from './image-config.ts';
import { parseManifest } from './manifest.ts';
import { MEDIA_TYPE } from './media-type.ts';
import { formatPlatform } from './platform.ts';

/** `platform` of a descriptor, as it stands there. */
export interface ListedPlatform {
  readonly architecture: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly variant?: string;
  readonly features?: readonly string[];
}

/** A descriptor in an index, with what people may say of it. */
export interface ListedManifest {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: ListedPlatform;
}

export interface IndexDocument {
  readonly mediaType: string;
  readonly manifests: readonly ListedManifest[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * What an index lists, in its order.
 * @throws ProaError INVALID_MANIFEST, also for a document that is no index
 */
export function readIndexDocument(bytes: Uint8Array, mediaType?: string): IndexDocument {
  const { kind, mediaType: type, annotations } = parseManifest(bytes, mediaType);
  if (kind !== 'index') throw new ProaError('INVALID_MANIFEST', `invalid index: it is a ${type}`);
  // Checked by now; here it is read again as it stands.
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: ListedManifest[] | null };
  return {
    mediaType: type,
    manifests: (manifests ?? []).map(completePlatform),
    ...(annotations && { annotations }),
  };
}

/** Go leaves out of a document what is empty. */
function completePlatform({ platform, ...listed }: ListedManifest): ListedManifest {
  if (!platform) return listed;
  const { os = '', architecture = '' } = platform;
  return { ...listed, platform: { ...platform, os, architecture } };
}

/** Docker's list, when all that it lists is Docker's and nothing is said that such a list cannot say; else an index. */
export function suitableMediaType({ manifests, annotations = {} }: Omit<IndexDocument, 'mediaType'>): string {
  const plain = manifests.every(
    ({ mediaType, annotations: own = {} }) =>
      mediaType.startsWith('application/vnd.docker.') && Object.keys(own).length === 0,
  );
  return plain && Object.keys(annotations).length === 0 ? MEDIA_TYPE.dockerList : MEDIA_TYPE.ociIndex;
}

/** The bytes that Docker's client makes of a list, so that the same list has the same digest. */
export function encodeAsDocker(document: IndexDocument): Uint8Array {
  const isOci = document.mediaType === MEDIA_TYPE.ociIndex;
  const manifests = document.manifests.map(
    ({ mediaType, size, digest, artifactType, urls, annotations, platform }) => ({
      mediaType,
      size,
      digest,
      ...(isOci && artifactType && { artifactType }),
      urls,
      platform: platform && encodePlatform(platform),
      ...(isOci && { annotations: filled(annotations) }),
    }),
  );
  return encode({ ...document, manifests }, isOci, 3);
}

/** The bytes that buildx makes. */
export function encodeAsBuildx(document: IndexDocument): Uint8Array {
  const manifests = document.manifests.map(
    ({ mediaType, size, digest, artifactType, urls, annotations, platform }) => ({
      mediaType,
      digest,
      size,
      urls,
      annotations: filled(annotations),
      platform: platform && encodePlatform(platform),
      artifactType,
    }),
  );
  return encode({ ...document, manifests }, true, 2);
}

function encode(
  { mediaType, manifests, annotations }: { mediaType: string; manifests: object[]; annotations?: object },
  annotated: boolean,
  indent: number,
): Uint8Array {
  const shown = annotated && annotations && Object.keys(annotations).length > 0 ? { annotations } : {};
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests, ...shown }, null, indent));
}

function filled<T extends object>(record: T | undefined): T | undefined {
  return record !== undefined && Object.keys(record).length > 0 ? record : undefined;
}

/** In the order of members that Docker and buildx write. */
export function encodePlatform({
  architecture,
  os,
  variant,
  features,
  ...rest
}: ListedPlatform): ListedPlatform {
  return {
    architecture,
    os,
    'os.version': rest['os.version'] || undefined,
    'os.features': rest['os.features']?.length ? rest['os.features'] : undefined,
    variant: variant || undefined,
    features: features?.length ? features : undefined,
  };
}

/** What an image's configuration says of where it runs. */
export function platformOfConfig(config: ImageConfig): ListedPlatform {
  const { architecture, os, variant } = config;
  return encodePlatform({
    architecture,
    os,
    variant,
    'os.version': config['os.version'],
    'os.features': config['os.features'],
  });
}

/** `linux/arm64/v8`, as it stands there. */
export function formatListedPlatform({ os, architecture, variant }: ListedPlatform): string {
  return formatPlatform({ os, architecture, variant });
}
