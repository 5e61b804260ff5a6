import { defineCommand } from '../../cli/command.ts';
import { listExists } from '../../engine/manifest-list/inspect.ts';
import { openEngine } from '../context.ts';

export const command = defineCommand({
  names: ['manifest exists'],
  summary: 'Tell by the exit code whether a manifest list is here',
  usage: 'LIST',
  examples: ['manifest exists app || proa manifest create app'],
  description: 'Exits with 0 when it is here, and with 1 when it is not, or is a single image.',
  options: {},
  args: { min: 1, max: 1 },
  completeArgs: 'image',
  async run({ args }) {
    return listExists(openEngine(), args[0]!) ? 0 : 1;
  },
});
