/** `tag`: one more name for an image; `untag`: fewer. */
import { ProaError } from '../../core/error.ts';
import { familiarName, formatReference, parseReference, type Reference } from '../../oci/model/reference.ts';
import { giveName, type ImageRecord, lockImages, namesOf, removeName } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { tellImage } from '../events.ts';
import { requireRecord } from './require-image.ts';

/**
 * Points names at an image. All names are checked before the first is written.
 * @throws ProaError IMAGE_NOT_FOUND, INVALID_REFERENCE
 */
export async function tagImage(
  engine: Engine,
  image: string,
  names: readonly string[],
): Promise<ImageRecord> {
  const references = names.map(parseTag);
  // Under the lock, so that no rmi takes the image between our look and our name for it.
  using _ = await lockImages(engine.store);
  let record = requireRecord(engine, image);
  for (const reference of references) {
    record = giveName(engine.store, reference, record);
    tellImage(engine.store, 'tag', record, familiarName(reference));
  }
  return record;
}

/**
 * Takes names from an image, which stays; without any, all that it has.
 * @throws ProaError IMAGE_NOT_FOUND, TAG_NOT_FOUND naming the first that is not one of the image's
 */
export async function untagImage(engine: Engine, image: string, names: readonly string[]): Promise<void> {
  const wanted = names.map((name) => formatReference(parseTag(name)));
  using _ = await lockImages(engine.store);
  const record = requireRecord(engine, image);
  const has = namesOf(engine.store, record.id);
  const missing = wanted.find((name) => !has.includes(name));
  if (missing !== undefined) {
    throw new ProaError('TAG_NOT_FOUND', `untag image ${image}: ${missing} is no name of it`, {
      hint: has.length > 0 ? `Its names: ${has.join(', ')}` : 'It has no names',
    });
  }
  for (const name of names.length === 0 ? has : wanted) removeName(engine.store, name);
}

/** A name that can be given: with a tag (`latest` when none is said) and without a digest. */
export function parseTag(text: string): Reference {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new ProaError('INVALID_REFERENCE', `name an image ${text}: a digest cannot be given, only a tag`);
}
