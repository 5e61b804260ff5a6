/**
 * `system check`: what a crash, a kill or a full disk left in ROOT and RUNROOT, and how to mend it.
 *
 * It is safe beside running commands: what is locked is somebody's, what only looks wrong for a moment is looked at
 * twice, and every repair looks again under the lock of what it changes.
 */
import type { Engine } from '../engine.ts';
import { findBadBlobs } from './check/blobs.ts';
import {
  findBadContainers,
  findIncompleteContainers,
  findNamelessContainers,
  findStaleNames,
} from './check/containers.ts';
import { findEndedContainers } from './check/ended.ts';
import { type Finding, lookTwice } from './check/finding.ts';
import { findBadImages, findBadNames } from './check/images.ts';
import { findBadLayers } from './check/layers.ts';
import { findLeftoverLayers } from './check/leftover-layers.ts';
import { findBadNetworks, findNetworkLeftovers } from './check/networks.ts';
import { findCutWrites, findPartialBlobs, findRubbish } from './check/rubbish.ts';
import { findRunLeftovers } from './check/run-state.ts';
import { findBadSecrets } from './check/secrets.ts';
import { findBadVolumes } from './check/volumes.ts';

export type { Finding } from './check/finding.ts';

export interface CheckOptions {
  /** Leaves out what reads whole layers, but for those that something is doubtful about. */
  quick?: boolean;
  /** Milliseconds between two looks at what seems wrong; only a test has less time. */
  pause?: number;
}

/**
 * Finds damage, one thing after the other. Who wants it mended calls a finding's `repair` before asking for the next:
 * each step relies on those before it (an image whose layer was dropped is an image that lacks a layer).
 */
export async function* findDamage(engine: Engine, options: CheckOptions = {}): AsyncGenerator<Finding, void> {
  const { store } = engine;
  const confirmed = (look: () => Iterable<Finding>): Promise<Finding[]> => lookTwice(look, options.pause);
  yield* await confirmed(() => findRubbish(store));
  yield* await confirmed(() => findCutWrites(store));
  yield* await confirmed(() => findBadVolumes(store));
  yield* await confirmed(() => findBadSecrets(store));
  yield* await confirmed(() => findBadNetworks(engine));
  yield* await confirmed(() => findBadContainers(store));
  yield* findBadLayers(store, !options.quick);
  yield* await confirmed(() => findBadImages(engine));
  yield* await confirmed(() => findBadNames(engine));
  yield* await confirmed(() => findIncompleteContainers(store));
  yield* await confirmed(() => findEndedContainers(engine));
  yield* await confirmed(() => findRunLeftovers(engine));
  yield* await confirmed(() => findNetworkLeftovers(engine));
  yield* await confirmed(() => findStaleNames(store));
  yield* await confirmed(() => findNamelessContainers(store));
  yield* await confirmed(() => findBadBlobs(store));
  yield* await confirmed(() => findPartialBlobs(store));
  yield* await confirmed(() => findLeftoverLayers(engine));
}
