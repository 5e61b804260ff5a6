/** Why an image cannot be removed, in Docker's words: scripts look for them. */
import { ProaError } from '../../core/error.ts';
import { shortId } from '../../oci/model/digest.ts';
import { familiarName, parseReference } from '../../oci/model/reference.ts';
import { type Container, listContainers } from '../../storage/containers.ts';
import { type ImageRecord, listImages, namesOf } from '../../storage/images.ts';
import { listVolumes } from '../../storage/volumes.ts';
import { isRunning } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { imagesOf } from './list-filter.ts';
import { isImageShown } from './mount.ts';

/**
 * What keeps an image from being removed: images that were made from it, containers, or several names.
 * @param options.force only what cannot be forced counts
 * @param options.names of it that would go, too; more than one keeps it
 */
export function whyKept(
  engine: Engine,
  record: ImageRecord,
  { force, names = [] }: { force: boolean; names?: readonly string[] },
): ProaError | undefined {
  const children = listImages(engine.store, []).filter(({ parent }) => parent === record.id);
  if (children.length > 0) return hasChildren(record, children);
  const users = containersOf(engine, record);
  const running = users.find(({ state }) => isRunning(state));
  if (running !== undefined) {
    const why = `image is being used by running container ${idOf(running)}`;
    return inUse(running, unable(record, 'cannot be forced', why));
  }
  if (force) return undefined;
  if (names.length > 1) return hasNames(record, names);
  const used = whyUsed(engine, record);
  if (used !== undefined) return used;
  const [user] = users;
  if (user === undefined) return undefined;
  const why = `image is being used by stopped container ${idOf(user)}`;
  return inUse(user, unable(record, 'must be forced', why));
}

/** Without force an image that a container uses keeps its last name: nobody would know it by its id alone. */
export function nameInUse(engine: Engine, record: ImageRecord, name: string): ProaError | undefined {
  const [user] = containersOf(engine, record);
  if (user === undefined) return whyUsed(engine, record);
  const what = `conflict: unable to remove repository reference ${JSON.stringify(name)} (must force)`;
  return inUse(user, `${what} - container ${idOf(user)} is using its referenced image ${shortId(record.id)}`);
}

/** It is mounted, a volume is made of it, or a list of this store has it and no registry does. */
function whyUsed({ store }: Engine, record: ImageRecord): ProaError | undefined {
  const { id } = record;
  const inUse = (why: string, remedy: string): ProaError =>
    new ProaError('IMAGE_IN_USE', unable(record, 'must be forced', why), { hint: `First: proa ${remedy}` });
  if (isImageShown(store, id)) return inUse('it is mounted', `image unmount ${shortId(id)}`);
  const volume = listVolumes(store, []).find(({ image }) => image?.id === id);
  if (volume !== undefined) return inUse(`volume ${volume.name} is made of it`, `volume rm ${volume.name}`);
  for (const list of listImages(store, [])) {
    const entry = list.list?.entries.find(
      ({ image, repository }) => image === id && repository === undefined,
    );
    if (entry === undefined) continue;
    const name =
      namesOf(store, list.id).map((full) => familiarName(parseReference(full)))[0] ?? shortId(list.id);
    return inUse(`manifest list ${name} has it`, `manifest remove ${name} ${entry.digest}`);
  }
  return undefined;
}

function hasChildren(record: ImageRecord, children: readonly ImageRecord[]): ProaError {
  return new ProaError(
    'IMAGE_HAS_CHILDREN',
    unable(record, 'cannot be forced', 'image has dependent child images'),
    { hint: `Images that were made from it: ${children.map(({ id }) => shortId(id)).join(', ')}` },
  );
}

function hasNames(record: ImageRecord, names: readonly string[]): ProaError {
  const listed = names.map((name) => familiarName(parseReference(name))).join(', ');
  return new ProaError(
    'IMAGE_HAS_NAMES',
    unable(record, 'must be forced', 'image is referenced in multiple repositories'),
    { hint: `Its names: ${listed}. Remove one of them, or all: proa rmi -f ${shortId(record.id)}` },
  );
}

function unable({ id }: ImageRecord, force: string, why: string): string {
  return `conflict: unable to delete ${shortId(id)} (${force}) - ${why}`;
}

function inUse({ config, state }: Container, message: string): ProaError {
  const hint = `Remove the container first: proa rm ${isRunning(state) ? '-f ' : ''}${config.name}`;
  return new ProaError('IMAGE_IN_USE', message, { hint });
}

function idOf({ config }: Container): string {
  return config.id.slice(0, 12);
}

function containersOf(engine: Engine, { id }: ImageRecord): Container[] {
  return listContainers(engine.store, []).filter(({ config }) => imagesOf(config).includes(id));
}
