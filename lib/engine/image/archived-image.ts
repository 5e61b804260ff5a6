/** An image as an archive holds it, whatever the archive's format: read by docker-archive.ts and oci-layout.ts. */
import { addContext, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { ImageConfig } from '../../oci/model/image-config.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { type ImageArchive, readMember } from './archive.ts';

export interface ArchivedImage {
  /** Empty for an image that is known by its id only. */
  names: Reference[];
  /** What an OCI layout calls it, name or not. */
  refName?: string | undefined;
  /** The configuration, its bytes verified as far as the archive says what they should be. */
  config: ImageConfig;
  configBytes: Uint8Array;
  /** The manifest that came along; Docker's own format has none. */
  manifest?: { bytes: Uint8Array; mediaType: string };
  /** Bottom layer first. */
  layers: ArchivedLayer[];
}

export interface ArchivedLayer {
  /** The member that holds the layer's tar, compressed in any way. */
  path: string;
  diffId: Digest;
  /** Of the member's bytes, if the archive says. */
  digest?: Digest;
  size?: number;
  mediaType?: string;
}

/** No configuration or manifest of a real image is larger. */
const DOCUMENT_LIMIT = 8 << 20;

/** The bytes of a JSON document in the archive. Throws ProaError BAD_ARCHIVE when it is not there. */
export function requireDocument(archive: ImageArchive, path: string): Uint8Array {
  const bytes = readDocument(archive, path);
  if (bytes !== undefined) return bytes;
  throw badImage(archive, `${path} is missing`);
}

export function readDocument(archive: ImageArchive, path: string): Uint8Array | undefined {
  return readMember(archive, path, DOCUMENT_LIMIT);
}

/** Reads a document's text or a name in it; what is wrong with it is told with the archive and the document. */
export function parseDocument<T>(archive: ImageArchive, path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw addContext(error, `load ${archive.name}: ${path}`);
  }
}

/** Pairs the configuration's diff ids with where the layers are. Throws ProaError BAD_ARCHIVE when they do not fit. */
export function pairLayers(
  archive: ImageArchive,
  config: ImageConfig,
  layers: readonly Omit<ArchivedLayer, 'diffId'>[],
): ArchivedLayer[] {
  const { diff_ids } = config.rootfs;
  if (diff_ids.length !== layers.length) {
    throw badImage(
      archive,
      `its manifest has ${layers.length} layers, its configuration ${diff_ids.length} diff ids`,
    );
  }
  return layers.map((layer, i) => ({ ...layer, diffId: diff_ids[i]! }));
}

export function badImage(archive: ImageArchive, why: string): ProaError {
  return new ProaError('BAD_ARCHIVE', `load ${archive.name}: ${why}`);
}

export function digestMismatch(archive: ImageArchive, path: string, is: Digest, wanted: string): ProaError {
  return new ProaError(
    'DIGEST_MISMATCH',
    `load ${archive.name}: ${path} has digest ${is}, and should have ${wanted}`,
    { hint: 'The archive was damaged or altered; get it again' },
  );
}
