import { defineCommand } from '../../cli/command.ts';
import { ProaError } from '../../core/error.ts';
import { detailsOf, inspectRemote } from '../../engine/imagetools/inspect.ts';
import { parseReference } from '../../oci/model/reference.ts';
import { print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { listRegistryOptions, readListRegistryOptions } from '../manifest/list-options.ts';
import { describeManifest } from './manifest-text.ts';
import { renderImage } from './template-view.ts';

export const command = defineCommand({
  names: ['buildx imagetools inspect'],
  summary: 'Show what a registry has under a name',
  usage: '[OPTIONS] NAME',
  description:
    'Templates know .Name, .Manifest, .Image (the configuration; of several platforms a map of them), .Provenance and .SBOM.',
  examples: [
    'buildx imagetools inspect alpine',
    'buildx imagetools inspect --raw team/app:1.0',
    "buildx imagetools inspect --format '{{json .Manifest}}' alpine",
  ],
  options: {
    builder: {
      type: 'string',
      hidden: true,
      metavar: 'NAME',
      summary: 'Taken for Docker; there is one builder',
    },
    format: {
      type: 'string',
      metavar: 'FORMAT',
      summary: 'A Go template (default: {{.Manifest}}, a text of lines)',
    },
    raw: { type: 'bool', summary: 'Show the bytes that the registry has' },
    ...listRegistryOptions,
  },
  args: { min: 1, max: 1 },
  run: ({ options, args: [name] }) =>
    withExitCode1(async () => {
      const { raw, format } = options;
      if (raw && format !== undefined)
        throw new ProaError('CONFLICTING_OPTIONS', 'format and raw cannot be used together');
      const reference = parseReference(name!);
      const image = await inspectRemote(reference, readListRegistryOptions(options));
      if (raw) return print(new TextDecoder().decode(image.bytes));
      if (format === undefined || /^\{\{\s*\.Manifest\s*\}\}$/.test(format))
        return print(describeManifest(reference, image));
      const statements = /\.(SBOM|Provenance)\b/.test(format);
      await print(renderImage(format, name!, image, await detailsOf(image, { statements })));
    }),
});
