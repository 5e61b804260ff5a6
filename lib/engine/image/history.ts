/** `history`: the steps that an image was made by, the last first, each with the size of the layer it made. */

import type { Digest } from '../../oci/model/digest.ts';
import type { Platform } from '../../oci/model/platform.ts';
import { type ImageRecord, namesOf, readImage, readImageConfig } from '../../storage/images.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

export interface HistoryStep {
  /** The image's id for its last step, and those of the images it was made from before it; others are not here. */
  id?: Digest;
  /** RFC 3339. */
  created?: string;
  createdBy: string;
  /** Bytes of the layer's files; 0 for a step that made none. */
  size: number;
  comment: string;
  /** Full names of the step's image. */
  tags: string[];
}

/**
 * @param platform an image for another one counts as missing
 * @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, PLATFORM_MISSING, BLOB_CORRUPT
 */
export function imageHistory(engine: Engine, text: string, platform?: Platform): HistoryStep[] {
  const { store } = engine;
  const record = requireImage(engine, text, platform && [platform]);
  const { history } = readImageConfig(store, record);
  const sizes = record.diffIds.map((diffId) => readLayer(store, diffId)?.diskSize ?? 0);
  // Some tools write no history, or less than there are layers: the layers are shown all the same.
  const unnamed = sizes.length - history.filter(({ empty_layer }) => !empty_layer).length;
  const entries = [...Array.from({ length: Math.max(0, unnamed) }, () => ({})), ...history];
  const steps = entries.map((entry: (typeof history)[number]): HistoryStep => {
    const size = entry.empty_layer ? 0 : (sizes.shift() ?? 0);
    return {
      created: entry.created,
      createdBy: entry.created_by ?? '',
      size,
      comment: entry.comment ?? '',
      tags: [],
    };
  });
  steps.reverse();
  let image: ImageRecord | undefined = record;
  for (const step of steps) {
    if (image === undefined) break;
    Object.assign(step, { id: image.id, tags: namesOf(store, image.id) });
    image = image.parent === undefined ? undefined : readImage(store, image.parent);
  }
  return steps;
}
