/**
 * Images: records, names, and the documents and layers that they need. A record is made of its configuration, its
 * manifest and its layers, so it can be made again while those are here; an image that cannot be is forgotten, and the
 * next pull brings it back.
 */
import { readdirSync } from 'node:fs';
import { messageOf, type ProaError } from '../../../core/error.ts';
import { type Digest, digestAlgorithm, digestOf, isDigest } from '../../../oci/model/digest.ts';
import { parseImageConfig } from '../../../oci/model/image-config.ts';
import { readBlob } from '../../../storage/blobs.ts';
import {
  type ImageRecord,
  listNames,
  lockImages,
  type NameRecord,
  readImage,
  removeImageRecord,
  removeName,
} from '../../../storage/images.ts';
import { readLayer } from '../../../storage/layers.ts';
import type { ManifestList } from '../../../storage/list-entry.ts';
import type { Store } from '../../../storage/store.ts';
import type { Engine } from '../../engine.ts';
import { storeImage } from '../../image/store-image.ts';
import { findManifest } from './blobs.ts';
import { type Finding, setAside } from './finding.ts';
import { isWholeImage, readCritically, writtenByNewer } from './records.ts';

/** Image records that are unreadable, or whose configuration, manifest or layers are not here. */
export function* findBadImages(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  for (const { stem, file } of recordFiles(`${store.root}/images/by-id`)) {
    const id = imageId(stem);
    if (id === undefined) continue;
    const reading = readCritically<ImageRecord>(file, (record) => record.id === id && isWholeImage(record));
    const finding = { what: 'image', which: namesFor(store, id) ?? id };
    if (reading.kind === 'newer') {
      yield { ...finding, why: reading.why, repair: () => Promise.reject(writtenByNewer(`image ${id}`)) };
    } else if (reading.kind === 'bad') {
      yield { ...finding, why: reading.why, repair: () => mendImage(engine, id, file) };
    } else if (reading.kind === 'good') {
      const why = whatLacks(store, reading.record);
      if (why !== undefined) yield { ...finding, why, repair: () => mendImage(engine, id) };
    }
  }
}

/** Names that are unreadable or lead nowhere. */
export function* findBadNames(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  for (const { stem, file } of recordFiles(`${store.root}/images/names`)) {
    const name = decode(stem);
    const finding = { what: 'image name', which: name };
    const reading = readCritically<NameRecord>(
      file,
      (record) => record.name === name && typeof record.image === 'string' && isDigest(record.image),
    );
    if (reading.kind === 'newer') {
      yield {
        ...finding,
        why: reading.why,
        repair: () => Promise.reject(writtenByNewer(`image name ${name}`)),
      };
    } else if (reading.kind === 'bad') {
      const move = (): string => `moved to ${setAside(store, file, `image-name-${stem}.json`)}`;
      yield { ...finding, why: reading.why, repair: move };
    } else if (reading.kind === 'good' && imageIsAbsent(store, reading.record.image)) {
      const { image } = reading.record;
      const why = `its image ${image} is not here`;
      yield { ...finding, why, repair: () => mendImage(engine, image) };
    }
  }
}

/** What an image needs and does not find; undefined when it is whole. */
function whatLacks(store: Store, record: ImageRecord): string | undefined {
  try {
    if (record.list !== undefined) return damagedEntry(record.list);
    parseImageConfig(readBlob(store, record.id));
    readBlob(store, record.manifest.digest);
    const missing = record.diffIds.find((diffId) => readLayer(store, diffId) === undefined);
    return missing === undefined ? undefined : `its layer ${missing} is not here`;
  } catch (error) {
    return messageOf(error);
  }
}

/** A manifest list has the manifests in its record. */
function damagedEntry({ entries }: ManifestList): string | undefined {
  const damaged = entries.find(({ digest, manifest }) => {
    return digestOf(Buffer.from(manifest, 'base64'), digestAlgorithm(digest)) !== digest;
  });
  return damaged && `the manifest of ${damaged.ref} in it was altered`;
}

/**
 * Makes an image's record anew from what is here, or forgets the image and its names.
 * @param unreadable its record, when that is to be moved out of the way first
 */
async function mendImage(engine: Engine, id: Digest, unreadable?: string): Promise<string> {
  const { store } = engine;
  const kept =
    unreadable === undefined
      ? ''
      : `, the old one is ${setAside(store, unreadable, `image-${id.slice(7)}.json`)}`;
  let why: string;
  try {
    const configBytes = readBlob(store, id);
    const config = parseImageConfig(configBytes);
    const missing = config.rootfs.diff_ids.find((diffId) => readLayer(store, diffId) === undefined);
    if (missing === undefined) {
      const manifest = findManifest(store, id);
      await storeImage(engine, { config, configBytes, manifest, names: [] });
      return `its record was made anew${kept}`;
    }
    why = `layer ${missing} is missing`;
  } catch (error) {
    why = messageOf(error as ProaError);
  }
  using _ = await lockImages(store);
  // It may have been pulled again since we looked.
  const now = unreadable === undefined ? readImage(store, id) : undefined;
  if (now !== undefined && whatLacks(store, now) === undefined) return 'whole again';
  for (const { name, image } of listNames(store, [])) if (image === id) removeName(store, name);
  removeImageRecord(store, id);
  return `it cannot be made anew (${why}), so it was removed: pull it again`;
}

/** Unreadable is not absent: that is told of the image itself. */
function imageIsAbsent(store: Store, id: Digest): boolean {
  try {
    return readImage(store, id) === undefined;
  } catch {
    return false; // see above
  }
}

function namesFor(store: Store, id: Digest): string | undefined {
  const names = listNames(store, []).filter(({ image }) => image === id);
  return names.length === 0 ? undefined : names.map(({ name }) => name).join(', ');
}

function imageId(stem: string): Digest | undefined {
  const id = `${stem.length === 128 ? 'sha512' : 'sha256'}:${stem}`;
  return isDigest(id) ? id : undefined;
}

function decode(stem: string): string {
  try {
    return decodeURIComponent(stem);
  } catch {
    return stem; // no name of ours; its record cannot fit it
  }
}

function recordFiles(folder: string): { stem: string; file: string }[] {
  return readdirSync(folder)
    .filter((entry) => entry.endsWith('.json'))
    .map((entry) => ({ stem: entry.slice(0, -'.json'.length), file: `${folder}/${entry}` }));
}
