import { defineCommand } from '../../cli/command.ts';
import { withSpinner } from '../../cli/spinner.ts';
import { type ImportSource, importImage } from '../../engine/image/import.ts';
import { parseTag } from '../../engine/image/tag.ts';
import { isUrl } from '../../engine/image/web-archive.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { platformOptions, readPlatformOptions } from './registry-options.ts';

export const command = defineCommand({
  names: ['import', 'image import'],
  summary: 'Create an image from the contents of a tarball',
  usage: '[OPTIONS] FILE|DIR|URL|- [NAME[:TAG]]',
  description:
    'Makes an image of one layer from the file system of a container, as proa export writes it, compressed or not; or from a folder, with its files as they are.',
  examples: [
    'import rootfs.tar.xz base:1',
    'import ./rootfs base:2',
    "import -c 'CMD [\"bash\"]' -m 'from the build server' https://example.com/rootfs.tgz base",
  ],
  options: {
    change: {
      short: 'c',
      type: 'list',
      metavar: 'INSTRUCTION',
      summary: 'Set defaults by a Dockerfile instruction (CMD, ENV, …)',
    },
    message: { short: 'm', type: 'string', metavar: 'TEXT', summary: "Comment in the image's history" },
    ...platformOptions,
    quiet: { short: 'q', type: 'bool', summary: 'Show no progress' },
  },
  args: { min: 1, max: 2 },
  completeArgs: 'file',
  run: ({ options, args: [source, name] }) =>
    withExitCode1(async () => {
      const request = {
        source: readSource(source!),
        name: name === undefined ? undefined : parseTag(name),
        platform: readPlatformOptions(options),
        changes: options.change,
        message: options.message,
      };
      const work = () => importImage(openEngineForImages(), request);
      const { image } = await (options.quiet ? work() : withSpinner('Importing', work));
      await print(`${image.id}\n`);
    }),
});

function readSource(text: string): ImportSource {
  if (text === '-') return { stream: Bun.stdin.stream(), name: '-' };
  return isUrl(text) ? { url: text } : { path: text };
}
