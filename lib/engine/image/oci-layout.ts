/**
 * An OCI image layout (image-spec, image-layout.md), and skopeo's `dir:`, which has the same documents under other
 * names. Every document is checked against the descriptor that leads to it.
 */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Descriptor } from '../../oci/model/descriptor.ts';
import { digestAlgorithm, digestHex, digestOf } from '../../oci/model/digest.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import { type ImageManifest, parseManifest, runnableLayers } from '../../oci/model/manifest.ts';
import { formatPlatform, hostPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { parseReference, type Reference } from '../../oci/model/reference.ts';
import type { ImageArchive } from './archive.ts';
import {
  type ArchivedImage,
  badImage,
  digestMismatch,
  pairLayers,
  parseDocument,
  readDocument,
  requireDocument,
} from './archived-image.ts';

/** How an archive names the blob of a digest. */
type BlobPath = (descriptor: Pick<Descriptor, 'digest'>) => string;

const layoutPath: BlobPath = ({ digest }) => `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
const folderPath: BlobPath = ({ digest }) => digestHex(digest);

/**
 * The images of an OCI layout; of several for one name, the one for `platform`. Undefined when the archive is no OCI
 * layout. Throws ProaError PLATFORM_MISSING, DIGEST_MISMATCH, BAD_ARCHIVE, INVALID_MANIFEST, UNSUPPORTED_MEDIA_TYPE.
 */
export function readOciLayout(archive: ImageArchive, platform?: Platform): ArchivedImage[] | undefined {
  const bytes = readDocument(archive, 'index.json');
  if (bytes === undefined) return undefined;
  const index = parseDocument(archive, 'index.json', () => parseManifest(bytes));
  if (index.kind !== 'index') throw badImage(archive, 'index.json is not an image index');
  const images = index.manifests.filter(isImage);
  if (images.length === 0) throw badImage(archive, 'it holds no image');
  const byName = Map.groupBy(images, (descriptor) => nameOf(descriptor) ?? descriptor.digest);
  return [...byName.values()].map((candidates) => {
    const chosen = choose(archive, candidates, platform);
    const refName = chosen.annotations?.['org.opencontainers.image.ref.name'];
    return { ...readImage(archive, chosen, layoutPath, platform, referencesOf(chosen)), refName };
  });
}

/** The image of a folder that `skopeo copy … dir:` or `podman save --format docker-dir` made. */
export function readDockerFolder(archive: ImageArchive): ArchivedImage | undefined {
  if (readDocument(archive, 'version') === undefined) return undefined;
  const bytes = readDocument(archive, 'manifest.json');
  if (bytes === undefined) return undefined;
  const manifest = parseDocument(archive, 'manifest.json', () => parseManifest(bytes));
  if (manifest.kind === 'index') throw badImage(archive, 'it holds several platforms, and none is chosen');
  return imageOf(archive, manifest, bytes, folderPath, []);
}

function readImage(
  archive: ImageArchive,
  descriptor: Descriptor,
  path: BlobPath,
  platform: Platform | undefined,
  names: Reference[],
): ArchivedImage {
  const bytes = readVerified(archive, descriptor, path);
  const parse = (of: Descriptor, text: Uint8Array) =>
    parseDocument(archive, path(of), () => parseManifest(text, of.mediaType));
  const manifest = parse(descriptor, bytes);
  if (manifest.kind === 'image') return imageOf(archive, manifest, bytes, path, names);
  const inner = choose(archive, manifest.manifests.filter(isImage), platform);
  const innerBytes = readVerified(archive, inner, path);
  const chosen = parse(inner, innerBytes);
  if (chosen.kind === 'index') throw badImage(archive, 'an index inside an index inside an index');
  return imageOf(archive, chosen, innerBytes, path, names);
}

function imageOf(
  archive: ImageArchive,
  manifest: ImageManifest,
  bytes: Uint8Array,
  path: BlobPath,
  names: Reference[],
): ArchivedImage {
  const layers = parseDocument(archive, 'its manifest', () => runnableLayers(manifest));
  const configBytes = readVerified(archive, manifest.config, path);
  const config = parseDocument(archive, path(manifest.config), () => parseImageConfig(configBytes));
  const members = layers.map((layer) => ({
    path: path(layer),
    digest: layer.digest,
    size: layer.size,
    mediaType: layer.mediaType,
  }));
  return {
    names,
    config,
    configBytes,
    manifest: { bytes, mediaType: manifest.mediaType },
    layers: pairLayers(archive, config, members),
  };
}

function readVerified(archive: ImageArchive, descriptor: Descriptor, path: BlobPath): Uint8Array {
  const bytes = requireDocument(archive, path(descriptor));
  const digest = digestOf(bytes, digestAlgorithm(descriptor.digest));
  if (digest !== descriptor.digest)
    throw digestMismatch(archive, path(descriptor), digest, descriptor.digest);
  if (bytes.length !== descriptor.size) {
    throw badImage(
      archive,
      `${path(descriptor)} has ${bytes.length} bytes, and should have ${descriptor.size}`,
    );
  }
  return bytes;
}

/**
 * containerd and Docker give the full name in an annotation of their own, and its tag in OCI's; skopeo, umoci and Podman
 * put what they have in OCI's. umoci carries the other along when it makes an image of another, so it counts only where
 * the two agree.
 */
function nameOf({ annotations }: Descriptor): string | undefined {
  const full = annotations?.['io.containerd.image.name'];
  const own = annotations?.['org.opencontainers.image.ref.name'];
  const agree = full !== undefined && (!own || full === own || full.endsWith(`:${own}`));
  return (agree ? full : own) || undefined;
}

/** A layout's own tag may be anything, so what cannot name an image does not: the image is loaded without a name. */
function referencesOf(descriptor: Descriptor): Reference[] {
  const name = nameOf(descriptor);
  try {
    return name === undefined ? [] : [parseReference(name)];
  } catch (error) {
    if (hasCode(error, 'INVALID_REFERENCE')) return [];
    throw error;
  }
}

/** BuildKit's attestations stand beside images as manifests of an unknown platform. */
function isImage({ platform, annotations }: Descriptor): boolean {
  return platform?.os !== 'unknown' && annotations?.['vnd.docker.reference.type'] === undefined;
}

function choose(
  archive: ImageArchive,
  candidates: readonly Descriptor[],
  platform: Platform | undefined,
): Descriptor {
  const only = candidates.length === 1 ? candidates[0] : undefined;
  if (only !== undefined && platform === undefined) return only;
  const wanted = platform ?? hostPlatform();
  const index = matchPlatform(
    wanted,
    candidates.map((candidate) => candidate.platform),
  );
  if (index !== undefined) return candidates[index]!;
  const there = candidates.flatMap((candidate) =>
    candidate.platform ? formatPlatform(candidate.platform) : [],
  );
  throw new ProaError(
    'PLATFORM_MISSING',
    `load ${archive.name}: no image for ${formatPlatform(wanted)}: there is ${there.join(', ') || 'none'}`,
    { hint: there.length > 0 ? `proa load --platform ${there[0]}` : undefined },
  );
}
