import { defineCommand } from '../../cli/command.ts';
import { removeEntry } from '../../engine/manifest-list/edit.ts';
import { openEngine, print } from '../context.ts';
import { listId } from './list-options.ts';

export const command = defineCommand({
  names: ['manifest remove'],
  summary: 'Take an entry out of a manifest list',
  usage: 'LIST DIGEST|IMAGE',
  examples: ['manifest remove app sha256:0123…', 'manifest remove team/app:1.0 team/app:1.0-arm64'],
  options: {},
  args: { min: 2, max: 2 },
  completeArgs: 'image',
  async run({ args: [name, entry] }) {
    await print(listId(await removeEntry(openEngine(), name!, entry!)));
  },
});
