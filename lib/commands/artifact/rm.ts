import { defineCommand } from '../../cli/command.ts';
import { hasCode, ProaError } from '../../core/error.ts';
import { requireArtifact } from '../../engine/artifact/names.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { type Artifact, listArtifacts, lockArtifacts, removeArtifacts } from '../../storage/artifacts.ts';
import type { Store } from '../../storage/store.ts';
import { openEngine, print } from '../context.ts';

export const command = defineCommand({
  names: ['artifact rm', 'artifact remove'],
  summary: 'Remove artifacts',
  usage: '[OPTIONS] ARTIFACT [ARTIFACT...]',
  description: 'Removes artifacts by name, digest or the start of one, and prints their digests.',
  examples: ['artifact rm quay.io/team/model:1.0', 'artifact rm --all'],
  options: {
    all: { short: 'a', type: 'bool', summary: 'Remove all artifacts' },
    ignore: { short: 'i', type: 'bool', summary: 'No error for what is not there' },
  },
  args: { min: 1, unless: ['all'] },
  async run({ options: { all, ignore }, args }) {
    if (all && args.length > 0)
      throw new ProaError('BAD_ARGUMENTS', 'remove artifacts: --all takes no names and no digests');
    const { store } = openEngine();
    using _ = await lockArtifacts(store);
    // All are looked up before the first one goes.
    const gone = all ? listArtifacts(store) : args.flatMap((text) => find(store, text, ignore));
    removeArtifacts(store, gone);
    await print(gone.map(({ descriptor }) => `${digestHex(descriptor.digest)}\n`).join(''));
  },
});

function find(store: Store, text: string, ignore: boolean): Artifact[] {
  try {
    return [requireArtifact(store, text)];
  } catch (error) {
    if (ignore && hasCode(error, 'ARTIFACT_NOT_FOUND')) return [];
    throw error;
  }
}
