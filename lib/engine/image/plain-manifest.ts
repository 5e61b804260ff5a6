/** The manifest of an image whose layers are plain tars, as Proa can always make them: deterministic to the byte. */
import type { Digest } from '../../oci/model/digest.ts';
import { MEDIA_TYPE } from '../../oci/model/media-type.ts';

export interface PlainLayer {
  /** Of the tar, so it is the diff id. */
  digest: Digest;
  size: number;
}

export type ManifestKind = 'oci' | 'docker';

/** The bytes of an OCI manifest, or of Docker's v2 schema 2, with the configuration and layers given. */
export function plainManifest(
  configDigest: Digest,
  configSize: number,
  layers: readonly PlainLayer[],
  kind: ManifestKind = 'oci',
): { bytes: Uint8Array; mediaType: string } {
  const types =
    kind === 'oci'
      ? { manifest: MEDIA_TYPE.ociManifest, config: MEDIA_TYPE.ociConfig, layer: MEDIA_TYPE.ociLayer }
      : {
          manifest: MEDIA_TYPE.dockerManifest,
          config: MEDIA_TYPE.dockerConfig,
          layer: MEDIA_TYPE.dockerLayer,
        };
  const document = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, digest: configDigest, size: configSize },
    layers: layers.map(({ digest, size }) => ({ mediaType: types.layer, digest, size })),
  };
  return { bytes: Buffer.from(JSON.stringify(document)), mediaType: types.manifest };
}
