import { readFileSync, writeFileSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { ProaError } from '../../core/error.ts';
import { parseTag } from '../../engine/image/tag.ts';
import { parseAnnotation } from '../../engine/imagetools/annotations.ts';
import { combineImages, pushCombined } from '../../engine/imagetools/create.ts';
import { parseSource, type StatedSource } from '../../engine/imagetools/sources.ts';
import { formatReference } from '../../oci/model/reference.ts';
import { print, warn } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { listRegistryOptions, readListRegistryOptions } from '../manifest/list-options.ts';

const STDERR = 2;

export const command = defineCommand({
  names: ['buildx imagetools create'],
  summary: 'Make an image of several, in a registry',
  usage: '[OPTIONS] [SOURCE...]',
  description:
    'A SOURCE is a name, a digest in the repository of the tag, or a descriptor in JSON. Images of other repositories are copied or mounted; nothing is stored here. A single index is copied as it is.',
  examples: [
    'buildx imagetools create -t team/app:1.0 team/app:1.0-amd64 team/app:1.0-arm64',
    'buildx imagetools create --append -t team/app:1.0 team/app:1.0-riscv64',
    'buildx imagetools create --dry-run alpine:3.20',
  ],
  options: {
    annotation: {
      type: 'list',
      metavar: 'TYPE:KEY=VALUE',
      summary: 'Annotate the index (index:) or its entries (manifest-descriptor[PLATFORM]:)',
    },
    append: { type: 'bool', summary: "Add to the first tag's image" },
    builder: {
      type: 'string',
      hidden: true,
      metavar: 'NAME',
      summary: 'Taken for Docker; there is one builder',
    },
    'dry-run': { type: 'bool', summary: 'Print the index instead of pushing it' },
    file: {
      short: 'f',
      type: 'list',
      metavar: 'FILE',
      summary: 'Read a source from a file',
      complete: 'file',
    },
    'metadata-file': {
      type: 'string',
      metavar: 'FILE',
      summary: 'Write what was made to a file',
      complete: 'file',
    },
    platform: { short: 'p', type: 'list', metavar: 'PLATFORM[,...]', summary: 'Keep only these platforms' },
    'prefer-index': {
      type: 'bool',
      default: true,
      summary: 'Make an index of a single image too, instead of copying it',
    },
    progress: {
      type: 'string',
      choices: ['auto', 'none', 'plain', 'tty'],
      default: 'auto',
      metavar: 'HOW',
      summary: 'Say on stderr what is done: auto (on a terminal), none, plain or tty',
    },
    tag: { short: 't', type: 'list', metavar: 'NAME', summary: 'Name of the new image' },
    ...listRegistryOptions,
  },
  run: ({ options, args }) =>
    withExitCode1(async () => {
      const tags = options.tag.map(parseTag);
      const sources = [...options.file.map(readSource), ...args.map(parseSource)];
      if (sources.length === 0) throw new ProaError('BAD_ARGUMENTS', 'no sources specified');
      if (tags.length === 0 && !options['dry-run'])
        throw new ProaError(
          'BAD_ARGUMENTS',
          "can't push with no tags specified, please set --tag or --dry-run",
        );
      const isToldOf = options.progress === 'auto' ? isTerminal(STDERR) : options.progress !== 'none';
      const request = {
        sources,
        tags,
        append: options.append,
        annotations: options.annotation.flatMap(parseAnnotation),
        platforms: options.platform.flatMap((text) => text.split(',')),
        preferIndex: options['prefer-index'],
        registry: readListRegistryOptions(options),
        ...(isToldOf && { onEvent: warn }),
      };
      const image = await combineImages(request);
      if (options['dry-run']) return print(`${new TextDecoder().decode(image.bytes)}\n`);
      await pushCombined(image, request);
      if (options['metadata-file'] !== undefined) {
        const { mediaType, digest, bytes } = image;
        const metadata = {
          'containerimage.descriptor': { mediaType, digest, size: bytes.length },
          'containerimage.digest': digest,
          'image.name': tags.map(formatReference).join(','),
        };
        writeFileSync(options['metadata-file'], `${JSON.stringify(metadata, null, 2)}\n`);
      }
    }),
});

function readSource(file: string): StatedSource {
  return parseSource(readFileSync(file, 'utf8'));
}
