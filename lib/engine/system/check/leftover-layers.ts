/** Whole layers that nothing refers to: a pull that broke off left them for its next attempt, or an rmi was killed. */
import { type Digest, shortId } from '../../../oci/model/digest.ts';
import { cachedLayers } from '../../../storage/build-cache.ts';
import { layersOf } from '../../../storage/containers.ts';
import type { BadRecord } from '../../../storage/images.ts';
import { layerPath, listLayers } from '../../../storage/layers.ts';
import { listVolumes } from '../../../storage/volumes.ts';
import type { Engine } from '../../engine.ts';
import { sweepUnreferenced } from '../../image/sweep.ts';
import { type Finding, isBusy } from './finding.ts';
import { wholeContainers, wholeImages } from './records.ts';

export function* findLeftoverLayers(engine: Engine): Iterable<Finding> {
  const { store } = engine;
  const { images, complete } = wholeImages(store);
  // (What an unreadable record needs is not known.)
  const badVolumes: BadRecord[] = [];
  const volumes = listVolumes(store, badVolumes);
  if (!complete || badVolumes.length > 0) return;
  const needed = new Set<Digest>();
  for (const { diffIds } of images) for (const diffId of diffIds) needed.add(diffId);
  for (const { config } of wholeContainers(store)) for (const diffId of layersOf(config)) needed.add(diffId);
  for (const { image } of volumes) for (const diffId of image?.diffIds ?? []) needed.add(diffId);
  for (const diffId of cachedLayers(store)) needed.add(diffId);
  for (const diffId of listLayers(store)) {
    // A locked one is leased: a pull or a create is about to refer to it.
    if (needed.has(diffId) || isBusy(layerPath(store, diffId))) continue;
    const remove = (): string =>
      sweepUnreferenced(engine, [diffId]).layers.length > 0 ? 'removed' : 'needed by now, kept';
    const why = 'no image and no container uses it; the next pull of its image would';
    yield { what: 'layer', which: shortId(diffId), why, harmless: true, repair: remove };
  }
}
