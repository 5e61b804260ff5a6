/** `history`: the steps that an image was made by, the last first, each with the size of the layer it made. */
import { namesOf, readImageConfig } from '../../storage/images.ts';
import { readLayer } from '../../storage/layers.ts';
import type { Engine } from '../engine.ts';
import { requireImage } from './require-image.ts';

export interface HistoryStep {
  /** The image's id for its last step; the images of the other steps are not here. */
  id?: string;
  /** RFC 3339. */
  created?: string;
  createdBy: string;
  /** Bytes of the layer's files; 0 for a step that made none. */
  size: number;
  comment: string;
  /** Full names, of the last step. */
  tags: string[];
}

/** @throws ProaError IMAGE_NOT_FOUND, AMBIGUOUS, BLOB_CORRUPT */
export function imageHistory(engine: Engine, text: string): HistoryStep[] {
  const { store } = engine;
  const record = requireImage(engine, text);
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
  const last = steps.at(-1);
  if (last !== undefined) Object.assign(last, { id: record.id, tags: namesOf(store, record.id) });
  return steps.reverse();
}
