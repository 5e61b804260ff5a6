/** Whether a layer's files still are what its diff id stands for. */
import { existsSync } from 'node:fs';
import { hasCode, messageOf } from '../core/error.ts';
import type { Digest } from '../oci/model/digest.ts';
import { layerDiffPath, layerRecipePath } from './layers.ts';
import type { Store } from './store.ts';
import { rebuildTar } from './tar/rebuild.ts';

export interface Measured {
  damage?: undefined;
  /** Bytes of the tar. */
  plainSize: number;
}

/** Rebuilds the layer's tar and compares it with the diff id. Reads all of its files. */
export async function measureLayer(store: Store, diffId: Digest): Promise<Measured | { damage: string }> {
  const missing = missingPart(store, diffId);
  if (missing !== undefined) return { damage: missing };
  const algorithm = diffId.slice(0, diffId.indexOf(':')) as 'sha256' | 'sha512';
  const hasher = new Bun.CryptoHasher(algorithm);
  let plainSize = 0;
  try {
    for await (const chunk of rebuildTar(layerRecipePath(store, diffId), layerDiffPath(store, diffId))) {
      hasher.update(chunk);
      plainSize += chunk.length;
    }
  } catch (error) {
    // Anything else (no memory, no descriptors) says nothing about the layer.
    if (!hasCode(error, 'LAYER_DAMAGED', 'EIO')) throw error;
    return { damage: messageOf(error).replace(/^rebuild layer: /, '') };
  }
  const digest = `${algorithm}:${hasher.digest('hex')}`;
  return digest === diffId ? { plainSize } : { damage: `its content has digest ${digest}` };
}

/** What of the layer's files is not there at all. */
export function missingPart(store: Store, diffId: Digest): string | undefined {
  if (!existsSync(layerDiffPath(store, diffId))) return 'its files are missing';
  if (!existsSync(layerRecipePath(store, diffId))) return 'its recipe is missing';
  return undefined;
}
