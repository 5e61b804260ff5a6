/** `-t`, `--manifest`, `--output type=image`: the result as images of this store, under their names. */
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { platformOfConfig } from '../../oci/model/index-document.ts';
import { familiarName, formatReference, type Reference } from '../../oci/model/reference.ts';
import { readBlob } from '../../storage/blobs.ts';
import { findRecord, type ImageRecord, lockImages, putName } from '../../storage/images.ts';
import type { ListEntry } from '../../storage/list-entry.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { plainManifest } from '../image/new-manifest.ts';
import { storeImage } from '../image/store-image.ts';
import {
  isList,
  type ListRecord,
  merged,
  newList,
  saveList,
  withEntries,
} from '../manifest-list/list-record.ts';
import { annotationsFor, type ExportOptions } from './output.ts';
import { plainLayers } from './output-archive.ts';
import type { BuiltImage } from './request.ts';

/** What is in the store now. */
export interface StoredBuild {
  /** One a platform, in their order. */
  readonly records: readonly ImageRecord[];
  /** Ids of those that were not here before. */
  readonly fresh: readonly Digest[];
  /** When several platforms, or `--manifest`, made one. */
  readonly list?: ListRecord;
}

/**
 * Makes the images visible, under their names: those of several platforms as one manifest list. Their layers are on disk.
 * @throws ProaError ENOSPC, EROFS, …; then no name has changed
 */
export async function storeBuild(
  engine: Engine,
  images: readonly BuiltImage[],
  names: readonly Reference[],
  options: ExportOptions,
): Promise<StoredBuild> {
  const { store } = engine;
  const single = images.length === 1 && options.manifestList === undefined;
  const records: ImageRecord[] = [];
  const fresh: Digest[] = [];
  for (const image of images) {
    const { config, configBytes, parent, platform } = image;
    const annotations = annotationsFor(options.annotations.manifest, platform);
    const manifest = plainManifest(
      sha256Digest(configBytes),
      configBytes.length,
      plainLayers(engine, image),
      options.kind,
      annotations,
    );
    const stored = await storeImage(engine, {
      config,
      configBytes,
      manifest,
      parent,
      names: single ? names : [],
    });
    records.push(stored.image);
    if (!stored.known) fresh.push(stored.image.id);
    for (const name of single ? names : []) tellImage(store, 'tag', stored.image, familiarName(name));
  }
  if (single) return { records, fresh };
  const { parseTag } = await import('../image/tag.ts');
  const listNames = options.manifestList === undefined ? names : [parseTag(options.manifestList), ...names];
  const list = await storeList(engine, images, records, listNames, options);
  return { records, fresh, list };
}

/** A list of that name takes them in; else a new one begins. */
async function storeList(
  { store }: Engine,
  images: readonly BuiltImage[],
  records: readonly ImageRecord[],
  names: readonly Reference[],
  options: ExportOptions,
): Promise<ListRecord> {
  const entries = images.map((image, i) => listEntry(store, image, records[i]!, options));
  using _ = await lockImages(store);
  const there =
    options.manifestList === undefined ? undefined : findRecord(store, formatReference(names[0]!));
  const before = isList(there) ? there : newList();
  const list = withEntries(before, merged(before.list.entries, entries));
  saveList(store, list);
  for (const name of names) {
    putName(store, name, list.id);
    tellImage(store, 'tag', list, familiarName(name));
  }
  return list;
}

function listEntry(
  store: Store,
  image: BuiltImage,
  record: ImageRecord,
  { annotations }: ExportOptions,
): ListEntry {
  const { digest, mediaType, size } = record.manifest;
  const platform = platformOfConfig(image.config);
  const own = annotationsFor(annotations.descriptor, image.platform);
  return {
    mediaType,
    digest,
    size,
    platform,
    ...(Object.keys(own).length > 0 && { annotations: own }),
    ref: record.id,
    image: record.id,
    manifest: Buffer.from(readBlob(store, digest)).toString('base64'),
  };
}
