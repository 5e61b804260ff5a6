/** `tag`: one more name for an image. */
import { ProaError } from '../../core/error.ts';
import { parseReference, type Reference } from '../../oci/model/reference.ts';
import { type ImageRecord, lockImages, putName } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

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
  const record = requireImage(engine, image);
  for (const reference of references) putName(engine.store, reference, record.id);
  return record;
}

/** A name that can be given: with a tag (`latest` when none is said) and without a digest. */
export function parseTag(text: string): Reference {
  const reference = parseReference(text);
  if (reference.digest === undefined) return reference;
  throw new ProaError('INVALID_REFERENCE', `name an image ${text}: a digest cannot be given, only a tag`);
}
