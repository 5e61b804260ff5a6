/**
 * `containers-storage:[[SPECIFIER]]NAME|ID` (containers-transports(5)): an image of Podman's own store, read where it lies.
 * Its layers are rebuilt from Podman's files and unpacked anew, each verified by its diff id like one from anywhere.
 */
import { hasCode, ProaError } from '../../core/error.ts';
import { digestOf } from '../../oci/model/digest.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { defaultPlaces, type PodmanPlace, placeOf } from '../../storage/podman-store/places.ts';
import {
  type PodmanImage,
  podmanLayerFiles,
  podmanTarSplit,
  readPodmanDocument,
  readPodmanImages,
  readPodmanLayers,
} from '../../storage/podman-store/records.ts';
import { replayTarSplit } from '../../storage/podman-store/tar-split.ts';
import type { ImageArchive, MemberReader } from './archive.ts';
import { type ArchivedImage, pairLayers, parseDocument } from './archived-image.ts';
import type { OpenedInput } from './load.ts';

/**
 * Finds an image there. Asked for by name it has that name, by id all that it has.
 * @param rootless whose store is meant when the text does not say
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, STORE_MISSING, BAD_STORE, UNSUPPORTED_STORE
 */
export async function findInContainersStorage(text: string, rootless: boolean): Promise<OpenedInput> {
  const [, specifier, rest] = /^(?:\[([^\]]*)\])?(.+)$/s.exec(text) ?? [];
  if (rest === undefined)
    throw new ProaError('INVALID_REFERENCE', `use containers-storage:${text}: it names no image`);
  const places = specifier === undefined ? await defaultPlaces(rootless) : [placeOf(specifier)];
  for (const place of places) {
    const found = choose(readPodmanImages(place), rest);
    if (found === undefined) continue;
    const archive = new PodmanArchive(found.image);
    const images = [readImage(archive, found.image, found.names)];
    return { archive, images, transport: 'containers-storage' };
  }
  throw new ProaError(
    'IMAGE_NOT_FOUND',
    `use image ${rest}: it is not in ${places.map(({ root }) => root).join(' or ')}`,
    {
      hint: 'See what is there: podman images',
    },
  );
}

/** The layers of one image by their ids, as the members of an archive. */
class PodmanArchive implements ImageArchive {
  readonly name: string;
  private readonly place: PodmanPlace;
  readonly layers: ReturnType<typeof readPodmanLayers>;

  constructor(image: PodmanImage) {
    this.place = image.place;
    this.name = `${image.id.slice(0, 12)} of ${image.place.root}`;
    this.layers = readPodmanLayers(image);
  }

  open(id: string): MemberReader | undefined {
    const layer = this.layers.find((one) => one.id === id);
    if (layer === undefined) return undefined;
    const { place } = this;
    return {
      size: layer.size,
      chunks: () => replayTarSplit(podmanTarSplit(place, id), podmanLayerFiles(place, id)),
      [Symbol.dispose]: () => {},
    };
  }

  [Symbol.dispose](): void {}
}

function readImage(archive: PodmanArchive, image: PodmanImage, names: Reference[]): ArchivedImage {
  const bytes = required(archive, image, 'manifest');
  const manifest = parseDocument(archive, 'manifest', () => parseManifest(bytes));
  if (manifest.kind === 'index') {
    throw new ProaError('BAD_STORE', `use image ${archive.name}: it is a manifest list, not an image`, {
      hint: 'Use an image that it lists: podman manifest inspect',
    });
  }
  const { digest } = manifest.config;
  const configBytes = required(archive, image, digest);
  if (digestOf(configBytes, 'sha256') !== digest)
    throw new ProaError('DIGEST_MISMATCH', `use image ${archive.name}: its configuration was altered`);
  const config = parseDocument(archive, digest, () => parseImageConfig(configBytes));
  const layers = archive.layers.map(({ id }) => ({ path: id }));
  return {
    names,
    config,
    configBytes,
    manifest: { bytes, mediaType: manifest.mediaType },
    layers: pairLayers(archive, config, layers),
  };
}

function required(archive: PodmanArchive, image: PodmanImage, key: string): Uint8Array {
  const bytes = readPodmanDocument(image, key);
  if (bytes !== undefined) return bytes;
  throw new ProaError('BAD_STORE', `use image ${archive.name}: its ${key} is missing`);
}

interface Choice {
  image: PodmanImage;
  names: Reference[];
}

/** By name, as Podman's short names also one of localhost; else by `NAME@ID`, digest, id or unique prefix of an id. */
function choose(images: readonly PodmanImage[], text: string): Choice | undefined {
  const id = /^(?:.*@)?(?:sha256:)?([0-9a-f]{1,64})$/.exec(text)?.[1];
  for (const spelling of [text, `localhost/${text}`]) {
    const name = asReference(spelling);
    const found = name && images.find((image) => hasName(image, name));
    if (found) return { image: found, names: name.digest === undefined ? [name] : [] };
  }
  const found = id === undefined ? [] : images.filter((image) => image.id.startsWith(id));
  if (found.length > 1)
    throw new ProaError('AMBIGUOUS', `use image ${text}: several ids of Podman's store begin with it`);
  return found[0] && { image: found[0], names: found[0].names.flatMap((name) => asReference(name) ?? []) };
}

function hasName({ names, digests }: PodmanImage, wanted: Reference): boolean {
  const { digest } = wanted;
  if (digest === undefined) return names.includes(formatReference(wanted));
  const repository = formatReference({ registry: wanted.registry, repository: wanted.repository });
  return digests.includes(digest) && names.some((name) => name.startsWith(`${repository}:`));
}

function asReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    // An id, or a name that only Podman's own list can hold.
    if (hasCode(error, 'INVALID_REFERENCE', 'INVALID_DIGEST')) return undefined;
    throw error;
  }
}
