import { defineCommand } from '../../cli/command.ts';
import { pullArtifact } from '../../engine/artifact/pull.ts';
import { digestHex } from '../../oci/model/digest.ts';
import { openEngine, print } from '../context.ts';
import { readRegistryOptions, registryOptions, trustOptions } from '../image/registry-options.ts';
import { TransferOutput } from './transfer-output.ts';

export const command = defineCommand({
  names: ['artifact pull'],
  summary: 'Download an artifact from a registry',
  usage: '[OPTIONS] ARTIFACT',
  description: "Every byte is verified before the artifact is visible. Prints its manifest's digest.",
  examples: ['artifact pull quay.io/team/model:1.0'],
  options: {
    quiet: { short: 'q', type: 'bool', summary: 'Show no progress' },
    ...registryOptions,
    ...trustOptions,
  },
  args: { min: 1, max: 1 },
  async run({ options, args }) {
    using output = options.quiet ? undefined : new TransferOutput('Downloading', 'Download complete');
    const digest = await pullArtifact(openEngine(), {
      name: args[0]!.replace(/^docker:\/\//, ''),
      registry: readRegistryOptions(options),
      policyFile: options['signature-policy'],
      onEvent: output?.event,
    });
    await print(`${digestHex(digest)}\n`);
  },
});
