import { defineCommand } from '../../cli/command.ts';
import { requireArtifact } from '../../engine/artifact/names.ts';
import { readArtifact } from '../../storage/artifacts.ts';
import { openEngine, print } from '../context.ts';

export const command = defineCommand({
  names: ['artifact inspect'],
  summary: 'Show all about an artifact',
  usage: '[OPTIONS] ARTIFACT',
  examples: ['artifact inspect quay.io/team/model:1.0', "artifact inspect --format '{{.Digest}}' 3f2a"],
  options: {
    format: { short: 'f', type: 'string', metavar: 'FORMAT', summary: "'json' or a Go template" },
  },
  args: { min: 1, max: 1 },
  async run({ options: { format }, args }) {
    const { store } = openEngine();
    const artifact = requireArtifact(store, args[0]!);
    const { bytes, manifest } = readArtifact(store, artifact);
    const document = {
      Manifest: JSON.parse(Buffer.from(bytes).toString()) as object,
      Name: artifact.name ?? '',
      Digest: artifact.descriptor.digest,
      TotalSizeBytes: manifest.layers.reduce((sum, { size }) => sum + size, 0),
    };
    if (format === undefined || format === 'json')
      return await print(`${JSON.stringify(document, null, 4)}\n`);
    const { compileTemplate } = await import('../../cli/template/compile.ts');
    await print(`${compileTemplate(format)(document)}\n`);
  },
});
