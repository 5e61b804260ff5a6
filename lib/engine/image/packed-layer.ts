/** A layer as a compressed blob: what an archive says of it, its digest and size, is known only when all of it is there. */

import { close, writeAll } from '../../core/sys/file.ts';
import { span } from '../../core/trace.ts';
import { parseDigest } from '../../oci/model/digest.ts';
import type { Compression } from '../../oci/model/media-type.ts';
import type { Store } from '../../storage/store.ts';
import { compress } from '../../storage/tar/compress.ts';
import { readLayerTar } from './layer-tar.ts';
import type { BlobLayer, PlainLayer } from './new-manifest.ts';
import { openSpool, readRange } from './spool.ts';

export interface Packing {
  compression: Compression;
  /** Default: fast (see compress.ts). */
  level?: number | undefined;
}

export interface PackedLayer extends Disposable {
  blob: BlobLayer;
  chunks(): Iterable<Uint8Array>;
}

/**
 * Compresses a layer into a file of ROOT/tmp, which goes when it is disposed.
 * @throws ProaError LAYER_DAMAGED, ENOSPC
 */
export async function packLayer(store: Store, layer: PlainLayer, packing: Packing): Promise<PackedLayer> {
  using _ = span('pack layer');
  using resources = new DisposableStack();
  const fd = openSpool(store);
  resources.defer(() => close(fd));
  const hasher = new Bun.CryptoHasher('sha256');
  let size = 0;
  for await (const chunk of compress(readLayerTar(store, layer), packing.compression, packing)) {
    hasher.update(chunk);
    writeAll(fd, chunk, `${store.tmp} (a compressed layer)`);
    size += chunk.length;
  }
  const kept = resources.move();
  return {
    blob: { digest: parseDigest(`sha256:${hasher.digest('hex')}`), size, compression: packing.compression },
    chunks: () => readRange(fd, 0, size),
    [Symbol.dispose]: () => kept.dispose(),
  };
}
