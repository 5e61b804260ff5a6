import { defineCommand } from '../../cli/command.ts';
import { createList, fullName } from '../../engine/manifest-list/edit.ts';
import { openEngineForImages, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { listId, listRegistryOptions, readListRegistryOptions } from './list-options.ts';

export const command = defineCommand({
  names: ['manifest create'],
  summary: 'Create a manifest list',
  usage: '[OPTIONS] LIST [IMAGE...]',
  description:
    'A list gives the same image for several platforms one name. An image is taken from its registry, or from here when only this store has it; of an image that is itself a list, the one for this machine. Docker’s form of the line (LIST with images by their names) is confirmed in its words, any other with the id, as Podman does it.',
  examples: [
    'manifest create team/app:1.0 team/app:1.0-amd64 team/app:1.0-arm64',
    'manifest create --amend team/app:1.0 team/app:1.0-riscv64',
    'manifest create --all mirror/alpine docker://alpine',
  ],
  options: {
    all: { type: 'bool', summary: 'Of an image that is a list: everything that it lists' },
    amend: { short: 'a', type: 'bool', summary: 'Add to the list when there is one of this name' },
    ...listRegistryOptions,
  },
  args: { min: 1 },
  completeArgs: 'image',
  run: ({ options, args: [name, ...images] }) =>
    withExitCode1(async () => {
      const { all, amend } = options;
      const registry = readListRegistryOptions(options);
      const record = await createList(openEngineForImages(), name!, images, { all, amend, registry });
      const isDockers = images.length > 0 && !all && !images.some((image) => /^[a-z-]+:\/?\//.test(image));
      await print(isDockers ? `Created manifest list ${fullName(name!)}\n` : listId(record));
    }),
});
