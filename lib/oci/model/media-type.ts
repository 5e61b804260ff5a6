import { ProaError } from '../../core/error.ts';

/** The media types that Proa reads: image-spec media-types.md, and the Docker v2 schema 2 types beside them. */
export const MEDIA_TYPE = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociLayerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
} as const;

/** What a client accepts for a manifest, best first. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerList,
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.dockerManifest,
];

export type Compression = 'gzip' | 'zstd' | 'none';

const LAYER_COMPRESSION: Record<string, Compression> = {
  [MEDIA_TYPE.ociLayer]: 'none',
  [MEDIA_TYPE.ociLayerGzip]: 'gzip',
  [MEDIA_TYPE.ociLayerZstd]: 'zstd',
  [MEDIA_TYPE.dockerLayer]: 'none',
  [MEDIA_TYPE.dockerLayerGzip]: 'gzip',
  [MEDIA_TYPE.dockerLayerZstd]: 'zstd',
};

/** The type of a layer in an OCI manifest, or in Docker's. */
export function layerMediaType(kind: 'oci' | 'docker', compression: Compression): string {
  const oci = { none: MEDIA_TYPE.ociLayer, gzip: MEDIA_TYPE.ociLayerGzip, zstd: MEDIA_TYPE.ociLayerZstd };
  const docker = {
    none: MEDIA_TYPE.dockerLayer,
    gzip: MEDIA_TYPE.dockerLayerGzip,
    zstd: MEDIA_TYPE.dockerLayerZstd,
  };
  return (kind === 'oci' ? oci : docker)[compression];
}

/** A Content-Type header's type: lower case, without parameters. Undefined when it says nothing about the content. */
export function bareMediaType(contentType: string | null | undefined): string | undefined {
  const bare = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  // What a static file server answers for a file whose type it does not know.
  const vague = ['', 'application/json', 'application/octet-stream', 'text/plain', 'binary/octet-stream'];
  return vague.includes(bare) ? undefined : bare;
}

export function isIndexMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociIndex || mediaType === MEDIA_TYPE.dockerList;
}

export function isImageMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociManifest || mediaType === MEDIA_TYPE.dockerManifest;
}

export function isConfigMediaType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociConfig || mediaType === MEDIA_TYPE.dockerConfig;
}

/**
 * How a layer of this media type is compressed. Throws UNSUPPORTED_MEDIA_TYPE for foreign (non-distributable) layers,
 * whose bytes the registry does not hold, for encrypted ones, and for what is not a layer at all.
 */
export function layerCompression(mediaType: string): Compression {
  const compression = Object.hasOwn(LAYER_COMPRESSION, mediaType) ? LAYER_COMPRESSION[mediaType] : undefined;
  if (compression !== undefined) return compression;
  if (/\.foreign\.|\.nondistributable\./.test(mediaType)) {
    throw unsupported(
      'layer',
      mediaType,
      'foreign layers (as in Windows base images) are not in the registry',
    );
  }
  if (mediaType.endsWith('+encrypted'))
    throw unsupported('layer', mediaType, 'encrypted layers cannot be read');
  throw unsupported(
    'layer',
    mediaType,
    'it is not a tar layer, so this is an artifact and not a container image',
  );
}

/** Why a manifest of this media type is refused. */
export function unsupportedManifest(mediaType: string): ProaError {
  if (/^application\/vnd\.docker\.distribution\.manifest\.v1\+/.test(mediaType)) {
    return unsupported(
      'manifest',
      mediaType,
      "Docker's schema 1 was retired in 2019",
      'pull it with an old engine and push it again, or ask its publisher to',
    );
  }
  const why = mediaType.startsWith('text/html')
    ? 'a web page came back: is this a registry?'
    : 'not an image manifest';
  return unsupported('manifest', mediaType, why);
}

function unsupported(what: string, mediaType: string, why: string, hint?: string): ProaError {
  const shown = mediaType.length > 120 ? `${mediaType.slice(0, 120)}…` : mediaType;
  return new ProaError('UNSUPPORTED_MEDIA_TYPE', `unsupported ${what}: ${JSON.stringify(shown)}: ${why}`, {
    hint,
  });
}
