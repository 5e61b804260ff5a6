/** `image prune`: away with images that nothing needs. */
import { hasCode, ProaError } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { listContainers } from '../../storage/containers.ts';
import { type BadRecord, type ImageRecord, listImages, listNames } from '../../storage/images.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { timeOf } from './list-filter.ts';
import { removeImage } from './remove.ts';

export interface ImagePruneRequest {
  /** Also images with names. */
  all: boolean;
  /** label, label!, until=RFC3339, and dangling=false for `all`. */
  filters: readonly string[];
}

export interface PrunedImages {
  /** `untagged: NAME` and `deleted: ID`, in the order they went. */
  lines: string[];
  /** Bytes of the layers that are gone. */
  bytes: number;
  /** Why some could not be removed. */
  failures: unknown[];
}

/**
 * Removes images without names, or with `all` every image, as long as no container was made from it.
 * @throws ProaError INVALID_FILTER
 */
export async function pruneImages(engine: Engine, request: ImagePruneRequest): Promise<PrunedImages> {
  const { matches, all } = compile(request);
  const bad: BadRecord[] = [];
  const named = new Set<string>(listNames(engine.store, bad).map(({ image }) => image));
  const used = new Set(listContainers(engine.store, bad).map(({ config }) => config.image?.id));
  const pruned: PrunedImages = { lines: [], bytes: 0, failures: bad.map(({ error }) => error) };
  // Whose name or container cannot be read is not known.
  if (bad.length > 0) return pruned;
  // Lists before the images that they keep.
  const images = listImages(engine.store, []).sort(
    (a, b) => Number(a.list === undefined) - Number(b.list === undefined),
  );
  for (const image of images) {
    if (used.has(image.id) || (!all && named.has(image.id)) || !matches(image)) continue;
    try {
      await removeOne(engine, image, pruned);
    } catch (error) {
      // A container was made from it, or another command removed it, since we looked.
      if (!hasCode(error, 'IMAGE_IN_USE', 'IMAGE_NOT_FOUND')) pruned.failures.push(error);
    }
  }
  return pruned;
}

async function removeOne(engine: Engine, image: ImageRecord, pruned: PrunedImages): Promise<void> {
  const sizes = new Map(image.diffIds.map((id) => [id, readLayer(engine.store, id)?.diskSize ?? 0]));
  const { untagged, deleted, warning } = await removeImage(engine, image.id, { allNames: true });
  pruned.lines.push(...untagged.map((name) => `untagged: ${name}`), ...deleted.map((id) => `deleted: ${id}`));
  for (const id of deleted) pruned.bytes += sizes.get(id as Digest) ?? 0;
  if (warning !== undefined) pruned.failures.push(warning);
}

type Test = (image: ImageRecord) => boolean;

function compile({ all, filters }: ImagePruneRequest): { matches: Test; all: boolean } {
  const tests: Test[] = [];
  let wholly = all;
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    const key = filter.slice(0, Math.max(0, equals)).trim().toLowerCase();
    const value = filter.slice(equals + 1).trim();
    if (key === 'dangling' && /^(true|false|1|0)$/i.test(value)) {
      // It says what --all says, the other way round.
      wholly = /^(false|0)$/i.test(value);
    } else if (key === 'label' || key === 'label!') {
      const [name, ...rest] = value.split('=');
      const wanted = rest.length === 0 ? undefined : rest.join('=');
      const has: Test = ({ labels }) => {
        const label = labels?.[name!];
        return label !== undefined && (wanted === undefined || label === wanted);
      };
      tests.push(key === 'label' ? has : (image) => !has(image));
    } else if (key === 'until' && !Number.isNaN(Date.parse(value))) {
      tests.push((image) => timeOf(image) < Date.parse(value));
    } else {
      throw new ProaError('INVALID_FILTER', `prune images: there is no filter ${JSON.stringify(filter)}`, {
        hint: 'Filters: dangling, label, label!, until; for example --filter until=24h',
      });
    }
  }
  return { matches: (image) => tests.every((test) => test(image)), all: wholly };
}
