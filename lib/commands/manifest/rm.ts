import { defineCommand } from '../../cli/command.ts';
import { removeList } from '../../engine/manifest-list/edit.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['manifest rm'],
  summary: 'Remove manifest lists',
  usage: 'LIST [LIST...]',
  description: 'The images that they list stay.',
  examples: ['manifest rm team/app:1.0'],
  options: {},
  args: { min: 1 },
  completeArgs: 'image',
  async run({ args }) {
    const engine = openEngine();
    const remove = async (name: string): Promise<string> => {
      await removeList(engine, name);
      return '';
    };
    return forEachName(args, remove, 1);
  },
});
