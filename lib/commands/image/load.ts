import { fstatSync } from 'node:fs';
import { defineCommand } from '../../cli/command.ts';
import { isTerminal } from '../../cli/terminal.ts';
import { ProaError } from '../../core/error.ts';
import { readDescriptor } from '../../core/input.ts';
import type { ArchiveInput } from '../../engine/image/archive.ts';
import { loadImages } from '../../engine/image/load.ts';
import { isUrl, readUrl, shownUrl } from '../../engine/image/web-archive.ts';
import { parsePlatform } from '../../oci/model/platform.ts';
import { familiarName } from '../../oci/model/reference.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { trustOptions } from './registry-options.ts';

const STDIN = 0;

export const command = defineCommand({
  names: ['load', 'image load'],
  summary: 'Load images from an archive',
  usage: '[OPTIONS]',
  description:
    'Loads what docker save, podman save, skopeo, umoci or buildx write: Docker and OCI archives, plain or compressed by gzip, zstd, xz or bzip2, and folders.',
  examples: [
    'load -i busybox.tar',
    'load < app.tar.xz',
    'load --platform linux/arm64 -i https://example.com/app.oci.tar',
  ],
  options: {
    input: {
      short: 'i',
      type: 'string',
      metavar: 'FILE',
      summary: 'Read a file, a folder or an http(s) URL instead of stdin',
      complete: 'file',
    },
    platform: {
      type: 'string',
      metavar: 'OS/ARCH[/VARIANT]',
      summary: 'Platform to choose (default: this machine)',
    },
    quiet: { short: 'q', type: 'bool', summary: 'Taken for Docker; there is no progress to leave out' },
    ...trustOptions,
  },
  args: { min: 0, max: 0 },
  run: ({ options }) =>
    withExitCode1(async () => {
      const platform = options.platform === undefined ? undefined : parsePlatform(options.platform);
      for await (const { image, names, moved } of loadImages(openEngineForImages(), {
        input: readInput(options.input),
        platform,
        policyFile: options['signature-policy'],
      })) {
        for (const { name, from } of moved) {
          await print(
            `The image ${familiarName(name)} already exists, renaming the old one with ID ${from} to empty string\n`,
          );
        }
        for (const name of names) await print(`Loaded image: ${familiarName(name)}\n`);
        if (names.length === 0) await print(`Loaded image ID: ${image.id}\n`);
      }
    }),
});

function readInput(file: string | undefined): ArchiveInput {
  if (file !== undefined && isUrl(file)) return { stream: readUrl(file), name: shownUrl(file) };
  if (file !== undefined && file !== '-') return { path: file };
  if (isTerminal(STDIN)) {
    throw new ProaError('INPUT_IS_TERMINAL', 'load images: stdin is a terminal, not an archive', {
      hint: 'Use --input FILE, or redirect stdin: proa load < image.tar',
    });
  }
  // `load < FILE` needs no copy: the file can be read wherever its members lie.
  if (fstatSync(STDIN).isFile()) return { path: '/dev/stdin', name: 'stdin' };
  return { stream: readDescriptor(STDIN), name: 'stdin' };
}
