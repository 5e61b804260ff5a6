/** The manifests that Proa writes: deterministic to the byte. */
import { ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { parseManifest, runnableLayers } from '../../oci/model/manifest.ts';
import { type Compression, layerMediaType, MEDIA_TYPE } from '../../oci/model/media-type.ts';

export interface PlainLayer {
  /** Of the tar, so it is the diff id. */
  digest: Digest;
  size: number;
}

export interface BlobLayer extends PlainLayer {
  compression: Compression;
}

export type ManifestKind = 'oci' | 'docker';

/**
 * The bytes of an OCI manifest, or of Docker's v2 schema 2, with the configuration and layers given. Docker's knows no
 * annotations, and leaves them out.
 */
export function imageManifest(
  configDigest: Digest,
  configSize: number,
  layers: readonly BlobLayer[],
  kind: ManifestKind = 'oci',
  annotations: Readonly<Record<string, string>> = {},
): { bytes: Uint8Array; mediaType: string } {
  const [manifest, config] =
    kind === 'oci'
      ? [MEDIA_TYPE.ociManifest, MEDIA_TYPE.ociConfig]
      : [MEDIA_TYPE.dockerManifest, MEDIA_TYPE.dockerConfig];
  const document = {
    schemaVersion: 2,
    mediaType: manifest,
    config: { mediaType: config, digest: configDigest, size: configSize },
    layers: layers.map(({ digest, size, compression }) => {
      return { mediaType: layerMediaType(kind, compression), digest, size };
    }),
    ...(kind === 'oci' && Object.keys(annotations).length > 0 && { annotations }),
  };
  return { bytes: Buffer.from(JSON.stringify(document)), mediaType: manifest };
}

/** The same of layers that are plain tars, as Proa can always make them. */
export function plainManifest(
  configDigest: Digest,
  configSize: number,
  layers: readonly PlainLayer[],
  kind: ManifestKind = 'oci',
  annotations: Readonly<Record<string, string>> = {},
): { bytes: Uint8Array; mediaType: string } {
  const plain = layers.map((layer) => ({ ...layer, compression: 'none' as const }));
  return imageManifest(configDigest, configSize, plain, kind, annotations);
}

/**
 * The same image in a manifest of the other kind; one of this kind stays as it is.
 * @throws ProaError UNSUPPORTED_MEDIA_TYPE for an artifact; CONFLICTING_OPTIONS for zstd in Docker's kind
 */
export function convertManifest(
  manifest: { bytes: Uint8Array; mediaType: string },
  kind: ManifestKind,
): { bytes: Uint8Array; mediaType: string } {
  const wanted = kind === 'oci' ? MEDIA_TYPE.ociManifest : MEDIA_TYPE.dockerManifest;
  const parsed = parseManifest(manifest.bytes, manifest.mediaType);
  if (parsed.kind !== 'image' || parsed.mediaType === wanted) return manifest;
  const layers = runnableLayers(parsed);
  if (kind === 'docker' && layers.some(({ compression }) => compression === 'zstd')) throw zstdInDocker();
  return imageManifest(parsed.config.digest, parsed.config.size, layers, kind, parsed.annotations);
}

/** Docker's manifests know no zstd. */
export function zstdInDocker(): ProaError {
  return new ProaError('CONFLICTING_OPTIONS', "push image: layers in zstd do not fit Docker's manifest", {
    hint: 'Use --format oci, or --compression-format gzip',
  });
}
