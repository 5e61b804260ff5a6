/** `manifest inspect`: a list of this store, or what a registry has under a name, in the words of Docker's client. */
import { hasCode, ProaError } from '../../core/error.ts';
import {
  encodeAsDocker,
  encodePlatform,
  type ListedManifest,
  readIndexDocument,
} from '../../oci/model/index-document.ts';
import { parseManifest } from '../../oci/model/manifest.ts';
import { MEDIA_TYPE } from '../../oci/model/media-type.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import type { OpenSource } from '../../oci/registry/sources.ts';
import { findRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { askForManifest } from './ask.ts';
import { platformOf } from './candidates.ts';
import { documentOf, isList, positionOf, requireList } from './list-record.ts';

/**
 * The text of a list or of a manifest, indented as Docker does it.
 * @throws ProaError the registry's (MANIFEST_UNKNOWN, …)
 */
export async function inspectManifest(
  engine: Engine,
  name: string,
  registry: RegistryOptions,
): Promise<string> {
  const list = localList(engine, name);
  if (list !== undefined) return text(encodeAsDocker(documentOf(list.list.entries)));
  const { top } = await askForManifest(parseReference(bare(name)), registry);
  const isIndex = parseManifest(top.bytes, top.mediaType).kind === 'index';
  return JSON.stringify(JSON.parse(text(top.bytes)), null, isIndex ? 3 : '\t');
}

/** One manifest of a list of this store. @throws ProaError NO_SUCH_MANIFEST, NO_SUCH_ENTRY */
export function inspectEntry({ store }: Engine, listName: string, entry: string): string {
  const list = requireList(store, listName);
  const { manifest } = list.list.entries[positionOf(list, listName, entry)]!;
  return JSON.stringify(JSON.parse(Buffer.from(manifest, 'base64').toString()), null, '\t');
}

/** What `--verbose` shows of one manifest. */
export interface VerboseManifest {
  Ref: string;
  Descriptor: ListedManifest;
  /** Base64. */
  Raw: string;
  SchemaV2Manifest?: unknown;
  OCIManifest?: unknown;
}

/**
 * Everything about a manifest, or about each that a list lists.
 * @param listName with it, `name` is an entry of this list
 */
export async function inspectVerbose(
  engine: Engine,
  name: string,
  registry: RegistryOptions,
  listName?: string,
): Promise<VerboseManifest | VerboseManifest[]> {
  if (listName !== undefined) {
    const list = requireList(engine.store, listName);
    const entry = list.list.entries[positionOf(list, listName, name)]!;
    return verbose(entry.ref, entry, Buffer.from(entry.manifest, 'base64'));
  }
  const list = localList(engine, name);
  if (list !== undefined) {
    return list.list.entries.map((entry) => verbose(entry.ref, entry, Buffer.from(entry.manifest, 'base64')));
  }
  const reference = parseReference(bare(name));
  const { source, top } = await askForManifest(reference, registry);
  const parsed = parseManifest(top.bytes, top.mediaType);
  if (parsed.kind === 'index') return verboseIndex(source, reference, top.bytes, parsed.mediaType);
  const listed: ListedManifest = {
    mediaType: parsed.mediaType,
    digest: top.digest,
    size: top.bytes.length,
    platform: await platformOf(source, parsed),
  };
  return verbose(formatReference(reference), listed, top.bytes);
}

async function verboseIndex(
  { client, repository }: OpenSource,
  reference: Reference,
  bytes: Uint8Array,
  mediaType: string,
): Promise<VerboseManifest[]> {
  const all: VerboseManifest[] = [];
  for (const listed of readIndexDocument(bytes, mediaType).manifests) {
    const child = await client.getManifest(repository, listed.digest);
    all.push(verbose(formatReference({ ...reference, digest: listed.digest }), listed, child.bytes));
  }
  return all;
}

function verbose(ref: string, listed: ListedManifest, bytes: Uint8Array): VerboseManifest {
  const { mediaType, digest, size, annotations, platform } = listed;
  const document = JSON.parse(text(bytes)) as unknown;
  return {
    Ref: ref,
    Descriptor: {
      mediaType,
      digest,
      size,
      ...(annotations && { annotations }),
      ...(platform && { platform: encodePlatform(platform) }),
    },
    Raw: Buffer.from(bytes).toString('base64'),
    ...(mediaType === MEDIA_TYPE.ociManifest ? { OCIManifest: document } : { SchemaV2Manifest: document }),
  };
}

function localList({ store }: Engine, name: string) {
  if (name.startsWith('docker://')) return undefined;
  const record = findRecord(store, name);
  return isList(record) ? record : undefined;
}

function bare(name: string): string {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name))
    throw new ProaError('NO_SUCH_MANIFEST', `No such manifest: ${name}: no list of this store has this id`);
  return name.replace(/^docker:\/\//, '');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Whether a list of this name, or id, is here. */
export function listExists({ store }: Engine, name: string): boolean {
  try {
    return isList(findRecord(store, name));
  } catch (error) {
    // What cannot be a name is none.
    if (hasCode(error, 'INVALID_REFERENCE')) return false;
    throw error;
  }
}
