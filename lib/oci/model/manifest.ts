import { ProaError } from '../../core/error.ts';
import { type Descriptor, readAnnotations, readDescriptor } from './descriptor.ts';
import { MAX_LAYERS } from './image-config.ts';
import { type DocumentKind, type JsonCursor, openJson } from './json-cursor.ts';
import {
  type Compression,
  isConfigMediaType,
  isImageMediaType,
  isIndexMediaType,
  layerCompression,
  MEDIA_TYPE,
  unsupportedManifest,
} from './media-type.ts';

/** One image for one platform: an OCI manifest or Docker's v2 schema 2 (image-spec, manifest.md). */
export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  /** The lowest layer first. */
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

/** Several images, by platform: an OCI index or Docker's manifest list (image-spec, image-index.md). */
export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

export type Manifest = ImageManifest | ImageIndex;

/** A layer that can be unpacked. */
export interface LayerDescriptor extends Descriptor {
  readonly compression: Compression;
}

/** Registries refuse more (distribution-spec, "Pushing manifests": at least 4 MiB must be accepted). */
export const MANIFEST_MAX_BYTES = 4 * 1024 * 1024;

/** It is read into memory as a whole; Docker and Podman read no larger ones either. */
const IMAGE_CONFIG_MAX_BYTES = 4 * 1024 * 1024;

const KIND: DocumentKind = { code: 'INVALID_MANIFEST', what: 'invalid manifest' };

/**
 * Parses and checks a manifest of either kind. `mediaType` is what the registry or the descriptor said; when the
 * document says something else, it is refused, for then two readers could see two images (CVE-2021-41190). When nobody
 * says, the members decide. Throws INVALID_MANIFEST, UNSUPPORTED_MEDIA_TYPE.
 */
export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  if (bytes.length > MANIFEST_MAX_BYTES) {
    throw new ProaError(
      KIND.code,
      `${KIND.what}: it has ${bytes.length} bytes, more than ${MANIFEST_MAX_BYTES}`,
    );
  }
  if (mediaType !== undefined && !isKnown(mediaType)) throw unsupportedManifest(mediaType);
  const document = openJson(bytes, KIND);
  // Looked at before the media type, which schema 1 does not have.
  if (document.at('schemaVersion').maybe((c) => c.integer()) === 1) {
    throw unsupportedManifest('application/vnd.docker.distribution.manifest.v1+json');
  }
  const stated = document.at('mediaType').maybe((c) => c.string());
  if (stated !== undefined && !isKnown(stated)) throw unsupportedManifest(stated);
  if (stated !== undefined && mediaType !== undefined && stated !== mediaType) {
    document.at('mediaType').fail(`says ${stated}, but it was served as ${mediaType}`);
  }
  const isIndex = refuseAmbiguous(document);
  const type = stated ?? mediaType ?? (isIndex ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest);
  if (isIndexMediaType(type) !== isIndex) {
    document.fail(`${isIndex ? 'lists manifests' : 'has no list of manifests'}, which does not suit ${type}`);
  }
  if (document.at('schemaVersion').integer() !== 2) document.at('schemaVersion').fail('must be 2');
  return isIndex ? readIndex(document, type) : readImage(document, type);
}

/**
 * The layers of an image that can be run, each with its compression, the lowest first. Throws UNSUPPORTED_MEDIA_TYPE
 * for an artifact (a Helm chart, a signature) and for foreign layers, which the registry does not hold; INVALID_MANIFEST
 * for more layers than can be mounted, and for a configuration that is none by its size.
 */
export function runnableLayers(manifest: ImageManifest): LayerDescriptor[] {
  const { mediaType } = manifest.config;
  if (!isConfigMediaType(mediaType)) {
    const what = manifest.artifactType ?? mediaType;
    throw new ProaError(
      'UNSUPPORTED_MEDIA_TYPE',
      `unsupported config: ${JSON.stringify(what)}: this is an artifact, not a container image`,
      { hint: 'artifacts are fetched with the tool that made them (helm, oras, cosign, …)' },
    );
  }
  if (manifest.config.size > IMAGE_CONFIG_MAX_BYTES) {
    throw new ProaError(
      KIND.code,
      `${KIND.what}: config.size: ${manifest.config.size} bytes, more than the ${IMAGE_CONFIG_MAX_BYTES} of any configuration`,
    );
  }
  if (manifest.layers.length > MAX_LAYERS) {
    throw new ProaError(
      KIND.code,
      `${KIND.what}: layers: there are ${manifest.layers.length}, and Linux can mount no more than ${MAX_LAYERS}`,
    );
  }
  return manifest.layers.map((layer) => {
    const compression = layerCompression(layer.mediaType);
    if (layer.urls) {
      throw new ProaError(
        'UNSUPPORTED_MEDIA_TYPE',
        `unsupported layer: ${layer.digest}: it is foreign: to be fetched from ${URL.parse(layer.urls[0]!)?.host ?? 'elsewhere'}`,
      );
    }
    return { ...layer, compression };
  });
}

function isKnown(mediaType: string): boolean {
  return isImageMediaType(mediaType) || isIndexMediaType(mediaType);
}

/** True for an index. A document that is both, or neither, is refused (image-spec 1.0.2, manifest.md). */
function refuseAmbiguous(document: JsonCursor): boolean {
  const index = !document.at('manifests').absent;
  const image = !document.at('config').absent || !document.at('layers').absent;
  if (index && image) document.fail('has both manifests and config or layers');
  if (!document.at('fsLayers').absent)
    throw unsupportedManifest('application/vnd.docker.distribution.manifest.v1+json');
  if (!index && !image) {
    // Go writes an empty list as null: an index of nothing is one all the same.
    const stated = document.at('mediaType').maybe((c) => c.string());
    if (stated !== undefined && isIndexMediaType(stated)) return true;
    document.fail('has neither config and layers nor manifests');
  }
  return index;
}

function readImage(document: JsonCursor, mediaType: string): ImageManifest {
  return {
    kind: 'image',
    mediaType,
    config: readDescriptor(document.at('config')),
    layers: (document.at('layers').maybe((c) => c.items()) ?? []).map(readDescriptor),
    ...readCommon(document),
  };
}

function readIndex(document: JsonCursor, mediaType: string): ImageIndex {
  const manifests = (document.at('manifests').maybe((c) => c.items()) ?? []).map(readDescriptor);
  return { kind: 'index', mediaType, manifests, ...readCommon(document) };
}

function readCommon(document: JsonCursor) {
  const annotations = readAnnotations(document.at('annotations'));
  const artifactType = document.at('artifactType').maybe((c) => c.string());
  const subject = document.at('subject').maybe(readDescriptor);
  return {
    ...(annotations && { annotations }),
    ...(artifactType && { artifactType }),
    ...(subject && { subject }),
  };
}
