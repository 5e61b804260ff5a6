/** Finding an image that must be there, in Docker's words, which scripts look for. */
import { ProaError } from '../../core/error.ts';
import { formatPlatform, matchPlatform, type Platform } from '../../oci/model/platform.ts';
import { findImage, findRecord, type ImageRecord } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';

/**
 * @param platforms when some are given, it must be for one of them
 * @throws ProaError IMAGE_NOT_FOUND; AMBIGUOUS for a prefix that several ids share; INVALID_REFERENCE; PLATFORM_MISSING
 */
export function requireImage(engine: Engine, text: string, platforms: readonly Platform[] = []): ImageRecord {
  const image = findImage(engine.store, text);
  if (image !== undefined) return checkPlatforms(text, image, platforms);
  const list = findRecord(engine.store, text);
  throw list === undefined ? noSuchImage(text) : noImageInList(text);
}

/** An image is here, and is for other machines than was asked for. */
export function wrongPlatform(text: string, image: ImageRecord, platform: Platform): ProaError {
  const wanted = formatPlatform(platform);
  return new ProaError(
    'PLATFORM_MISSING',
    `use image ${text}: it is for ${formatPlatform(platformOf(image))}, not for ${wanted}`,
    { hint: `proa pull --platform ${wanted} ${text}` },
  );
}

function platformOf({ os, architecture, variant }: ImageRecord): Platform {
  return { os, architecture, variant };
}

/** An image, or a manifest list as such, which is for every platform. @throws as {@link requireImage} */
export function requireRecord(
  engine: Engine,
  text: string,
  platforms: readonly Platform[] = [],
): ImageRecord {
  const record = findRecord(engine.store, text);
  if (record === undefined) throw noSuchImage(text);
  return record.list === undefined ? checkPlatforms(text, record, platforms) : record;
}

function checkPlatforms(text: string, image: ImageRecord, platforms: readonly Platform[]): ImageRecord {
  const suits = (platform: Platform): boolean => matchPlatform(platform, [platformOf(image)]) !== undefined;
  if (platforms.length > 0 && !platforms.some(suits)) throw wrongPlatform(text, image, platforms[0]!);
  return image;
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
