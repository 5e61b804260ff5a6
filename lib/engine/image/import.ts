/** `import`: the file system of a container, as a tar or a folder, becomes an image of one layer. */
import { statSync } from 'node:fs';
import { addContext, ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type ImageConfig, serializeImageConfig } from '../../oci/model/image-config.ts';
import { hostPlatform, type Platform } from '../../oci/model/platform.ts';
import { familiarName, type Reference } from '../../oci/model/reference.ts';
import { LayerLease, syncLayers } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { applyChanges } from './changes.ts';
import { folderLayer } from './new-layer.ts';
import { type StoredImage, storeImage } from './store-image.ts';
import { giveBackRoom } from './sweep.ts';
import { unpackLayer } from './unpack-layers.ts';
import { readUrl, shownUrl } from './web-archive.ts';

export interface ImportRequest {
  source: ImportSource;
  name?: Reference;
  platform?: Platform;
  /** Dockerfile instructions (see changes.ts). */
  changes: readonly string[];
  message?: string;
  /** Now, if left out: the one thing that makes two imports of the same archive differ. */
  created?: Date;
}

/** The archive's bytes, compressed in any way, and where they come from; or a folder, by its path. */
export type ImportSource =
  | { path: string }
  | { url: string }
  | { stream: AsyncIterable<Uint8Array>; name: string };

/**
 * Imports an archive or a folder.
 * @throws ProaError BAD_ARCHIVE, BAD_COMPRESSION, HOSTILE_ARCHIVE, INVALID_CHANGE, ENOENT, DOWNLOAD_FAILED, ENOSPC, …
 */
export async function importImage(engine: Engine, request: ImportRequest): Promise<StoredImage> {
  using _ = span('import');
  // Before the archive: a misspelt instruction should not cost a download.
  const defaults = applyChanges({}, request.changes);
  using lease = new LayerLease();
  const where = sourceName(request.source);
  let diffId: Digest;
  try {
    diffId = await makeLayerOf(engine, request.source, lease);
  } catch (error) {
    throw addContext(error, `import ${where}`);
  }
  const { os, architecture, variant } = request.platform ?? hostPlatform();
  const created = (request.created ?? new Date()).toISOString();
  const comment = request.message ?? `Imported from ${where}`;
  const config: ImageConfig = {
    created,
    architecture,
    os,
    ...(variant && { variant }),
    config: defaults,
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created, comment }],
  };
  const configBytes = serializeImageConfig(config);
  const names = request.name === undefined ? [] : [request.name];
  try {
    syncLayers(engine.store, [diffId]);
    const stored = await storeImage(engine, { config, configBytes, names });
    for (const name of names) tellImage(engine.store, 'tag', stored.image, familiarName(name));
    tellImage(engine.store, 'import', stored.image);
    return stored;
  } catch (error) {
    giveBackRoom(engine, lease, [diffId], error);
    throw error;
  }
}

async function makeLayerOf(engine: Engine, source: ImportSource, lease: LayerLease): Promise<Digest> {
  if ('path' in source && statSync(source.path, { throwIfNoEntry: false })?.isDirectory())
    return await folderLayer(engine, source.path, lease);
  return await unpackLayer(engine, { chunks: () => readSource(source) }, lease);
}

/** The source as people know it. */
function sourceName(source: ImportSource): string {
  if ('path' in source) return source.path;
  if ('stream' in source) return source.name;
  return shownUrl(source.url);
}

async function* readSource(source: ImportSource): AsyncGenerator<Uint8Array, void> {
  let empty = true;
  for await (const chunk of openSource(source)) {
    empty &&= chunk.length === 0;
    yield chunk;
  }
  // A command in front of the pipe failed, most likely; the tar reader would take nothing for an archive of nothing.
  if (empty) throw new ProaError('EMPTY_INPUT', 'it is empty');
}

function openSource(source: ImportSource): AsyncIterable<Uint8Array> {
  if ('stream' in source) return source.stream;
  return 'path' in source ? readFile(source.path) : readUrl(source.url);
}

function readFile(path: string): AsyncIterable<Uint8Array> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new ProaError('ENOENT', 'no such file');
  return Bun.file(path).stream();
}
