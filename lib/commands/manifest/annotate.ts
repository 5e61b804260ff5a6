import { defineCommand } from '../../cli/command.ts';
import { annotateEntry } from '../../engine/manifest-list/edit.ts';
import { openEngine, print } from '../context.ts';
import { withExitCode1 } from '../exit-code.ts';
import { entryOptions, listId, readEntryOptions } from './list-options.ts';

export const command = defineCommand({
  names: ['manifest annotate'],
  summary: 'Say more about an entry of a manifest list',
  usage: '[OPTIONS] LIST IMAGE|DIGEST',
  description:
    'The entry is named as it was added, or by its digest. By its digest the list’s id is printed, as Podman does it; by its name nothing.',
  examples: [
    'manifest annotate --arch arm --variant v7 team/app:1.0 team/app:1.0-armhf',
    'manifest annotate --annotation stage=beta app sha256:0123…',
  ],
  options: entryOptions,
  args: { min: 2, max: 2 },
  completeArgs: 'image',
  run: ({ options, args: [name, entry] }) =>
    withExitCode1(async () => {
      const record = await annotateEntry(openEngine(), name!, entry!, readEntryOptions(options));
      if (entry!.startsWith('sha256:')) await print(listId(record));
    }),
});
