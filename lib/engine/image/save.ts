/** `save`: images as an archive or folder that any engine loads, the layers rebuilt bit for bit from their recipes. */
import { ProaError } from '../../core/error.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import type { Platform } from '../../oci/model/platform.ts';
import type { Reference } from '../../oci/model/reference.ts';
import { readBlob } from '../../storage/blobs.ts';
import { type ImageRecord, readImage } from '../../storage/images.ts';
import { LayerLease, readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import type { PlainLayer } from './new-manifest.ts';
import type { Packing } from './packed-layer.ts';
import type { SavedImage, SaveFormat } from './save-layout.ts';
import { writeSavedFile, writeSavedFolder } from './save-output.ts';
import { selectImages } from './save-selection.ts';
import { savedFiles } from './saved-files.ts';
import { sweepUnreferenced } from './sweep.ts';
import { streamTar } from './tar-stream.ts';

export type { SaveFormat } from './save-layout.ts';

export interface SaveRequest {
  /** Names, names without tag (all tags of the repository, as with Docker), ids and prefixes. */
  images: readonly string[];
  format: SaveFormat;
  /** The name in the archive, for a single image; default: those by which it was asked for. */
  name?: Reference;
  /** What an OCI layout calls it (`org.opencontainers.image.ref.name`), in place of its name. */
  refName?: string;
  /** How layers are compressed, in formats other than docker-archive; default: not at all. */
  packing?: Packing;
  /** What the images must be for. */
  platform?: Platform;
}

/** What will be saved. Its layers are held until it is disposed. */
export interface Save extends AsyncDisposable {
  /** The archive's bytes, for the formats that are one. Throws ProaError LAYER_DAMAGED, at the latest at its end. */
  archive(): AsyncIterable<Uint8Array>;
  /** Writes the archive to a file, which appears when it is complete. */
  writeFile(file: string): Promise<void>;
  /** Writes the files into a folder, for the formats that are one (see save-output.ts). */
  writeFolder(folder: string): Promise<void>;
}

/**
 * Looks up the images and holds their layers.
 * @throws ProaError IMAGE_NOT_FOUND, PLATFORM_MISSING, LAYER_MISSING, BLOB_CORRUPT
 */
export async function openSave(engine: Engine, request: SaveRequest): Promise<Save> {
  const wanted = selectImages(engine, request.images, request.platform);
  if (request.format === 'docker-dir' && wanted.length > 1) {
    throw new ProaError('BAD_ARGUMENTS', 'save images: a docker-dir folder holds one image', {
      hint: 'Use --format oci-dir',
    });
  }
  using opening = new DisposableStack();
  const lease = opening.use(new LayerLease());
  const images: SavedImage[] = [];
  const { name, refName } = request;
  for (const { record, names } of wanted) {
    const image = await openImage(engine, record, name === undefined ? names : [name], lease);
    images.push({ ...image, refName });
  }
  opening.move();
  for (const { id, config } of images) tellImage(engine.store, 'save', { id, labels: config.config.Labels });
  const { format, packing = { compression: 'none' } } = request;
  const files = () => savedFiles(engine.store, images, format, packing);
  return {
    archive: () => streamTar(files()),
    writeFile: (file) => writeSavedFile(file, streamTar(files())),
    writeFolder: (folder) => writeSavedFolder(folder, format, files()),
    async [Symbol.asyncDispose]() {
      lease[Symbol.dispose]();
      // An rmi in the meantime left us the layers that we held.
      const gone = images.filter(({ id }) => readImage(engine.store, id) === undefined);
      if (gone.length > 0)
        sweepUnreferenced(
          engine,
          gone.flatMap(({ layers }) => layers.map((l) => l.digest)),
        );
    },
  };
}

async function openImage(
  engine: Engine,
  record: ImageRecord,
  names: Reference[],
  lease: LayerLease,
): Promise<SavedImage> {
  const { store } = engine;
  const layers: PlainLayer[] = [];
  for (const diffId of record.diffIds) {
    const layer = (await lease.add(store, diffId)) ? readLayer(store, diffId) : undefined;
    if (layer === undefined) {
      throw new ProaError('LAYER_MISSING', `save image ${record.id}: layer ${diffId} is not in the store`, {
        hint: 'proa system check --repair, then pull the image again',
      });
    }
    layers.push({ digest: diffId, size: layer.plainSize });
  }
  const configBytes = readBlob(store, record.id);
  return { id: record.id, config: parseImageConfig(configBytes), configBytes, layers, names };
}
