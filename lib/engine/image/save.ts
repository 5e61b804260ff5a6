/** `save`: images as an archive or folder that any engine loads, the layers rebuilt bit for bit from their recipes. */
import { hasCode, ProaError } from '../../core/error.ts';
import { parseImageConfig } from '../../oci/model/image-config.ts';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { readBlob } from '../../storage/blobs.ts';
import { findImage, type ImageRecord, listNames, readImage } from '../../storage/images.ts';
import { LayerLease, readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import type { PlainLayer } from './new-manifest.ts';
import type { Packing } from './packed-layer.ts';
import { noSuchImage, requireImage } from './require-image.ts';
import type { SavedImage, SaveFormat } from './save-layout.ts';
import { writeSavedFile, writeSavedFolder } from './save-output.ts';
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
  const wanted = selectImages(engine, request.images);
  if (request.format === 'docker-dir' && wanted.size > 1) {
    throw new ProaError('BAD_ARGUMENTS', 'save images: a docker-dir folder holds one image', {
      hint: 'Use --format oci-dir',
    });
  }
  using opening = new DisposableStack();
  const lease = opening.use(new LayerLease());
  const images: SavedImage[] = [];
  const { name, refName } = request;
  for (const { record, names } of wanted.values()) {
    checkPlatform(record, request.platform);
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

function checkPlatform({ id, os, architecture, variant }: ImageRecord, wanted: Platform | undefined): void {
  const is = { os, architecture, ...(variant && { variant }) };
  if (wanted === undefined || matchPlatform(wanted, [is]) !== undefined) return;
  throw new ProaError(
    'PLATFORM_MISSING',
    `save image ${id}: it is for ${formatPlatform(is)}, not for ${formatPlatform(wanted)}`,
  );
}

/** The images to save, each once, with the tags that were asked for. */
function selectImages(
  engine: Engine,
  texts: readonly string[],
): Map<string, { record: ImageRecord; names: Reference[] }> {
  const selected = new Map<string, { record: ImageRecord; names: Reference[] }>();
  const add = (record: ImageRecord, name: Reference | undefined): void => {
    const entry = selected.get(record.id) ?? { record, names: [] };
    const known = entry.names.some((other) => name && formatReference(other) === formatReference(name));
    if (name !== undefined && !known) entry.names.push(name);
    selected.set(record.id, entry);
  };
  for (const text of texts) {
    const name = asName(text);
    if (name === undefined || name.digest !== undefined) add(requireImage(engine, text), undefined);
    else if (name.tag !== undefined) addNamed(engine, text, name, add);
    else addRepository(engine, text, name, add);
  }
  return selected;
}

type Add = (record: ImageRecord, name: Reference | undefined) => void;

function addNamed(engine: Engine, text: string, name: Reference, add: Add): void {
  const record = requireImage(engine, text);
  const named = listNames(engine.store, []).some(
    (other) => other.image === record.id && other.name === formatReference(name),
  );
  add(record, named ? name : undefined);
}

/** Docker: a repository without a tag stands for all of its tags. */
function addRepository(engine: Engine, text: string, repository: Reference, add: Add): void {
  const prefix = `${formatReference(repository)}:`;
  const tags = listNames(engine.store, []).filter(({ name }) => name.startsWith(prefix));
  for (const { name, image } of tags) {
    const record = readImage(engine.store, image);
    if (record !== undefined) add(record, parseReference(name));
  }
  if (tags.length > 0) return;
  const byId = findImage(engine.store, text);
  if (byId === undefined) throw noSuchImage(text);
  add(byId, undefined);
}

function asName(text: string): Reference | undefined {
  if (text.startsWith('sha256:')) return undefined;
  try {
    return parseReference(text, { defaultTag: false });
  } catch (error) {
    // 64 hex digits are an id.
    if (hasCode(error, 'INVALID_REFERENCE') && /^[0-9a-f]{64}$/.test(text)) return undefined;
    throw error;
  }
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
