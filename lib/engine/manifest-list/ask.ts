/** What a registry, or a mirror of it, has under a name. */
import { hasCode, ProaError } from '../../core/error.ts';
import { formatReference, type Reference } from '../../oci/model/reference.ts';
import type { RegistryOptions } from '../../oci/registry/client.ts';
import { askSources } from '../image/pull.ts';

/** @throws ProaError NO_SUCH_MANIFEST in Docker's words, which scripts look for; else the registry's */
export async function askForManifest(
  reference: Reference,
  registry: RegistryOptions,
): ReturnType<typeof askSources> {
  try {
    return await askSources({ reference, registry });
  } catch (error) {
    if (!hasCode(error, 'MANIFEST_UNKNOWN')) throw error;
    const { hint } = error as ProaError;
    throw new ProaError('NO_SUCH_MANIFEST', `no such manifest: ${formatReference(reference)}`, {
      hint,
      cause: error,
    });
  }
}
