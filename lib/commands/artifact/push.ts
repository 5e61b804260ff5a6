import { writeFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { pushArtifact } from '../../engine/artifact/push.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { openEngine, print } from '../context.ts';
import { readRegistryOptions, registryOptions } from '../image/registry-options.ts';
import { TransferOutput } from './transfer-output.ts';

export const command = defineCommand({
  names: ['artifact push'],
  summary: 'Upload an artifact to a registry',
  usage: '[OPTIONS] ARTIFACT',
  description: "Sends an artifact to the registry that its name begins with. Prints its manifest's digest.",
  examples: ['artifact push quay.io/team/model:1.0'],
  options: {
    digestfile: {
      type: 'string',
      metavar: 'FILE',
      summary: "Write the pushed manifest's digest to the file",
      complete: 'file',
    },
    quiet: { short: 'q', type: 'bool', summary: 'Show no progress' },
    ...registryOptions,
  },
  args: { min: 1, max: 1 },
  async run({ options, args }) {
    using output = options.quiet ? undefined : new TransferOutput('Pushing', 'Pushed');
    const digest = await pushArtifact(openEngine(), {
      name: args[0]!.replace(/^docker:\/\//, ''),
      registry: readRegistryOptions(options),
      onEvent: output?.event,
    });
    if (options.digestfile !== undefined) writeFileSync(options.digestfile, digest);
    await print(`${digestHex(digest)}\n`);
  },
});
