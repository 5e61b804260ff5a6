/** `images`: what is here, one row a name, as Docker lists it. */
import type { Digest } from '../../oci/model/digest.ts';
import { familiarName, familiarRepository, parseReference } from '../../oci/model/reference.ts';
import { type BadRecord, findRecord, type ImageRecord, listImages, listNames } from '../../storage/images.ts';
import type { Engine } from '../engine.ts';
import { globMatches, imageFilter, timeOf } from './list-filter.ts';

export interface ListedImage {
  record: ImageRecord;
  /** Familiar; undefined shows as `<none>`. */
  repository?: string;
  tag?: string;
  /** Under which the repository has it. */
  digest?: Digest;
}

export interface ListRequest {
  /** REPOSITORY[:TAG], an id, or a pattern with `*`, `?` and `[…]`. */
  match?: string;
  /** `key=value` texts: dangling, label, before, since, until, reference, id. */
  filters: readonly string[];
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
}

/**
 * Lists images, the newest first.
 * @throws ProaError INVALID_FILTER; IMAGE_NOT_FOUND for the image of a `before` or `since`
 */
export function listNamedImages(engine: Engine, request: ListRequest): ImageList {
  const bad: BadRecord[] = [];
  const images = readNamed(engine, bad);
  const keep = imageFilter(engine, request.filters);
  const rows = images
    .flatMap((image) => keep(image) ?? [])
    .sort((a, b) => timeOf(b.record) - timeOf(a.record))
    .flatMap((image) => rowsOf(image));
  return { images: request.match === undefined ? rows : matching(engine, rows, request.match), bad };
}

function readNamed({ store }: Engine, bad: BadRecord[]): NamedImage[] {
  const names = new Map<string, string[]>();
  for (const { name, image } of listNames(store, bad)) {
    const list = names.get(image);
    if (list === undefined) names.set(image, [name]);
    else list.push(name);
  }
  return listImages(store, bad).map((record) => ({ record, names: (names.get(record.id) ?? []).sort() }));
}

function rowsOf({ record, names }: NamedImage): ListedImage[] {
  const digests = new Map(record.repoDigests.map(splitDigest));
  if (names.length > 0) {
    return names.map((name) => {
      const reference = parseReference(name);
      const repository = familiarRepository(reference);
      return { record, repository, tag: reference.tag, digest: digests.get(repository) };
    });
  }
  if (digests.size === 0) return [{ record }];
  return [...digests].map(([repository, digest]) => ({ record, repository, digest }));
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
