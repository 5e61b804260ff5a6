/** Which images `save` means by names, names without a tag, ids and their prefixes. */
import { hasCode, ProaError } from '../../core/error.ts';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import {
  findImage,
  findRecord,
  type ImageRecord,
  listNames,
  nameBehind,
  readName,
} from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

export interface SelectedImage {
  record: ImageRecord;
  /** The tags that were asked for; none for one that was asked for by its id. */
  names: Reference[];
}

/**
 * The images to save, each once. A manifest list stands for its image for a platform, under the list's name.
 * @param platform what they must be for; default: of lists the image for this machine, else whatever there is
 * @throws ProaError IMAGE_NOT_FOUND, PLATFORM_MISSING, AMBIGUOUS, INVALID_REFERENCE
 */
export function selectImages(
  engine: Engine,
  texts: readonly string[],
  platform: Platform | undefined,
): SelectedImage[] {
  const selected = new Map<string, SelectedImage>();
  for (const text of texts) {
    for (const name of namesMeantBy(engine, text)) {
      const record = find(engine, name === undefined ? text : formatReference(name), platform);
      const entry = selected.get(record.id) ?? { record, names: [] };
      const known = entry.names.some((other) => name && formatReference(other) === formatReference(name));
      if (name !== undefined && !known) entry.names.push(name);
      selected.set(record.id, entry);
    }
  }
  return [...selected.values()];
}

/** Names that are here, or nothing in particular for an id. Docker: a repository without a tag is all of its tags. */
function namesMeantBy({ store }: Engine, text: string): (Reference | undefined)[] {
  const name = asName(text);
  if (name === undefined || name.digest !== undefined) return [undefined];
  // A short name that registries.conf sent elsewhere is saved under the full one.
  const behind = nameBehind(store, text);
  const other = behind === undefined ? undefined : parseReference(behind);
  if (name.tag !== undefined) return [readName(store, name) === undefined ? other : name];
  const prefix = `${formatReference(name)}:`;
  const tags = listNames(store, []).filter((other) => other.name.startsWith(prefix));
  return tags.length > 0 ? tags.map((tag) => parseReference(tag.name)) : [other];
}

function find(engine: Engine, text: string, platform: Platform | undefined): ImageRecord {
  const record =
    platform === undefined ? requireImage(engine, text) : findImage(engine.store, text, platform);
  if (record !== undefined && isFor(record, platform)) return record;
  const there = record ?? findRecord(engine.store, text);
  if (there === undefined) return requireImage(engine, text);
  const wanted = formatPlatform(platform!);
  const why =
    there.list === undefined
      ? `it is for ${formatPlatform(platformOf(there))}, not for ${wanted}`
      : `no image for ${wanted} that it lists is here`;
  throw new ProaError('PLATFORM_MISSING', `save image ${text}: ${why}`);
}

function isFor(record: ImageRecord, platform: Platform | undefined): boolean {
  return platform === undefined || matchPlatform(platform, [platformOf(record)]) !== undefined;
}

function platformOf({ os, architecture, variant }: ImageRecord): Platform {
  return { os, architecture, ...(variant && { variant }) };
}

function asName(text: string): Reference | undefined {
  if (text.startsWith('sha256:')) return undefined;
  try {
    return parseReference(text, { defaultTag: false });
  } catch (error) {
    // 64 hex digits are an id.
    if (hasCode(error, 'INVALID_REFERENCE') && /^[0-9a-f]{64}$/.test(text)) return undefined;
    throw error;
  }
}
