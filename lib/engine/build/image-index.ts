/** The documents around the images of a build: their index, and the manifests that attach attestations to them. */
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { encodeAsBuildx, type ListedManifest, platformOfConfig } from '../../oci/model/index-document.ts';
import { MEDIA_TYPE } from '../../oci/model/media-type.ts';
import { annotationsFor, type OutputAnnotations } from './output.ts';
import type { BuiltImage } from './request.ts';

/** An in-toto statement (https://github.com/in-toto/attestation) about one image, as JSON. */
export interface Statement {
  readonly predicateType: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes the statements about an image whose manifest is known by now: it is what they speak of.
 * @param names full names that the image gets
 */
export type Attestor = (
  image: BuiltImage,
  manifest: Digest,
  names: readonly string[],
) => Promise<Statement[]>;

export interface Document {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly mediaType: string;
}

/** A manifest whose layers are statements, with all that it needs. */
export interface AttestationManifest extends Document {
  readonly config: Document;
  readonly statements: readonly Document[];
  /** The image's manifest that it speaks of. */
  readonly subject: Digest;
}

export interface ListedImage {
  readonly image: BuiltImage;
  /** As it is where the index goes. */
  readonly manifest: { readonly digest: Digest; readonly size: number; readonly mediaType: string };
  readonly attestation?: AttestationManifest | undefined;
}

const IN_TOTO = 'application/vnd.in-toto+json';

/** As BuildKit attaches them (its docs/attestations/attestation-storage.md). */
export function attestationManifest(subject: Digest, statements: readonly Statement[]): AttestationManifest {
  const blobs = statements.map(({ bytes }) => document(bytes, IN_TOTO));
  const config = json(
    {
      architecture: 'unknown',
      os: 'unknown',
      config: {},
      rootfs: { type: 'layers', diff_ids: blobs.map(({ digest }) => digest) },
    },
    MEDIA_TYPE.ociConfig,
  );
  const manifest = json(
    {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: { mediaType: config.mediaType, digest: config.digest, size: config.bytes.length },
      layers: blobs.map(({ digest, bytes }, i) => ({
        mediaType: IN_TOTO,
        digest,
        size: bytes.length,
        annotations: { 'in-toto.io/predicate-type': statements[i]!.predicateType },
      })),
    },
    MEDIA_TYPE.ociManifest,
  );
  return { ...manifest, config, statements: blobs, subject };
}

/** The index of images and what attests to them, images first. */
export function imageIndex(images: readonly ListedImage[], annotations: OutputAnnotations): Document {
  const listed = images.map(({ image, manifest: { digest, size, mediaType } }): ListedManifest => {
    const own = annotationsFor(annotations.descriptor, image.platform);
    return { mediaType, digest, size, annotations: own, platform: platformOfConfig(image.config) };
  });
  const attesting = images.flatMap(({ attestation }): ListedManifest[] => {
    if (attestation === undefined) return [];
    const { digest, bytes, mediaType, subject } = attestation;
    return [
      {
        mediaType,
        digest,
        size: bytes.length,
        annotations: {
          'vnd.docker.reference.digest': subject,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: { architecture: 'unknown', os: 'unknown' },
      },
    ];
  });
  const bytes = encodeAsBuildx({
    mediaType: MEDIA_TYPE.ociIndex,
    manifests: [...listed, ...attesting],
    annotations: annotations.index,
  });
  return document(bytes, MEDIA_TYPE.ociIndex);
}

export function document(bytes: Uint8Array, mediaType: string): Document {
  return { bytes, mediaType, digest: sha256Digest(bytes) };
}

function json(value: object, mediaType: string): Document {
  return document(Buffer.from(JSON.stringify(value)), mediaType);
}
