/** The room that there is for the build cache. */
import { statfsSync } from 'node:fs';
import type { Engine } from '../engine.ts';

/** Bytes of the store's disk that are free for its owner. */
export function freeSpace({ store }: Engine): number {
  const { bavail, bsize } = statfsSync(store.root);
  return bavail * bsize;
}
