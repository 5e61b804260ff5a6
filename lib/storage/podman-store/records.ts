/**
 * The records of a containers-storage store, as that library writes them (its types Image and Layer):
 *
 *   DRIVER-images/images.json          images: id, names, topmost layer, digests
 *   DRIVER-images/ID/KEY               an image's documents; a key with other than a-z, 0-9 and dots is in base64
 *   DRIVER-layers/layers.json          layers: id, parent, diff id
 *   DRIVER-layers/ID.tar-split.gz      how a layer's archive is made of its files again
 *   overlay/ID/diff, vfs/dir/ID        its files
 */
import { readFileSync } from 'node:fs';
import { addContext, hasCode, ProaError } from '../../core/error.ts';
import { type Digest, parseDigest } from '../../oci/model/digest.ts';
import { JsonCursor } from '../../oci/model/json-cursor.ts';
import { parseStrictJson } from '../../oci/model/strict-json.ts';
import type { PodmanPlace } from './places.ts';

export interface PodmanImage {
  place: PodmanPlace;
  /** 64 hex digits. */
  id: string;
  /** Full names with tags. */
  names: string[];
  /** Of the manifests that it is known by. */
  digests: string[];
  /** Id of its topmost layer; an image without layers has none. */
  topLayer: string | undefined;
}

export interface PodmanLayer {
  id: string;
  diffId: Digest;
  /** Bytes of its tar. */
  size: number;
}

/** A chain of layers that is longer is one that closes on itself. */
const MAX_LAYERS = 1000;

/** All images of a store. @throws ProaError BAD_STORE, EACCES */
export function readPodmanImages(place: PodmanPlace): PodmanImage[] {
  return readList(`${place.root}/${place.driver}-images/images.json`).map((entry) => {
    const digests = entry.at('big-data-digests').maybe((c) => c.record((digest) => digest.string())) ?? {};
    const manifests = Object.entries(digests).filter(([key]) => key.startsWith('manifest'));
    const own = entry.at('digest').maybe((c) => c.string());
    return {
      place,
      id: idOf(entry.at('id')),
      names: entry.at('names').maybe((c) => c.strings()) ?? [],
      digests: [...new Set([...(own === undefined ? [] : [own]), ...manifests.map(([, digest]) => digest)])],
      topLayer: entry.at('layer').maybe((c) => (c.string() === '' ? undefined : idOf(c))),
    };
  });
}

/** One of an image's documents (`manifest`, `sha256:HEX`), or undefined. */
export function readPodmanDocument({ place, id }: PodmanImage, key: string): Uint8Array | undefined {
  const name = /^[a-z0-9.]+$/.test(key) ? key : `=${Buffer.from(key).toString('base64')}`;
  try {
    return readFileSync(`${place.root}/${place.driver}-images/${id}/${name}`);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** An image's layers, the lowest first. @throws ProaError BAD_STORE */
export function readPodmanLayers({ place, id, topLayer }: PodmanImage): PodmanLayer[] {
  const file = `${place.root}/${place.driver}-layers/layers.json`;
  const records = new Map(readList(file).map((entry) => [entry.at('id').string(), entry]));
  const chain: PodmanLayer[] = [];
  for (let next = topLayer; next !== undefined; ) {
    const record = records.get(next);
    if (record === undefined || chain.length > MAX_LAYERS) {
      const why = record === undefined ? `layer ${next} is not in it` : 'its layers go round in a circle';
      throw new ProaError('BAD_STORE', `read image ${id} of ${place.root}: ${why}`);
    }
    chain.push({
      id: next,
      diffId: record.at('diff-digest').parse(parseDigest),
      size: record.at('diff-size').maybe((c) => c.integer()) ?? 0,
    });
    next = record.at('parent').maybe((c) => (c.string() === '' ? undefined : idOf(c)));
  }
  return chain.reverse();
}

/** Where a layer's files are. */
export function podmanLayerFiles({ root, driver }: PodmanPlace, id: string): string {
  return driver === 'overlay' ? `${root}/overlay/${id}/diff` : `${root}/vfs/dir/${id}`;
}

export function podmanTarSplit({ root, driver }: PodmanPlace, id: string): string {
  return `${root}/${driver}-layers/${id}.tar-split.gz`;
}

function readList(file: string): JsonCursor[] {
  const kind = { code: 'BAD_STORE', what: `read ${file}` };
  let text: Uint8Array;
  try {
    text = readFileSync(file);
  } catch (error) {
    throw addContext(error, kind.what);
  }
  return new JsonCursor(parseStrictJson(text, kind), '', kind).items();
}

/** Ids become parts of paths. */
function idOf(cursor: JsonCursor): string {
  const id = cursor.string();
  return /^[0-9a-f]{64}$/.test(id) ? id : cursor.fail(`is no id: ${JSON.stringify(id)}`);
}
