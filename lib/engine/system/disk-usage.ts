/**
 * `system df`: what images, containers and volumes take. Images are known from their layers' records; what containers
 * and volumes wrote is looked up file by file, as nobody watches them write.
 */
import type { Digest } from '../../oci/model/digest.ts';
import { type Container, containerPath, listContainers } from '../../storage/containers.ts';
import type { BadRecord } from '../../storage/images.ts';
import { listLayers, readLayer } from '../../storage/layers.ts';
import { listVolumes, type VolumeRecord } from '../../storage/volumes.ts';
import { folderSize } from '../container/size.ts';
import { isRunning, observeState } from '../container/state.ts';
import type { Engine } from '../engine.ts';
import { type ListedImage, listNamedImages } from '../image/list.ts';
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
  /** Bytes of its layers: all, those that other images have too, and the rest. */
  size: number;
  shared: number;
  /** Containers made from it. */
  containers: number;
}

export interface DiskUsage {
  images: Sum & { each: ImageUsage[] };
  containers: Sum & { each: { container: Container; size: number }[] };
  volumes: Sum & { each: { volume: VolumeRecord; size: number; links: number }[] };
  /** Records that could not be read. */
  bad: BadRecord[];
}

export function diskUsage(engine: Engine): DiskUsage {
  const bad: BadRecord[] = [];
  const containers = listContainers(engine.store, bad)
    .map(({ config, state }) => ({ config, state: observeState(engine.store, { config, state }) }))
    .sort((a, b) => (a.config.created < b.config.created ? 1 : -1));
  const listed = listNamedImages(engine, { filters: [] });
  bad.push(...listed.bad);
  return {
    images: imageUsage(engine, listed.images, containers),
    containers: containerUsage(engine, containers),
    volumes: volumeUsage(engine, containers, bad),
    bad,
  };
}

function imageUsage(
  engine: Engine,
  listed: readonly ListedImage[],
  containers: readonly Container[],
): DiskUsage['images'] {
  const sizes = new Map(
    listLayers(engine.store).map((id) => [id, readLayer(engine.store, id)?.diskSize ?? 0]),
  );
  const sum = (ids: Iterable<Digest>): number => {
    let bytes = 0;
    for (const id of new Set(ids)) bytes += sizes.get(id) ?? 0;
    return bytes;
  };
  const records = new Map(listed.map(({ record }) => [record.id, record]));
  const users = new Map<Digest, number>();
  for (const record of records.values())
    for (const id of new Set(record.diffIds)) users.set(id, (users.get(id) ?? 0) + 1);
  const made = Map.groupBy(containers, ({ config }) => config.image?.id);
  // Containers keep their layers even when their image is gone.
  const needed = sum(containers.flatMap(({ config }) => config.diffIds));
  const size = sum(sizes.keys());
  return {
    total: records.size,
    active: [...records.keys()].filter((id) => made.has(id)).length,
    size,
    reclaimable: size - needed,
    each: listed.map((image) => ({
      image,
      size: sum(image.record.diffIds),
      shared: sum(image.record.diffIds.filter((id) => users.get(id)! > 1)),
      containers: made.get(image.record.id)?.length ?? 0,
    })),
  };
}

function containerUsage({ store }: Engine, containers: readonly Container[]): DiskUsage['containers'] {
  const each = containers.map((container) => ({
    container,
    size: folderSize(`${containerPath(store, container.config.id)}/upper`),
  }));
  const active = each.filter(({ container }) => isRunning(container.state));
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

interface Sized {
  size: number;
}

function summed(all: readonly Sized[], active: readonly Sized[]): Sum {
  const bytes = (list: readonly Sized[]): number => list.reduce((total, { size }) => total + size, 0);
  const size = bytes(all);
  return { total: all.length, active: active.length, size, reclaimable: size - bytes(active) };
}
