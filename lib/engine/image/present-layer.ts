/** Using a layer that is here already. */
import { bootId } from '../../core/boot.ts';
import { hasCode } from '../../core/error.ts';
import { type Lock, tryLock } from '../../core/lock.ts';
import { discard } from '../../core/staging.ts';
import type { Digest } from '../../oci/model/digest.ts';
import { type LayerLease, type LayerRecord, layerPath, readLayer, syncLayers } from '../../storage/layers.ts';
import type { Store } from '../../storage/store.ts';

/**
 * Leases a layer that is here.
 * @returns its record; undefined when it is not here, or was there but not whole
 */
export async function leasePresentLayer(
  store: Store,
  lease: LayerLease,
  diffId: Digest,
): Promise<LayerRecord | undefined> {
  if (isDoubtful(store, diffId)) await settle(store, diffId);
  return (await lease.add(store, diffId)) ? readLayer(store, diffId) : undefined;
}

/** Unpacked in another boot, and not known to be on disk before that one ended: a power cut may have cut it short. */
function isDoubtful(store: Store, diffId: Digest): boolean {
  const since = readLayer(store, diffId)?.unsyncedSince;
  return since !== undefined && since !== bootId();
}

/**
 * Reads a doubtful layer whole: a right one is noted as such, a wrong one goes. Who holds a lease on it has settled it
 * before, so waiting for the lock ends as soon as the doubt does.
 */
async function settle(store: Store, diffId: Digest): Promise<void> {
  const { measureLayer } = await import('../../storage/layer-content.ts');
  while (isDoubtful(store, diffId)) {
    const held = lockIfFree(store, diffId);
    if (held === undefined) {
      await Bun.sleep(20);
      continue;
    }
    using _ = held;
    if (!isDoubtful(store, diffId)) return;
    const { damage } = await measureLayer(store, diffId);
    if (damage === undefined) syncLayers(store, [diffId]);
    else discard(layerPath(store, diffId), store.tmp);
  }
}

function lockIfFree(store: Store, diffId: Digest): Lock | undefined {
  try {
    return tryLock(layerPath(store, diffId));
  } catch (error) {
    // It went meanwhile: then nothing of it is doubtful.
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
