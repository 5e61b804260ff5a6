/**
 * What is saved, file by file, in the order in which an archive holds it. Plain layers stand behind the documents, so that
 * who reads a stream knows what is coming; compressed ones before them, as only then their digests are known.
 */
import type { Digest } from '../../oci/model/digest.ts';
import type { Store } from '../../storage/store.ts';
import { readLayerTar } from './layer-tar.ts';
import type { BlobLayer, PlainLayer } from './new-manifest.ts';
import { type Packing, packLayer } from './packed-layer.ts';
import { documentsOf, type SavedImage, type SaveFormat, savedBlobPath } from './save-layout.ts';

/** One file. Its bytes are to be read, or left unread, before the next file is asked for. */
export interface SavedFile {
  path: string;
  size: number;
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** The files of images in a format. Throws ProaError LAYER_DAMAGED, ENOSPC. */
export async function* savedFiles(
  store: Store,
  images: readonly SavedImage[],
  format: SaveFormat,
  packing: Packing,
): AsyncGenerator<SavedFile, void> {
  // Images share layers.
  const layers = new Map(images.flatMap((image) => image.layers).map((layer) => [layer.digest, layer]));
  const blobs = new Map<Digest, BlobLayer>();
  if (packing.compression === 'none') {
    for (const layer of layers.values()) blobs.set(layer.digest, { ...layer, compression: 'none' });
    yield* documents(images, format, blobs);
    for (const layer of layers.values()) yield plainFile(store, layer, format);
    return;
  }
  for (const layer of layers.values()) {
    using packed = await packLayer(store, layer, packing);
    const { digest, size } = packed.blob;
    blobs.set(layer.digest, packed.blob);
    yield { path: savedBlobPath(digest, format), size, bytes: packed.chunks() };
  }
  yield* documents(images, format, blobs);
}

function plainFile(store: Store, layer: PlainLayer, format: SaveFormat): SavedFile {
  return { path: savedBlobPath(layer.digest, format), size: layer.size, bytes: readLayerTar(store, layer) };
}

function* documents(
  images: readonly SavedImage[],
  format: SaveFormat,
  blobs: ReadonlyMap<Digest, BlobLayer>,
): Generator<SavedFile, void> {
  for (const { path, bytes } of documentsOf(images, format, blobs)) {
    yield { path, size: bytes.length, bytes: [bytes] };
  }
}
