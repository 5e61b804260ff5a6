/** A manifest list as the image record that it is kept as. Whoever changes one holds the lock of the images. */
import { ProaError } from '../../core/error.ts';
import { type Digest, sha256Digest } from '../../oci/model/digest.ts';
import { encodeAsDocker, type IndexDocument, suitableMediaType } from '../../oci/model/index-document.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { findRecord, type ImageRecord, writeImage } from '../../storage/images.ts';
import type { ListEntry, ManifestList } from '../../storage/list-entry.ts';
import type { Store } from '../../storage/store.ts';

export type ListRecord = ImageRecord & { list: ManifestList };

export function isList(record: ImageRecord | undefined): record is ListRecord {
  return record?.list !== undefined;
}

/** @throws ProaError NO_SUCH_MANIFEST, also for an image that is no list; INVALID_REFERENCE */
export function requireList(store: Store, text: string): ListRecord {
  const record = findRecord(store, text);
  if (isList(record)) return record;
  if (record !== undefined)
    throw new ProaError('NO_SUCH_MANIFEST', `${text}: image is not a manifest list`, { hint: SHOW });
  throw new ProaError('NO_SUCH_MANIFEST', `No such manifest: ${nameOf(text)}`, { hint: SHOW });
}

const SHOW = 'proa manifest create makes one; proa images lists those that are here';

/** A new list, of nothing yet. */
export function newList(): ListRecord {
  const digits = crypto.getRandomValues(new Uint8Array(32));
  const id = `sha256:${Buffer.from(digits).toString('hex')}` as Digest;
  return withEntries(
    {
      version: 1,
      id,
      manifest: { digest: id, mediaType: '', size: 0 },
      diffIds: [],
      size: 0,
      created: new Date().toISOString(),
      os: '',
      architecture: '',
      repoDigests: [],
      list: { entries: [] },
    },
    [],
  );
}

/** The same list with other entries; what registries had of it is another one now. */
export function withEntries(record: ListRecord, entries: ListEntry[]): ListRecord {
  const document = documentOf(entries);
  const bytes = encodeAsDocker(document);
  const { mediaType } = document;
  return {
    ...record,
    manifest: { digest: sha256Digest(bytes), mediaType, size: bytes.length },
    size: bytes.length,
    repoDigests: [],
    list: { entries },
  };
}

export function documentOf(entries: readonly ListEntry[], mediaType?: string): IndexDocument {
  return { mediaType: mediaType ?? suitableMediaType({ manifests: entries }), manifests: entries };
}

/** The caller holds the lock of the images. */
export function saveList(store: Store, record: ListRecord): void {
  writeImage(store, record);
}

/** Entries in place of those that stand for the same; new ones at the end. */
export function merged(old: readonly ListEntry[], added: readonly ListEntry[]): ListEntry[] {
  const entries = [...old];
  for (const entry of added) {
    const at = entries.findIndex(({ ref, digest }) => ref === entry.ref || digest === entry.digest);
    if (at < 0) entries.push(entry);
    else entries[at] = entry;
  }
  return entries;
}

/**
 * Where in the list the entry is that a digest, a name or NAME@DIGEST means.
 * @throws ProaError NO_SUCH_ENTRY
 */
export function positionOf({ list }: ListRecord, listName: string, text: string): number {
  const reference = parseEntryName(text);
  const digest = reference === undefined ? text : reference.digest;
  const ref = reference && formatReference(reference);
  const at = list.entries.findIndex((entry) => entry.ref === ref || entry.digest === digest);
  if (at >= 0) return at;
  throw new ProaError(
    'NO_SUCH_ENTRY',
    `manifest for image ${ref ?? text} does not exist in ${nameOf(listName)}`,
    { hint: `See what it lists: proa manifest inspect ${listName}` },
  );
}

/** Undefined for a bare digest, or an image's id. */
function parseEntryName(text: string): Reference | undefined {
  return /^(sha256:)?[0-9a-f]{64}$/.test(text) ? undefined : parseReference(text);
}

/** In full, as Docker writes it; an id as it is. */
function nameOf(text: string): string {
  return parseEntryName(text) === undefined ? text : formatReference(parseReference(text));
}
