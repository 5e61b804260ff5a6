/** `manifest create`, `add`, `annotate` and `remove`: changing the manifest lists of this store. */
import { ProaError } from '../../core/error.ts';
import type { ListedPlatform } from '../../oci/model/index-document.ts';
import { isKnownPlatform } from '../../oci/model/platform.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { findRecord, lockImages, putName } from '../../storage/images.ts';
import type { ListEntry } from '../../storage/list-entry.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { parseTag } from '../image/tag.ts';
import { type CandidateRequest, candidatesOf } from './candidates.ts';
import {
  isList,
  type ListRecord,
  merged,
  newList,
  positionOf,
  requireList,
  saveList,
  withEntries,
} from './list-record.ts';

/** What people say of an entry; what they do not say stays. */
export interface EntryChanges {
  os?: string | undefined;
  architecture?: string | undefined;
  variant?: string | undefined;
  osVersion?: string | undefined;
  osFeatures?: readonly string[];
  features?: readonly string[];
  annotations?: Readonly<Record<string, string>>;
}

/**
 * Makes a list, or with `amend` adds to the one of this name. A name that an image has goes over to the list, as with `tag`.
 * @throws ProaError LIST_EXISTS; what {@link candidatesOf} throws, and then nothing changes
 */
export async function createList(
  engine: Engine,
  name: string,
  images: readonly string[],
  request: CandidateRequest & { amend: boolean },
): Promise<ListRecord> {
  const reference = parseTag(name);
  refuseExisting(engine, name, request.amend);
  const added: ListEntry[] = [];
  for (const image of images) added.push(...(await candidatesOf(engine, image, request)));
  using _ = await lockImages(engine.store);
  // Another command may have made it meanwhile.
  const existing = refuseExisting(engine, name, request.amend);
  const list = existing ?? newList();
  const record = withEntries(list, merged(list.list.entries, added));
  saveList(engine.store, record);
  if (existing === undefined) {
    putName(engine.store, reference, record.id);
    tellImage(engine.store, 'tag', record, name);
  }
  return record;
}

function refuseExisting({ store }: Engine, name: string, amend: boolean): ListRecord | undefined {
  const record = findRecord(store, name);
  if (!isList(record)) return undefined;
  if (amend) return record;
  throw new ProaError('LIST_EXISTS', 'refusing to amend an existing manifest list with no --amend flag', {
    hint: `proa manifest create --amend ${name} …, or first: proa manifest rm ${name}`,
  });
}

/** Adds images to a list. @throws ProaError NO_SUCH_MANIFEST; what {@link candidatesOf} throws */
export async function addToList(
  engine: Engine,
  name: string,
  images: readonly string[],
  request: CandidateRequest,
  changes: EntryChanges,
): Promise<ListRecord> {
  requireList(engine.store, name);
  const added: ListEntry[] = [];
  for (const image of images) {
    for (const entry of await candidatesOf(engine, image, request)) added.push(changed(entry, changes));
  }
  return changeList(engine, name, (list) => merged(list.list.entries, added));
}

/**
 * Says something else of an entry.
 * @param entry a digest, or the name it was added by
 * @throws ProaError NO_SUCH_MANIFEST, NO_SUCH_ENTRY, UNKNOWN_PLATFORM
 */
export function annotateEntry(
  engine: Engine,
  name: string,
  entry: string,
  changes: EntryChanges,
): Promise<ListRecord> {
  return changeList(engine, name, (list) => {
    const at = positionOf(list, name, entry);
    const now = changed(list.list.entries[at]!, changes);
    const { os = '', architecture = '' } = now.platform ?? {};
    if ((changes.os ?? changes.architecture) !== undefined && !isKnownPlatform(os, architecture)) {
      throw new ProaError(
        'UNKNOWN_PLATFORM',
        `manifest entry for image has unsupported os/arch combination: ${os}/${architecture}`,
      );
    }
    return list.list.entries.with(at, now);
  });
}

/** Takes an entry out of a list. @throws ProaError NO_SUCH_MANIFEST, NO_SUCH_ENTRY */
export function removeEntry(engine: Engine, name: string, entry: string): Promise<ListRecord> {
  return changeList(engine, name, (list) => list.list.entries.toSpliced(positionOf(list, name, entry), 1));
}

/** Forgets a list, or of several names this one; the images stay. @throws ProaError NO_SUCH_MANIFEST */
export async function removeList(engine: Engine, name: string): Promise<void> {
  requireList(engine.store, name);
  const { removeImage } = await import('../image/remove.ts');
  await removeImage(engine, name, { allNames: true });
}

async function changeList(
  { store }: Engine,
  name: string,
  change: (list: ListRecord) => ListEntry[],
): Promise<ListRecord> {
  using _ = await lockImages(store);
  const list = requireList(store, name);
  const record = withEntries(list, change(list));
  saveList(store, record);
  return record;
}

function changed(entry: ListEntry, changes: EntryChanges): ListEntry {
  const { os, architecture, variant, osVersion, osFeatures, features, annotations } = changes;
  const before: ListedPlatform = entry.platform ?? { os: '', architecture: '' };
  const platform: ListedPlatform = {
    ...before,
    ...(os !== undefined && { os }),
    ...(architecture !== undefined && { architecture }),
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { 'os.version': osVersion }),
    ...(osFeatures !== undefined && { 'os.features': osFeatures }),
    ...(features !== undefined && { features }),
  };
  const isSaid = entry.platform !== undefined || platform.os !== '' || platform.architecture !== '';
  return {
    ...entry,
    ...(isSaid && { platform }),
    ...(annotations && { annotations: { ...entry.annotations, ...annotations } }),
  };
}

/** The name as Docker confirms it: `docker.io/team/app:1`. */
export function fullName(text: string): string {
  const { registry, repository, tag } = parseReference(text);
  return `${registry}/${repository}:${tag}`;
}
