/**
 * `system df`: what images, containers, volumes and the build cache take on disk, as du(1) counts it, and what `system prune --all
 * --volumes` would free. What containers and volumes wrote is looked up file by file, as nobody watches them write; a
 * layer is counted once.
 */
import { readdirSync } from 'node:fs';
import { spaceOf } from '../../core/disk-space.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { buildCacheFiles } from '../../storage/build-cache.ts';
import { type Container, layersOf, listContainers } from '../../storage/containers.ts';
import { type BadRecord, type ImageRecord, imageFiles, nameFile } from '../../storage/images.ts';
import { layerSpace, listLayers } from '../../storage/layers.ts';
import { listVolumes, type VolumeRecord } from '../../storage/volumes.ts';
import { buildCacheUsage, type CacheEntry } from '../build/cache-usage.ts';
import { containerSpace } from '../container/size.ts';
import { hasLivingProcess, observeState } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { isIntermediate, type ListedImage, listNamedImages } from '../image/list.ts';
import { imagesOf } from '../image/list-filter.ts';
import { volumeSize } from '../volume/size.ts';

export interface Sum {
  /** How many there are, and how many of them are used (containers: run). */
  total: number;
  active: number;
  /** Bytes. */
  size: number;
  /** What a prune of all unused ones would free. */
  reclaimable: number;
}

export interface ImageUsage {
  image: ListedImage;
  /** Bytes on disk of its layers: all, and those that other images have too. */
  size: number;
  shared: number;
  /** Containers made from it. */
  containers: number;
}

export interface DiskUsage {
  images: Sum & { each: ImageUsage[] };
  containers: Sum & { each: { container: Container; size: number }[] };
  volumes: Sum & { each: { volume: VolumeRecord; size: number; links: number }[] };
  /** What only the cache keeps: layers that images have too are theirs. */
  buildCache: Sum & { each: CacheEntry[] };
  /** Records that could not be read. */
  bad: BadRecord[];
}

export function diskUsage(engine: Engine): DiskUsage {
  const bad: BadRecord[] = [];
  const containers = listContainers(engine.store, bad)
    .map(({ config, state }) => ({ config, state: observeState(engine.store, { config, state }) }))
    .sort((a, b) => (a.config.created < b.config.created ? 1 : -1));
  const listed = listNamedImages(engine, { filters: [], all: true });
  bad.push(...listed.bad);
  const cached = buildCacheUsage(engine);
  return {
    images: imageUsage(engine, listed.images, containers, privateLayers(cached)),
    containers: containerUsage(engine, containers),
    volumes: volumeUsage(engine, containers, bad),
    buildCache: cacheUsage(engine, cached),
    bad,
  };
}

function imageUsage(
  engine: Engine,
  listed: readonly ListedImage[],
  containers: readonly Container[],
  cached: ReadonlySet<Digest>,
): DiskUsage['images'] {
  const { store } = engine;
  const layers = new Map(
    listLayers(store)
      .filter((id) => !cached.has(id))
      .map((id) => [id, layerSpace(store, id)]),
  );
  const sum = (ids: Iterable<Digest>): number => {
    let bytes = 0;
    for (const id of new Set(ids)) bytes += layers.get(id) ?? 0;
    return bytes;
  };
  const records = new Map(listed.map(({ record }) => [record.id, record]));
  const users = new Map<Digest, number>();
  for (const record of records.values())
    for (const id of new Set(record.diffIds)) users.set(id, (users.get(id) ?? 0) + 1);
  const made = Map.groupBy(containers, ({ config }) => config.image?.id);
  const needed = neededImages(records, containers);
  // Containers keep their layers even when their image is gone.
  const kept = new Set([
    ...needed.flatMap(({ diffIds }) => diffIds),
    ...containers.flatMap(({ config }) => layersOf(config)),
  ]);
  const keptFiles = new Set(needed.flatMap((record) => imageFiles(store, record)));
  for (const { record, names } of listed)
    if (needed.includes(record)) for (const name of names) keptFiles.add(nameFile(store, name));
  const files = allFiles(engine);
  const size = sum(layers.keys()) + spaceOfAll(files);
  const shown = listed.filter((image) => !isIntermediate(image));
  const ids = new Set(shown.map(({ record }) => record.id));
  return {
    total: ids.size,
    active: [...ids].filter((id) => made.has(id)).length,
    size,
    reclaimable: size - sum(kept) - spaceOfAll(files.filter((file) => keptFiles.has(file))),
    each: shown.map((image) => ({
      image,
      size: sum(image.record.diffIds),
      shared: sum(image.record.diffIds.filter((id) => users.get(id)! > 1)),
      containers: made.get(image.record.id)?.length ?? 0,
    })),
  };
}

/** The images that containers use, and those that these were made from. */
function neededImages(
  records: ReadonlyMap<string, ImageRecord>,
  containers: readonly Container[],
): ImageRecord[] {
  const needed = new Set<ImageRecord>();
  for (const used of containers.flatMap(({ config }) => imagesOf(config))) {
    let record = records.get(used);
    while (record !== undefined && !needed.has(record)) {
      needed.add(record);
      record = record.parent === undefined ? undefined : records.get(record.parent);
    }
  }
  return [...needed];
}

/** Records, names, documents, and what there is of layers that are on their way. */
function allFiles({ store }: Engine): string[] {
  return ['images/by-id', 'images/names', 'blobs/sha256'].flatMap((folder) =>
    readdirSync(`${store.root}/${folder}`).map((name) => `${store.root}/${folder}/${name}`),
  );
}

function spaceOfAll(paths: readonly string[]): number {
  return paths.reduce((bytes, path) => bytes + spaceOf(path), 0);
}

function containerUsage({ store }: Engine, containers: readonly Container[]): DiskUsage['containers'] {
  const each = containers.map((container) => ({
    container,
    size: containerSpace(store, container.config),
  }));
  const active = each.filter(({ container }) => hasLivingProcess(container.state));
  return { ...summed(each, active), each };
}

function volumeUsage(
  { store }: Engine,
  containers: readonly Container[],
  bad: BadRecord[],
): DiskUsage['volumes'] {
  const links = new Map<string, number>();
  for (const { config } of containers) {
    for (const name of new Set(config.mounts.map(({ volume }) => volume)))
      if (name !== undefined) links.set(name, (links.get(name) ?? 0) + 1);
  }
  const each = listVolumes(store, bad)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((volume) => ({
      volume,
      size: volumeSize(store, volume),
      links: links.get(volume.name) ?? 0,
    }));
  return {
    ...summed(
      each,
      each.filter(({ links: count }) => count > 0),
    ),
    each,
  };
}

/** Layers that nothing but the cache has. */
function privateLayers(entries: readonly CacheEntry[]): Set<Digest> {
  return new Set(entries.flatMap(({ diffId, shared }) => (shared ? [] : (diffId ?? []))));
}

function cacheUsage({ store }: Engine, each: CacheEntry[]): DiskUsage['buildCache'] {
  let size = spaceOfAll(buildCacheFiles(store));
  for (const id of privateLayers(each)) size += layerSpace(store, id);
  const used = each.filter(({ inUse }) => inUse);
  const held = used.reduce((bytes, entry) => bytes + entry.size, 0);
  return { total: each.length, active: used.length, size, reclaimable: size - held, each };
}

interface Sized {
  size: number;
}

function summed(all: readonly Sized[], active: readonly Sized[]): Sum {
  const bytes = (list: readonly Sized[]): number => list.reduce((total, { size }) => total + size, 0);
  const size = bytes(all);
  return { total: all.length, active: active.length, size, reclaimable: size - bytes(active) };
}
