/** `load`: images from an archive or folder, made by docker, podman, skopeo, umoci, buildx or Proa. */
import { statSync } from 'node:fs';
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { sha256Digest } from '../../oci/model/digest.ts';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { LayerLease } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { passArchivedImage } from '../trust/archive-image.ts';
import { type ArchiveInput, type ImageArchive, openArchive } from './archive.ts';
import type { ArchivedImage, ArchivedLayer } from './archived-image.ts';
import { readDockerArchive } from './docker-archive.ts';
import { readDockerFolder, readOciLayout } from './oci-layout.ts';
import { repoDigest, type StoredImage, storeImage } from './store-image.ts';
import { giveBackRoom } from './sweep.ts';
import { type LayerSource, unpackLayers } from './unpack-layers.ts';

/** What is no archive, but gives its images and the bytes of their layers as one. */
export interface OpenedInput {
  archive: ImageArchive;
  images: ArchivedImage[];
  /** As containers-transports(5) calls it. */
  transport: string;
}

export interface LoadRequest {
  input: ArchiveInput | OpenedInput;
  /** Of several platforms under one name: which. */
  platform?: Platform | undefined;
  /** What policy.json calls the place (containers-transports(5)); default: after what the archive is. */
  transport?: string;
  /** `--signature-policy` instead of the machine's. */
  policyFile?: string | undefined;
  /** Which of them; default: all. */
  select?: (images: readonly ArchivedImage[]) => readonly ArchivedImage[];
}

export type LoadedImage = StoredImage & Pick<ArchivedImage, 'names'>;

/**
 * Loads all images of an archive, each as soon as its layers are there.
 * @throws ProaError BAD_ARCHIVE, BAD_COMPRESSION, DIGEST_MISMATCH, PLATFORM_MISSING, IMAGE_REJECTED by the policy, ENOSPC,
 * …; images that were complete before the error stay
 */
export async function* loadImages(engine: Engine, request: LoadRequest): AsyncIterable<LoadedImage> {
  using _ = span('load');
  const { input, platform } = request;
  const opened = 'archive' in input ? input : await openInput(engine, input, platform);
  using archive = opened.archive;
  const images = suitable(archive, opened.images, platform);
  const transport = request.transport ?? opened.transport;
  const place = { transport, path: 'path' in input ? input.path : undefined };
  for (const image of request.select?.(images) ?? images) {
    await passArchivedImage(archive, place, image, request);
    yield await loadImage(engine, archive, image);
  }
}

async function openInput(
  engine: Engine,
  input: ArchiveInput,
  platform: Platform | undefined,
): Promise<OpenedInput> {
  using opening = new DisposableStack();
  const archive = opening.use(await openArchive(engine.store, input));
  const { images, format } = readImages(archive, platform);
  opening.move();
  return { archive, images, transport: transportOf(format, input) };
}

/**
 * The images for a platform: in Docker's archives, and in layouts that do not say, only the configuration knows it.
 * @throws ProaError PLATFORM_MISSING
 */
function suitable(
  archive: ImageArchive,
  images: ArchivedImage[],
  wanted: Platform | undefined,
): ArchivedImage[] {
  if (wanted === undefined) return images;
  const found = images.filter(({ config }) => matchPlatform(wanted, [platformOf(config)]) !== undefined);
  if (found.length > 0) return found;
  const there = images.map(({ config }) => formatPlatform(platformOf(config)));
  throw new ProaError(
    'PLATFORM_MISSING',
    `load ${archive.name}: no image for ${formatPlatform(wanted)}: there is ${there.join(', ')}`,
    { hint: `proa load --platform ${there[0]}` },
  );
}

function platformOf({ os, architecture, variant }: ArchivedImage['config']): Platform {
  return { os, architecture, ...(variant && { variant }) };
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

interface ReadImages {
  images: ArchivedImage[];
  format: 'docker-archive' | 'oci' | 'dir';
}

/** A layout is a transport of its own when it is packed. */
function transportOf(format: ReadImages['format'], input: ArchiveInput): string {
  const isFolder = 'path' in input && statSync(input.path).isDirectory();
  return format === 'oci' && !isFolder ? 'oci-archive' : format;
}

function readImages(archive: ImageArchive, platform: Platform | undefined): ReadImages {
  // manifest.json first: an archive of Docker 25 is both, and names all tags there.
  const packed = readDockerArchive(archive);
  if (packed !== undefined) return { images: packed, format: 'docker-archive' };
  const layout = readOciLayout(archive, platform);
  if (layout !== undefined) return { images: layout, format: 'oci' };
  const single = readDockerFolder(archive);
  if (single !== undefined) return { images: [single], format: 'dir' };
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

/** A layer in the archive, to be unpacked. */
export function memberSource(
  archive: ImageArchive,
  layer: ArchivedLayer,
): LayerSource & Pick<ArchivedLayer, 'diffId'> {
  return {
    ...layer,
    name: `load ${archive.name}: layer ${layer.path}`,
    *chunks() {
      using member = archive.open(layer.path);
      if (member === undefined) {
        throw new ProaError('BAD_ARCHIVE', 'it is missing');
      }
      yield* member.chunks();
    },
  };
}

function has(archive: ImageArchive, path: string): boolean {
  using member = archive.open(path);
  return member !== undefined;
}
