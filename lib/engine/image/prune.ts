/** `image prune`: away with images that nothing needs, and with layers that belong to none. */
import { spaceOf } from '../../core/disk-space.ts';
import { hasCode } from '../../core/error.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import { layerPath, listLayers } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { type NamedImage, readNamedImages } from './list.ts';
import { danglingOf, imageFilter, imagesOf, PRUNE_KEYS } from './list-filter.ts';
import { removeImage } from './remove.ts';
import { sweepUnreferenced } from './sweep.ts';

export interface ImagePruneRequest {
  /** Also images with names. */
  all: boolean;
  /** label, label!, until=RFC3339, and dangling=false for `all`. */
  filters: readonly string[];
}

export interface PrunedImages {
  /** `untagged: NAME` and `deleted: ID`, in the order they went. */
  lines: string[];
  /** Bytes on disk of all that is gone. */
  bytes: number;
  /** Why some could not be removed. */
  failures: unknown[];
}

/**
 * Removes images without names, or with `all` every image, as long as no container needs it; without filters also the
 * layers that no image and no container refers to, which broken pulls leave.
 * @throws ProaError INVALID_FILTER
 */
export async function pruneImages(engine: Engine, request: ImagePruneRequest): Promise<PrunedImages> {
  const { filters } = request;
  const all = !(danglingOf(filters) ?? !request.all);
  // What `dangling` asks for is said by `all` now.
  const others = filters.filter((filter) => danglingOf([filter]) === undefined);
  const keep = imageFilter(engine, others, PRUNE_KEYS);
  const bad: BadRecord[] = [];
  const images = readNamedImages(engine, bad);
  const used = new Set(listContainers(engine.store, bad).flatMap(({ config }) => imagesOf(config)));
  const pruned: PrunedImages = { lines: [], bytes: 0, failures: bad.map(({ error }) => error) };
  // Whose name or container cannot be read is not known.
  if (bad.length > 0) return pruned;
  for (const image of childrenFirst(images)) {
    const wanted = image.names.length === 0 ? !image.isParent : all;
    if (wanted && !used.has(image.record.id) && keep(image) !== undefined) await prune(engine, image, pruned);
  }
  if (filters.length === 0) sweepLayers(engine, pruned);
  return pruned;
}

/** As Docker: each name by itself, so that an image that others need loses its names and stays. */
async function prune(engine: Engine, { record, names }: NamedImage, pruned: PrunedImages): Promise<void> {
  const known = [...names, ...record.repoDigests];
  for (const text of known.length === 0 ? [record.id] : known) {
    try {
      const deleting = (path: string): void => {
        pruned.bytes += spaceOf(path);
      };
      const { untagged, deleted, warning } = await removeImage(engine, text, { deleting });
      pruned.lines.push(...untagged.map((name) => `untagged: ${name}`), ...deleted.map(deletedLine));
      if (warning !== undefined) pruned.failures.push(warning);
    } catch (error) {
      // Since we looked a container or image was made from it, or it went: a digest with its tag, a parent with its child.
      if (!hasCode(error, 'IMAGE_IN_USE', 'IMAGE_HAS_CHILDREN', 'IMAGE_NOT_FOUND'))
        pruned.failures.push(error);
    }
  }
}

function sweepLayers(engine: Engine, pruned: PrunedImages): void {
  const { store } = engine;
  const { layers, kept } = sweepUnreferenced(engine, listLayers(store), (diffId) => {
    pruned.bytes += spaceOf(layerPath(store, diffId));
  });
  pruned.lines.push(...layers.map(deletedLine));
  if (kept !== undefined) pruned.failures.push(kept);
}

function deletedLine(id: Digest): string {
  return `deleted: ${id}`;
}

/** Manifest lists before the images that they keep, and every image before the one that it was made from. */
function childrenFirst(images: readonly NamedImage[]): NamedImage[] {
  const parents = new Map(images.map(({ record }) => [record.id, record.parent]));
  const depthOf = ({ record }: NamedImage): number => {
    let depth = 0;
    // (Never deeper than there are images: a damaged record may name itself.)
    for (let id = record.parent; id !== undefined && depth < images.length; id = parents.get(id)) depth++;
    return depth;
  };
  const depths = new Map(images.map((image) => [image, depthOf(image)]));
  const isList = ({ record }: NamedImage): number => Number(record.list !== undefined);
  return images.toSorted((a, b) => isList(b) - isList(a) || depths.get(b)! - depths.get(a)!);
}
