import { defineCommand } from '../../cli/command.ts';
import { unmountVolumeFor } from '../../engine/volume/mount.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['volume unmount'],
  summary: 'End what volume mount mounted',
  usage: 'VOLUME [VOLUME...]',
  description: 'A volume stays mounted as long as containers use it, or others mounted it too.',
  examples: ['volume unmount scratch'],
  options: {},
  args: { min: 1 },
  completeArgs: 'volume',
  run({ args }) {
    const { store } = openEngine();
    return forEachName(args, async (name) => unmountVolumeFor(store, name));
  },
});
