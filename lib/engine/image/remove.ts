/**
 * `rmi`, by Docker's rules:
 * - a name takes away that name, and with the last name goes the image;
 * - an id takes away the image and its name, or with force all of its names;
 * - NAME@DIGEST takes away that digest, and the image when that was the last it was known by;
 * - an image that others were made from stays as long as they do, and goes with the last of them;
 * - an image that a container uses stays, unless forced; one that a running container uses can only lose its names;
 * - so does one that is mounted, or that a manifest list has and no registry does.
 */
import type { ProaError } from '../../core/error.ts';
import type { Lock } from '../../core/lock.ts';
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import type { Platform } from '../../oci/model/platform.ts';
import {
  familiarName,
  familiarRepository,
  formatReference,
  parseReference,
} from '../../oci/model/reference.ts';
import { removeBlob } from '../../storage/blobs.ts';
import {
  type ImageRecord,
  imageFiles,
  lockImages,
  nameBehind,
  nameFile,
  namesOf,
  readImage,
  removeImageRecord,
  removeName,
  removeRepoDigests,
} from '../../storage/images.ts';
import { layerPath } from '../../storage/layers.ts';
import type { Store } from '../../storage/store.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { hideImage } from './mount.ts';
import { nameInUse, whyKept } from './removal-conflict.ts';
import { requireRecord } from './require-image.ts';
import { repoDigest } from './store-image.ts';
import { sweepUnreferenced } from './sweep.ts';

export interface RemoveOptions {
  /** Also an image that a stopped container uses, or, by its id, one with several names. */
  force?: boolean;
  /** By its id also an image with several names. */
  allNames?: boolean;
  /** Images without a name that it was made from stay, although nothing else needs them. */
  keepParents?: boolean;
  /** Only an image for one of these. */
  platforms?: readonly Platform[];
  /** Called with the path of each file and folder that goes, right before it does. */
  deleting?: (path: string) => void;
}

export interface RemovedImage {
  /** Familiar names and digests that are gone, in the order they went. */
  untagged: string[];
  /** Image id, then diff ids of the layers that nothing else uses; then the same of each parent that went too. */
  deleted: Digest[];
  /** Why layers that may be unused were kept. */
  warning?: ProaError;
}

/**
 * Removes one image, or one of its names.
 * @param text a name, NAME@DIGEST, id or unique prefix
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, IMAGE_IN_USE naming the container, IMAGE_HAS_NAMES, IMAGE_HAS_CHILDREN,
 *   PLATFORM_MISSING
 */
export async function removeImage(
  engine: Engine,
  text: string,
  options: RemoveOptions = {},
): Promise<RemovedImage> {
  using _ = span('remove image');
  const { of, untagged, gone } = await forget(engine, text, options);
  for (const _ of untagged) tellImage(engine.store, 'untag', of);
  const removed: RemovedImage = { untagged, deleted: [] };
  for (const [i, image] of gone.entries()) {
    tellImage(engine.store, 'delete', { id: image.id });
    // What is the parent's, too, is told with the parent.
    const parents = gone[i + 1]?.diffIds ?? [];
    const own = image.diffIds.filter((diffId) => !parents.includes(diffId));
    const { layers, kept } = sweepUnreferenced(engine, own, (diffId) =>
      options.deleting?.(layerPath(engine.store, diffId)),
    );
    removed.deleted.push(image.id, ...layers.toReversed());
    removed.warning ??= kept;
  }
  return removed;
}

interface Forgotten {
  of: ImageRecord;
  untagged: string[];
  /** The image, when it is gone, and then its parents that went with it. */
  gone: ImageRecord[];
}

/** The part under the lock: names and records. */
async function forget(engine: Engine, text: string, options: RemoveOptions): Promise<Forgotten> {
  const { store } = engine;
  const { force = false, allNames = force, platforms = [] } = options;
  using held = await lockImages(store);
  const record = requireRecord(engine, text, platforms);
  const names = namesOf(store, record.id);
  const { name, digest } = partMeant(store, record, names, text);
  if (name === undefined && digest === undefined) {
    const conflict = whyKept(engine, record, { force, names: allNames ? [] : names });
    if (conflict !== undefined) throw conflict;
    for (const each of names) forgetName(engine, each, options);
    const untagged = [...names, ...record.repoDigests].map(familiar);
    return { of: record, untagged, gone: forgetImage(engine, record, options, held) };
  }
  // A name that goes leaves the image, so containers mind only when it was the last.
  if (!force && isOnlyName(record, names)) {
    const conflict = nameInUse(engine, record, text);
    if (conflict !== undefined) throw conflict;
  }
  const { untagged, isBare } = forgetReference(engine, record, names, { name, digest }, options);
  if (!isBare || whyKept(engine, record, { force }) !== undefined) return { of: record, untagged, gone: [] };
  return { of: record, untagged, gone: forgetImage(engine, record, options, held) };
}

function forgetName({ store }: Engine, name: string, { deleting }: RemoveOptions): void {
  deleting?.(nameFile(store, name));
  removeName(store, name);
}

/** Takes one name or digest from an image; the digests of a repository go with the last of its tags. */
function forgetReference(
  engine: Engine,
  record: ImageRecord,
  names: readonly string[],
  { name, digest }: { name?: string; digest?: string },
  options: RemoveOptions,
): { untagged: string[]; isBare: boolean } {
  const remaining = names.filter((other) => other !== name);
  const repositories = new Set(remaining.map(repositoryOf));
  const isOver = (other: string): boolean =>
    name === undefined
      ? other === digest
      : repositoryOf(other) === repositoryOf(name) && !repositories.has(repositoryOf(other));
  const digests = record.repoDigests.filter(isOver);
  if (name !== undefined) forgetName(engine, name, options);
  if (digests.length > 0) removeRepoDigests(engine.store, record, digests);
  const isBare = remaining.length === 0 && digests.length === record.repoDigests.length;
  return { untagged: [...(name === undefined ? [] : [name]), ...digests].map(familiar), isBare };
}

/** Removes the record and the documents of an image that has no names any more, and then of its useless parents. */
function forgetImage(engine: Engine, record: ImageRecord, options: RemoveOptions, held: Lock): ImageRecord[] {
  const { store } = engine;
  const { deleting, keepParents } = options;
  hideImage(store, record.id, held);
  for (const path of imageFiles(store, record)) deleting?.(path);
  removeImageRecord(store, record.id);
  removeBlob(store, record.manifest.digest);
  removeBlob(store, record.id);
  const parent = record.parent === undefined || keepParents ? undefined : readImage(store, record.parent);
  if (parent === undefined) return [record];
  const isNamed = parent.repoDigests.length > 0 || namesOf(store, parent.id).length > 0;
  if (isNamed || whyKept(engine, parent, { force: false }) !== undefined) return [record];
  return [record, ...forgetImage(engine, parent, options, held)];
}

/** Which of the image's names or digests was said; neither when it was its id or a prefix of that. */
function partMeant(
  store: Store,
  record: ImageRecord,
  names: readonly string[],
  text: string,
): { name?: string; digest?: string } {
  if (text.startsWith('sha256:') || /^[0-9a-f]{64}$/.test(text)) return {};
  const reference = parseReference(text);
  const name = formatReference(reference);
  if (names.includes(name)) return { name };
  const behind = nameBehind(store, text);
  if (behind !== undefined && names.includes(behind)) return { name: behind };
  const digest = reference.digest && repoDigest(reference, reference.digest);
  return digest !== undefined && record.repoDigests.includes(digest) ? { digest } : {};
}

/** At most one tag, and no digests but those of its repository. */
function isOnlyName({ repoDigests }: ImageRecord, names: readonly string[]): boolean {
  return names.length <= 1 && new Set([...names, ...repoDigests].map(repositoryOf)).size <= 1;
}

function repositoryOf(name: string): string {
  return familiarRepository(parseReference(name));
}

function familiar(name: string): string {
  return familiarName(parseReference(name));
}
