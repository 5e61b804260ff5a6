import { type Digest, parseDigest } from './digest.ts';
import type { JsonCursor } from './json-cursor.ts';
import { normalizePlatform, type Platform } from './platform.ts';

/** What points at a blob: its type, digest and size in bytes (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Only in an index. */
  readonly platform?: Platform;
  readonly artifactType?: string;
}

/** RFC 6838, section 4.2, with an optional parameter list as the image-spec allows. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:;.*)?$/;

/** Reads and checks a descriptor. Embedded `data` is not used: the blob is what its digest says. */
export function readDescriptor(cursor: JsonCursor): Descriptor {
  const mediaType = cursor.at('mediaType').string();
  if (!MEDIA_TYPE.test(mediaType)) cursor.at('mediaType').fail('is not a media type');
  const size = cursor.at('size').integer();
  if (size < 0) cursor.at('size').fail('must not be negative');
  const digest = cursor.at('digest').parse(parseDigest);
  const urls = cursor.at('urls').maybe((c) => c.strings());
  const annotations = readAnnotations(cursor.at('annotations'));
  const platform = cursor.at('platform').maybe(readPlatform);
  const artifactType = cursor.at('artifactType').maybe((c) => c.string());
  return {
    mediaType,
    digest,
    size,
    ...(urls && urls.length > 0 && { urls }),
    ...(annotations && { annotations }),
    ...(platform && { platform }),
    ...(artifactType && { artifactType }),
  };
}

/** A map of strings, or undefined. */
export function readAnnotations(cursor: JsonCursor): Record<string, string> | undefined {
  return cursor.maybe((c) => c.record((value) => value.string()));
}

function readPlatform(cursor: JsonCursor): Platform {
  return normalizePlatform({
    os: cursor.at('os').maybe((c) => c.string()) ?? '',
    architecture: cursor.at('architecture').maybe((c) => c.string()) ?? '',
    variant: cursor.at('variant').maybe((c) => c.string()),
    'os.version': cursor.at('os.version').maybe((c) => c.string()),
  });
}
