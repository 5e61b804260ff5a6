import { ProaError } from '../../core/error.ts';
import { span } from '../../core/trace.ts';
import { layerDiffPath, layerRecipePath } from '../../storage/layers.ts';
import type { Store } from '../../storage/store.ts';
import { rebuildTar } from '../../storage/tar/rebuild.ts';
import type { PlainLayer } from './new-manifest.ts';

/**
 * A layer's tar, bit for bit, rebuilt from its files and its recipe.
 * @throws ProaError LAYER_DAMAGED, at its end at the latest, when it is not what its diff id says
 */
export async function* readLayerTar(
  store: Store,
  { digest, size }: PlainLayer,
): AsyncGenerator<Uint8Array, void> {
  using _ = span('rebuild layer');
  const hasher = new Bun.CryptoHasher('sha256');
  let total = 0;
  for await (const chunk of rebuildTar(layerRecipePath(store, digest), layerDiffPath(store, digest))) {
    hasher.update(chunk);
    total += chunk.length;
    yield chunk;
  }
  const is = `sha256:${hasher.digest('hex')}`;
  if (is === digest && total === size) return;
  throw new ProaError(
    'LAYER_DAMAGED',
    `rebuild layer ${digest}: its files were altered: they make up ${is}`,
    {
      hint: 'proa system check --repair, then pull the image again',
    },
  );
}
