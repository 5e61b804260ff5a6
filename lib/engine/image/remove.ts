/**
 * `rmi`, by Docker's rules:
 * - a name takes away that name; with the last name goes the image;
 * - an id takes away the image and its name, or with force all of its names;
 * - NAME@DIGEST takes away that digest, and the image when it has no name;
 * - an image that a container uses stays, unless forced; one that a running container uses can only lose its names;
 * - so does one that is mounted, or that a manifest list has and no registry does.
 */
import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { type Digest, shortId } from '../../oci/model/digest.ts';
import {
  familiarName,
  familiarRepository,
  formatReference,
  parseReference,
} from '../../oci/model/reference.ts';
import { removeBlob } from '../../storage/blobs.ts';
import { type Container, listContainers } from '../../storage/containers.ts';
import {
  type ImageRecord,
  listImages,
  lockImages,
  nameBehind,
  namesOf,
  removeImageRecord,
  removeName,
  removeRepoDigests,
} from '../../storage/images.ts';
import type { Store } from '../../storage/store.ts';
import { listVolumes } from '../../storage/volumes.ts';
import { isRunning } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { hideImage, isImageShown } from './mount.ts';
import { requireRecord } from './require-image.ts';
import { repoDigest } from './store-image.ts';
import { sweepUnreferenced } from './sweep.ts';

export interface RemoveOptions {
  /** Also an image that a stopped container uses, or, by its id, one with several names. */
  force?: boolean;
  /** By its id also an image with several names. */
  allNames?: boolean;
}

export interface RemovedImage {
  /** Familiar names and digests that are gone, in the order they went. */
  untagged: string[];
  /** Image id, then diff ids of the layers that nothing else uses. */
  deleted: string[];
  /** Why layers that may be unused were kept. */
  warning?: ProaError;
}

/**
 * Removes one image, or one of its names.
 * @param text a name, NAME@DIGEST, id or unique prefix
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, IMAGE_IN_USE naming the containers, IMAGE_HAS_NAMES
 */
export async function removeImage(
  engine: Engine,
  text: string,
  options: RemoveOptions = {},
): Promise<RemovedImage> {
  using _ = span('remove image');
  const image = await forget(engine, text, options);
  for (const _ of image.untagged) tellImage(engine.store, 'untag', image.of);
  if (image.record === undefined) return { untagged: image.untagged, deleted: [] };
  tellImage(engine.store, 'delete', { id: image.record.id });
  const { layers, kept } = sweepUnreferenced(engine, image.record.diffIds);
  const deleted = [image.record.id, ...layers.toReversed()];
  return { untagged: image.untagged, deleted, ...(kept && { warning: kept }) };
}

/** The part under the lock: names of the image `of`; `record` is it, when it is gone. */
async function forget(
  engine: Engine,
  text: string,
  { force = false, allNames = force }: RemoveOptions,
): Promise<{ untagged: string[]; of: ImageRecord; record?: ImageRecord }> {
  const { store } = engine;
  using held = await lockImages(store);
  const record = requireRecord(engine, text);
  const names = namesOf(store, record.id);
  const { name, digest } = partMeant(store, record, names, text);
  const remaining = name === undefined && digest === undefined ? [] : names.filter((other) => other !== name);
  if (remaining.length > 0) return { ...untag(engine, record, name, digest, remaining), of: record };

  const users = containersOf(engine, record.id);
  const running = users.find(({ state }) => isRunning(state));
  const unforced = !force && users.length > 0;
  const wholeImage = name === undefined;
  if (unforced || (wholeImage && running !== undefined)) throw inUse(text, record, users, wholeImage);
  if (!force) refuseOtherUses(engine, text, record);
  if (wholeImage && !allNames && names.length > 1) throw manyNames(text, names);
  for (const each of names) removeName(store, each);
  const untagged = names.map(familiar);
  // With force the image of a running container loses its name; `image prune` takes it later.
  if (running !== undefined) return { untagged, of: record };
  hideImage(store, record.id, held);
  removeImageRecord(store, record.id);
  removeBlob(store, record.manifest.digest);
  removeBlob(store, record.id);
  return { untagged: [...untagged, ...record.repoDigests.map(familiar)], of: record, record };
}

/** Takes away one name or digest of an image that has other names. */
function untag(
  { store }: Engine,
  record: ImageRecord,
  name: string | undefined,
  digest: string | undefined,
  remaining: readonly string[],
): { untagged: string[] } {
  // The digests of a repository go with the last of its tags.
  const repositories = new Set(remaining.map(repositoryOf));
  const gone =
    digest === undefined
      ? record.repoDigests.filter((other) => !repositories.has(repositoryOf(other)))
      : [digest];
  if (name !== undefined) removeName(store, name);
  if (gone.length > 0) removeRepoDigests(store, record, gone);
  return { untagged: [...(name === undefined ? [] : [name]), ...gone].map(familiar) };
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

function containersOf(engine: Engine, id: Digest): Container[] {
  return listContainers(engine.store, []).filter(
    ({ config }) => config.image?.id === id || config.mounts.some(({ image }) => image?.id === id),
  );
}

/** @throws ProaError IMAGE_IN_USE while it is mounted, a volume is made of it, or a list of this store has it and no registry does */
function refuseOtherUses({ store }: Engine, text: string, { id }: ImageRecord): void {
  const refuse = (why: string, remedy: string): never => {
    throw new ProaError('IMAGE_IN_USE', `conflict: unable to remove image ${text} (must be forced): ${why}`, {
      hint: `First: proa ${remedy}`,
    });
  };
  const volume = listVolumes(store, []).find(({ image }) => image?.id === id);
  if (volume !== undefined) refuse(`volume ${volume.name} is made of it`, `volume rm ${volume.name}`);
  if (isImageShown(store, id)) refuse('it is mounted', `image unmount ${text}`);
  for (const list of listImages(store, [])) {
    const entry = list.list?.entries.find(
      ({ image, repository }) => image === id && repository === undefined,
    );
    if (entry === undefined) continue;
    const name = namesOf(store, list.id).map(familiar)[0] ?? shortId(list.id);
    refuse(`manifest list ${name} has it`, `manifest remove ${name} ${entry.digest}`);
  }
}

function repositoryOf(name: string): string {
  return familiarRepository(parseReference(name));
}

function familiar(name: string): string {
  return familiarName(parseReference(name));
}

function inUse(
  text: string,
  record: ImageRecord,
  users: readonly Container[],
  wholeImage: boolean,
): ProaError {
  const running = users.some(({ state }) => isRunning(state));
  const listed = users.map(({ config }) => `${config.id.slice(0, 12)} (${config.name})`).join(', ');
  const verb = running ? 'is running from it' : 'uses it';
  const remedy = wholeImage && running ? 'cannot be forced' : 'must be forced';
  return new ProaError(
    'IMAGE_IN_USE',
    `conflict: unable to remove image ${text} (${remedy}): container ${listed} ${verb} (${shortId(record.id)})`,
    {
      hint: `Remove the container first: proa rm ${running ? '-f ' : ''}${users.map(({ config }) => config.name).join(' ')}`,
    },
  );
}

function manyNames(text: string, names: readonly string[]): ProaError {
  return new ProaError(
    'IMAGE_HAS_NAMES',
    `conflict: unable to remove image ${text} (must be forced): it has several names: ${names.map(familiar).join(', ')}`,
    { hint: `Remove one of the names, or all of them: proa rmi --force ${text}` },
  );
}
