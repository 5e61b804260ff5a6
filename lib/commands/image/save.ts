import { defineCommand } from '../../cli/command.ts';
import { withSpinner } from '../../cli/spinner.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { ProaError } from '../../core/error.ts';
import { FdWriter } from '../../core/output.ts';
import { openSave, type SaveFormat } from '../../engine/image/save.ts';
import { parsePlatform } from '../../oci/model/platform.ts';
import { openEngine } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';

const STDOUT = 1;
const FORMATS = ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir'] as const satisfies SaveFormat[];

export const command = defineCommand({
  names: ['save', 'image save'],
  summary: 'Save images to an archive',
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  description:
    'Writes images to an archive or folder that proa, docker, podman, skopeo and umoci load; a name without a tag stands for all of its tags. Layers are the same bit for bit as they came; those of OCI formats are compressed. Into an OCI layout that is there already, the images are added.',
  examples: [
    'save -o busybox.tar busybox',
    'save app:1 app:2 | gzip > app.tar.gz',
    'save --format oci-dir -o layout app',
    'save --format oci-archive --uncompressed -o app.oci app',
  ],
  options: {
    format: {
      type: 'string',
      default: 'docker-archive',
      choices: FORMATS,
      metavar: 'FORMAT',
      summary: FORMATS.join(', '),
    },
    output: {
      short: 'o',
      type: 'string',
      metavar: 'FILE',
      summary: 'Write to a file or folder instead of stdout',
      complete: 'file',
    },
    compress: { type: 'bool', summary: 'Compress the layers of a docker-dir by gzip' },
    'multi-image-archive': {
      short: 'm',
      type: 'bool',
      hidden: true,
      summary: 'Taken for Podman; several names always are several images',
    },
    platform: {
      type: 'string',
      metavar: 'OS/ARCH[/VARIANT]',
      summary: 'Refuse images that are for another platform',
    },
    'signature-policy': {
      type: 'string',
      metavar: 'FILE',
      hidden: true,
      summary: 'Taken for Podman; images are checked when they come in',
    },
    uncompressed: { type: 'bool', summary: 'Leave the layers of OCI formats uncompressed' },
    quiet: { short: 'q', type: 'bool', summary: 'Show no progress' },
  },
  args: { min: 1 },
  completeArgs: 'image',
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const { output } = options;
      const format = options.format as SaveFormat;
      const folder = format.endsWith('-dir');
      if (output === undefined && folder) {
        throw new ProaError('BAD_ARGUMENTS', `save images: ${format} is a folder`, {
          hint: 'Name it: --output DIR',
        });
      }
      if (output === undefined && isTerminal(STDOUT)) {
        throw new ProaError('OUTPUT_IS_TERMINAL', 'save images: refusing to write an archive to a terminal', {
          hint: 'Use --output FILE, or redirect stdout: proa save IMAGE > image.tar',
        });
      }
      if (options.compress && format !== 'docker-dir') {
        throw new ProaError(
          'CONFLICTING_OPTIONS',
          "--compress can only be set when --format is 'docker-dir'",
          {
            hint: 'The layers of OCI formats are compressed without it; a whole archive: proa save IMAGE | gzip',
          },
        );
      }
      const gzip = format.startsWith('oci') ? !options.uncompressed : options.compress;
      await using save = await openSave(openEngine(), {
        images: args,
        format,
        packing: { compression: gzip ? 'gzip' : 'none' },
        ...(options.platform !== undefined && { platform: parsePlatform(options.platform) }),
      });
      const work = async (): Promise<void> => {
        if (output === undefined) await writeTo(STDOUT, save.archive());
        else if (folder) await save.writeFolder(output);
        else await save.writeFile(output);
      };
      await (options.quiet ? work() : withSpinner('Saving', work));
    }),
});

async function writeTo(fd: number, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = new FdWriter(fd);
  for await (const chunk of bytes) await writer.write(chunk);
}
