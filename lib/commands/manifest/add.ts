import { defineCommand } from '../../cli/command.ts';
import { addToList } from '../../engine/manifest-list/edit.ts';
import { openEngineForImages, print } from '../context.ts';
import {
  entryOptions,
  listId,
  listRegistryOptions,
  readEntryOptions,
  readListRegistryOptions,
} from './list-options.ts';

export const command = defineCommand({
  names: ['manifest add'],
  summary: 'Add images to a manifest list',
  usage: '[OPTIONS] LIST IMAGE [IMAGE...]',
  description:
    'An image is taken from its registry, or from here when only this store has it; also from oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, dir:DIR and docker-daemon:NAME, which bring it here.',
  examples: [
    'manifest add app app-arm64',
    'manifest add --arch arm64 --variant v8 app docker://quay.io/team/app:arm',
    'manifest add --all app quay.io/team/base',
  ],
  options: {
    all: { type: 'bool', summary: 'Of an image that is a list: everything that it lists' },
    ...entryOptions,
    ...listRegistryOptions,
  },
  args: { min: 2 },
  completeArgs: 'image',
  async run({ options, args: [name, ...images] }) {
    const request = { all: options.all, registry: readListRegistryOptions(options) };
    const changes = readEntryOptions(options);
    await print(listId(await addToList(openEngineForImages(), name!, images, request, changes)));
  },
});
