/** `load`: images from an archive or folder, made by docker, podman, skopeo, umoci, buildx or Proa. */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { type ArchiveInput, type ImageArchive, openArchive } from './archive.ts';
import type { ArchivedImage, ArchivedLayer } from './archived-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import { readDockerFolder, readOciLayout } from './oci-layout.ts';
import { repoDigest, type StoredImage, storeImage } from './store-image.ts';
import { giveBackRoom } from './sweep.ts';
import { type LayerSource, unpackLayers } from './unpack-layers.ts';

export interface LoadRequest {
  input: ArchiveInput;
  /** Of several platforms under one name: which. */
  platform?: Platform;
  /** Which of them; default: all. */
  select?: (images: readonly ArchivedImage[]) => readonly ArchivedImage[];
}

export type LoadedImage = StoredImage & Pick<ArchivedImage, 'names'>;

/**
 * Loads all images of an archive, each as soon as its layers are there.
 * @throws ProaError BAD_ARCHIVE, BAD_COMPRESSION, DIGEST_MISMATCH, PLATFORM_MISSING, ENOSPC, …; images that were
 * complete before the error stay
 */
export async function* loadImages(engine: Engine, request: LoadRequest): AsyncIterable<LoadedImage> {
  using _ = span('load');
  using archive = await openArchive(engine.store, request.input);
  const images = readImages(archive, request.platform);
  for (const image of request.select?.(images) ?? images) {
    yield await loadImage(engine, archive, image);
  }
}

async function loadImage(engine: Engine, archive: ImageArchive, image: ArchivedImage): Promise<LoadedImage> {
  const { names, manifest } = image;
  const layers = image.layers.map((layer) => memberSource(archive, layer));
  // Docker's format has no manifest, and so no digest under which a registry could know the image.
  const digest = manifest && sha256Digest(manifest.bytes);
  const repoDigests = digest === undefined ? [] : names.map((name) => repoDigest(name, digest));
  using lease = new LayerLease();
  try {
    await unpackLayers(engine, layers, lease);
    const stored = await storeImage(engine, { ...image, repoDigests });
    tellImage(engine.store, 'load', stored.image);
    return { ...stored, names };
  } catch (error) {
    giveBackRoom(engine, lease, image.config.rootfs.diff_ids, error);
    throw error;
  }
}

function readImages(archive: ImageArchive, platform: Platform | undefined): ArchivedImage[] {
  // manifest.json first: an archive of Docker 25 is both, and names all tags there.
  const images = readDockerArchive(archive) ?? readOciLayout(archive, platform);
  if (images !== undefined) return images;
  const single = readDockerFolder(archive);
  if (single !== undefined) return [single];
  if (has(archive, 'repositories')) {
    throw new ProaError(
      'BAD_ARCHIVE',
      `load ${archive.name}: it has no manifest.json: it was saved by a Docker older than 1.10`,
      { hint: 'Load it into a newer Docker and save it again' },
    );
  }
  throw new ProaError(
    'BAD_ARCHIVE',
    `load ${archive.name}: no image in it: neither manifest.json nor index.json`,
    {
      hint: `If it is the file system of a container, use: proa import ${archive.name}`,
    },
  );
}

function memberSource(
  archive: ImageArchive,
  layer: ArchivedLayer,
): LayerSource & Pick<ArchivedLayer, 'diffId'> {
  return {
    ...layer,
    *chunks() {
      using member = archive.open(layer.path);
      if (member === undefined) {
        throw new ProaError('BAD_ARCHIVE', `load ${archive.name}: layer ${layer.path} is missing`);
      }
      yield* member.chunks();
    },
  };
}

function has(archive: ImageArchive, path: string): boolean {
  using member = archive.open(path);
  return member !== undefined;
}
