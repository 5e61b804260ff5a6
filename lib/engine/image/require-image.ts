/** Finding an image that must be there, in Docker's words, which scripts look for. */
import { ProaError } from '../../core/error.ts';
import { findImage, findRecord, type ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';

/** @throws ProaError IMAGE_NOT_FOUND; AMBIGUOUS for a prefix that several ids share; INVALID_REFERENCE */
export function requireImage(engine: Engine, text: string): ImageRecord {
  const image = findImage(engine.store, text);
  if (image !== undefined) return image;
  const list = findRecord(engine.store, text);
  throw list === undefined ? noSuchImage(text) : noImageInList(text);
}

/** An image, or a manifest list as such. @throws as {@link requireImage} */
export function requireRecord(engine: Engine, text: string): ImageRecord {
  const record = findRecord(engine.store, text);
  if (record !== undefined) return record;
  throw noSuchImage(text);
}

function noImageInList(text: string): ProaError {
  return new ProaError(
    'IMAGE_NOT_FOUND',
    `No such image: ${text}: a list without an image for this machine here`,
    {
      hint: `See what it lists: proa manifest inspect ${text}`,
    },
  );
}

export function noSuchImage(text: string): ProaError {
  const isId = /^(sha256:)?[0-9a-f]{12,64}$/.test(text);
  return new ProaError('IMAGE_NOT_FOUND', `No such image: ${text}`, {
    hint: isId ? 'proa images -a lists what is here' : `proa pull ${text}, or see what is here: proa images`,
  });
}
