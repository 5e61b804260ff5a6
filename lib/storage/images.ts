/**
 * Images: which name points at which image, and what an image consists of.
 *
 *   images/names/NAME.json   one a name (percent-encoded): replaced by one rename
 *   images/by-id/HEX.json    one an image id (the digest of its configuration)
 *
 * Reading takes no lock. Writers (tag, pull's last step, rmi) hold the lock of images/ for the moment of the change,
 * so that a name is never given to an image that another command deletes in that moment.
 */
import { readdirSync } from 'node:fs';
import { readRecord, removeFile, writeRecord } from '../core/atomic-file.ts';
import { ProaError } from '../core/error.ts';
import { type Lock, lock } from '../core/lock.ts';
import { type Digest, digestHex, parseDigest } from '../oci/model/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/model/image-config.ts';
import { hostPlatform, type Platform } from '../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../oci/model/reference.ts';
import { blobPath, readBlob } from './blobs.ts';
import { chooseEntry, type ManifestList } from './list-entry.ts';
import type { Store } from './store.ts';

export interface ImageRecord {
  version: 1;
  /** Digest of the image's configuration. A manifest list's is random, and stays when the list changes. */
  id: Digest;
  /** The manifest this image was stored with (Docker or OCI). */
  manifest: { digest: Digest; mediaType: string; size: number };
  /** Bottom layer first. */
  diffIds: Digest[];
  /** Bytes of all layers' file contents. */
  size: number;
  /** RFC 3339, from the configuration. */
  created?: string;
  os: string;
  architecture: string;
  variant?: string;
  labels?: Record<string, string>;
  /** REPOSITORY@DIGEST under which registries have it: of its manifest, or of the index it was chosen from. */
  repoDigests: string[];
  /** Only of a manifest list, which has no layers, no configuration and no platform of its own. */
  list?: ManifestList;
  /** The image that it was made from here (`commit`, `build`); an image from elsewhere has none. */
  parent?: Digest;
  /** Full names that it was given here, the latest first; some may have been taken from it since. */
  namesHistory?: string[];
}

export interface NameRecord {
  version: 1;
  /** Full form, docker.io/library/busybox:latest. */
  name: string;
  image: Digest;
  /** RFC 3339: when the name was last pointed. */
  updated: string;
  /** What a person said for it, where registries.conf sent a short name elsewhere than to Docker Hub: `fedora`. */
  shortName?: string;
}

/** A record that could not be read; the rest of a listing goes on without it. */
export interface BadRecord {
  file: string;
  error: ProaError;
}

/** Where a name's record is. `name` in full. */
export function nameFile(store: Store, name: string): string {
  return `${store.root}/images/names/${encodeURIComponent(name)}.json`;
}

function imageFile(store: Store, id: Digest): string {
  return `${store.root}/images/by-id/${digestHex(id)}.json`;
}

/** The files that an image has for itself: its record and its documents, but not its layers and names. */
export function imageFiles(store: Store, { id, manifest }: Pick<ImageRecord, 'id' | 'manifest'>): string[] {
  return [imageFile(store, id), blobPath(store, manifest.digest), blobPath(store, id)];
}

/** Held by who changes names or deletes images, for that moment. */
export function lockImages(store: Store): Promise<Lock> {
  return lock(`${store.root}/images`);
}

export function readImage(store: Store, id: Digest): ImageRecord | undefined {
  return readRecord<ImageRecord>(imageFile(store, id));
}

export function readName(store: Store, reference: Reference): NameRecord | undefined {
  return readRecord<NameRecord>(nameFile(store, formatReference(reference)));
}

export function readImageConfig(store: Store, image: Pick<ImageRecord, 'id'>): ImageConfig {
  return parseImageConfig(readBlob(store, image.id));
}

/**
 * Writes the image's record, merging what was known of its digests, names and parent. The caller holds
 * {@link lockImages}.
 */
export function putImage(store: Store, image: ImageRecord): ImageRecord {
  const known = readImage(store, image.id);
  const namesHistory = union(image.namesHistory, known?.namesHistory);
  const parent = image.parent ?? known?.parent;
  const merged: ImageRecord = {
    ...image,
    repoDigests: union(known?.repoDigests, image.repoDigests),
    ...(parent !== undefined && { parent }),
    ...(namesHistory.length > 0 && { namesHistory }),
  };
  // Mostly it is a pull of what is here: nothing changes, and no disk is waited for.
  if (JSON.stringify(merged) !== JSON.stringify(known))
    writeRecord(imageFile(store, image.id), merged, { sync: true });
  return merged;
}

function union(...lists: (readonly string[] | undefined)[]): string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** Writes the image's record as it is. The caller holds {@link lockImages}. */
export function writeImage(store: Store, image: ImageRecord): void {
  writeRecord(imageFile(store, image.id), image, { sync: true });
}

/** Forgets digests under which registries were said to have an image. The caller holds {@link lockImages}. */
export function removeRepoDigests(store: Store, image: ImageRecord, gone: readonly string[]): void {
  const repoDigests = image.repoDigests.filter((digest) => !gone.includes(digest));
  writeRecord(imageFile(store, image.id), { ...image, repoDigests }, { sync: true });
}

/** Points a name at an image. The caller holds {@link lockImages}. @param shortName see {@link NameRecord} */
export function putName(store: Store, reference: Reference, image: Digest, shortName?: string): void {
  const name = formatReference(reference);
  const said = shortName ?? readName(store, reference)?.shortName;
  const record: NameRecord = {
    version: 1,
    name,
    image,
    updated: new Date().toISOString(),
    ...(said !== undefined && { shortName: said }),
  };
  writeRecord(nameFile(store, name), record, { sync: true });
}

/**
 * Points a name at an image that is here, and remembers that it had it. The caller holds {@link lockImages}.
 * @returns the record as it is now
 */
export function giveName(store: Store, reference: Reference, image: ImageRecord): ImageRecord {
  putName(store, reference, image.id);
  const name = formatReference(reference);
  if (image.namesHistory?.[0] === name) return image;
  const named = { ...image, namesHistory: union([name], image.namesHistory) };
  writeRecord(imageFile(store, image.id), named, { sync: true });
  return named;
}

/** The caller holds {@link lockImages}. */
export function removeName(store: Store, name: string): void {
  removeFile(nameFile(store, name));
}

/** Forgets an image; its layers and blobs are swept apart. The caller holds {@link lockImages}. */
export function removeImageRecord(store: Store, id: Digest): void {
  removeFile(imageFile(store, id));
}

/** All names. Unreadable records go to `bad`, or throw when there is no `bad`. */
export function listNames(store: Store, bad?: BadRecord[]): NameRecord[] {
  return list<NameRecord>(`${store.root}/images/names`, bad);
}

/** All images, named or not. */
export function listImages(store: Store, bad?: BadRecord[]): ImageRecord[] {
  return list<ImageRecord>(`${store.root}/images/by-id`, bad);
}

function list<T extends { version: number }>(folder: string, bad: BadRecord[] | undefined): T[] {
  const records: T[] = [];
  for (const entry of readdirSync(folder)) {
    // `.json.new` is a write that a crash cut off.
    if (!entry.endsWith('.json')) continue;
    const file = `${folder}/${entry}`;
    try {
      const record = readRecord<T>(file);
      if (record !== undefined) records.push(record);
    } catch (error) {
      if (bad === undefined || !(error instanceof ProaError)) throw error;
      bad.push({ file, error });
    }
  }
  return records;
}

/**
 * Finds an image by name, by NAME@DIGEST, by id or unique id prefix, in Docker's order (a name wins over an id), or by the
 * short name that a pull was sent elsewhere for. A manifest list stands for its image for a platform, by default this machine's.
 * @returns undefined when there is none
 * @throws ProaError AMBIGUOUS listing the candidates of a prefix that several ids share
 */
export function findImage(store: Store, text: string, platform?: Platform): ImageRecord | undefined {
  const record = findRecord(store, text);
  if (record?.list === undefined) return record;
  const entry = chooseEntry(record.list, platform ?? hostPlatform());
  return entry && readImage(store, entry.image);
}

/** As {@link findImage}, but a manifest list is found as such. */
export function findRecord(store: Store, text: string): ImageRecord | undefined {
  return findByName(store, text) ?? findById(store, text) ?? findByShortName(store, text);
}

/** As {@link findImage}; none is an error that says how to get it. */
export function requireImage(store: Store, text: string): ImageRecord {
  const image = findImage(store, text);
  if (image !== undefined) return image;
  throw new ProaError('IMAGE_NOT_FOUND', `find image ${text}: no such image`, { hint: `proa pull ${text}` });
}

function findByName(store: Store, text: string): ImageRecord | undefined {
  if (/^sha256:/.test(text)) return undefined;
  let reference: Reference;
  try {
    reference = parseReference(text);
  } catch (error) {
    // 64 hex digits are no name, but they may be an id.
    if (error instanceof ProaError && /^[0-9a-f]+$/.test(text)) return undefined;
    throw error;
  }
  if (reference.digest !== undefined) return findByRepoDigest(store, reference);
  const record = readName(store, reference);
  return record === undefined ? undefined : readImage(store, record.image);
}

/** The full name that a short one led to when it was pulled, as registries.conf said then. */
export function nameBehind(store: Store, text: string): string | undefined {
  const [, shortName, tag = 'latest'] = /^([^:@]+)(?::([^:@/]+))?$/.exec(text) ?? [];
  if (shortName === undefined) return undefined;
  const named = listNames(store, []).filter((record) => record.shortName === shortName);
  return named.find(({ name }) => name.endsWith(`:${tag}`))?.name;
}

function findByShortName(store: Store, text: string): ImageRecord | undefined {
  const name = nameBehind(store, text);
  return name === undefined ? undefined : findByName(store, name);
}

function findByRepoDigest(store: Store, reference: Reference): ImageRecord | undefined {
  const wanted = `${reference.registry}/${reference.repository}@${reference.digest}`;
  return listImages(store, []).find((image) => image.repoDigests.includes(wanted));
}

function findById(store: Store, text: string): ImageRecord | undefined {
  const prefix = text.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{1,64}$/.test(prefix)) return undefined;
  if (prefix.length === 64) return readImage(store, parseDigest(`sha256:${prefix}`));
  const matches = readdirSync(`${store.root}/images/by-id`).filter(
    (entry) => entry.startsWith(prefix) && entry.endsWith('.json'),
  );
  if (matches.length === 0) return undefined;
  if (matches.length > 1) {
    throw new ProaError(
      'AMBIGUOUS',
      `find image ${text}: several ids begin with it: ${matches.map((entry) => entry.slice(0, 12)).join(', ')}`,
    );
  }
  return readImage(store, parseDigest(`sha256:${matches[0]!.slice(0, 64)}`));
}

/** Names that point at an image, sorted. */
export function namesOf(store: Store, id: Digest): string[] {
  return listNames(store, [])
    .filter((record) => record.image === id)
    .map((record) => record.name)
    .sort();
}
