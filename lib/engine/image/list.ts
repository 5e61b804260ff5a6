/** `images`: what is here, one row a name, as Docker lists it. */
import { span } from '../../core/trace.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { familiarName, familiarRepository, parseReference, readFullName } from '../../oci/model/reference.ts';
import { type BadRecord, findRecord, type ImageRecord, listImages, listNames } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { globMatches, imageFilter, timeOf } from './list-filter.ts';

export interface ListedImage extends NamedImage {
  /** Familiar; undefined shows as `<none>`. */
  repository?: string;
  tag?: string;
  /** Under which the repository has it. */
  digest?: Digest;
}

export interface ListRequest {
  /** REPOSITORY[:TAG], an id, or a pattern with `*`, `?` and `[…]`. */
  match?: string;
  /** `key=value` texts, see list-filter.ts; `until` is RFC 3339. */
  filters: readonly string[];
  /** Also images without a name that others were made from. */
  all?: boolean;
}

export interface ImageList {
  images: ListedImage[];
  /** Records that could not be read; everything else is listed. */
  bad: BadRecord[];
}

/** An image and its full names, sorted. */
export interface NamedImage {
  record: ImageRecord;
  names: string[];
  /** Other images were made from it (ImageRecord.parent). */
  isParent: boolean;
}

/**
 * Lists images, the newest first.
 * @throws ProaError INVALID_FILTER; IMAGE_NOT_FOUND for the image of a `before` or `since`
 */
export function listNamedImages(engine: Engine, request: ListRequest): ImageList {
  using _ = span('list images');
  const bad: BadRecord[] = [];
  const images = readNamedImages(engine, bad);
  const keep = imageFilter(engine, request.filters);
  const rows = images
    .filter((image) => request.all || !isIntermediate(image))
    .flatMap((image) => keep(image) ?? [])
    // Reading a date takes longer than comparing two numbers.
    .map((image) => ({ image, time: timeOf(image.record) }))
    .sort((a, b) => b.time - a.time)
    .flatMap(({ image }) => rowsOf(image));
  return { images: request.match === undefined ? rows : matching(engine, rows, request.match), bad };
}

/** Nobody named it, and it is there for the images above it alone. */
export function isIntermediate({ record, names, isParent }: NamedImage): boolean {
  return isParent && names.length === 0 && record.repoDigests.length === 0;
}

/** All images with their names. Unreadable records go to `bad`. */
export function readNamedImages({ store }: Engine, bad: BadRecord[]): NamedImage[] {
  using _ = span('read records');
  const names = new Map<string, string[]>();
  for (const { name, image } of listNames(store, bad)) {
    const list = names.get(image);
    if (list === undefined) names.set(image, [name]);
    else list.push(name);
  }
  const records = listImages(store, bad);
  const parents = new Set(records.map(({ parent }) => parent));
  return records.map((record) => {
    return { record, names: (names.get(record.id) ?? []).sort(), isParent: parents.has(record.id) };
  });
}

function rowsOf(image: NamedImage): ListedImage[] {
  const { record, names } = image;
  const digests = new Map(record.repoDigests.map(splitDigest));
  if (names.length > 0) {
    return names.map((name) => {
      const reference = readFullName(name);
      const repository = familiarRepository(reference);
      return { ...image, repository, tag: reference.tag, digest: digests.get(repository) };
    });
  }
  if (digests.size === 0) return [image];
  return [...digests].map(([repository, digest]) => ({ ...image, repository, digest }));
}

function splitDigest(repoDigest: string): [repository: string, digest: Digest] {
  const reference = parseReference(repoDigest);
  return [familiarRepository(reference), reference.digest!];
}

/** `busybox` finds all of its tags, `busybox:1.36` one, `bus*` those of every repository like that. */
function matching(engine: Engine, rows: readonly ListedImage[], match: string): ListedImage[] {
  const patterns = [match, familiarPattern(match)];
  const named = rows.filter(({ repository, tag }) => {
    if (repository === undefined) return false;
    const texts = [repository, `${repository}:${tag}`];
    return patterns.some((pattern) => texts.some((text) => globMatches(pattern, text)));
  });
  if (named.length > 0 || !/^(sha256:)?[0-9a-f]{1,64}$/.test(match)) return named;
  const byId = findRecord(engine.store, match);
  return rows.filter(({ record }) => record.id === byId?.id);
}

/** `docker.io/library/busybox:latest` is shown, and so matched, as `busybox:latest`. */
function familiarPattern(pattern: string): string {
  if (/[*?[\]]/.test(pattern)) return pattern;
  try {
    return familiarName(parseReference(pattern, { defaultTag: false }));
  } catch {
    return pattern; // no name: then it is compared as it is
  }
}
