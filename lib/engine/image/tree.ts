/** `image tree`: an image's layers, the lowest first, and with which of them the images end that share them. */
import type { Digest } from '../../oci/model/digest.ts';
import { type ImageRecord, listImages, namesOf } from '../../storage/images.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

export interface ImageTree {
  id: Digest;
  names: string[];
  /** Bytes of all layers' files. */
  size: number;
  layers: TreeLayer[];
}

export interface TreeLayer {
  diffId: Digest;
  size: number;
  /** Names of the images whose topmost layer it is. */
  names: string[];
  /** Layers of other images that lie on it. */
  children: TreeLayer[];
}

/** @param options.children with the images that are built on this one @throws ProaError IMAGE_NOT_FOUND */
export function imageTree(engine: Engine, text: string, options: { children: boolean }): ImageTree {
  const { store } = engine;
  const record = requireImage(engine, text);
  const images = listImages(store, []);
  const layers = record.diffIds.map((_, i) => node(engine, images, record.diffIds.slice(0, i + 1)));
  const last = layers.at(-1);
  if (options.children && last !== undefined) last.children = above(engine, images, record.diffIds);
  return { id: record.id, names: namesOf(store, record.id), size: record.size, layers };
}

function node({ store }: Engine, images: readonly ImageRecord[], chain: readonly Digest[]): TreeLayer {
  const diffId = chain.at(-1)!;
  const ending = images.filter((image) => image.diffIds.length === chain.length && startsWith(image, chain));
  return {
    diffId,
    size: readLayer(store, diffId)?.diskSize ?? 0,
    names: ending.flatMap(({ id }) => namesOf(store, id)),
    children: [],
  };
}

/** The layers that other images have right on top of this chain, each with what is above it. */
function above(engine: Engine, images: readonly ImageRecord[], chain: readonly Digest[]): TreeLayer[] {
  const next = images
    .filter((image) => image.diffIds.length > chain.length && startsWith(image, chain))
    .map((image) => image.diffIds[chain.length]!);
  return [...new Set(next)].map((diffId) => {
    const longer = [...chain, diffId];
    return { ...node(engine, images, longer), children: above(engine, images, longer) };
  });
}

function startsWith(image: ImageRecord, chain: readonly Digest[]): boolean {
  return chain.every((diffId, i) => image.diffIds[i] === diffId);
}
