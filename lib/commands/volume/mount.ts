import { defineCommand } from '../../cli/command.ts';
import { mountVolumeFor } from '../../engine/volume/mount.ts';
import { openEngine } from '../context.ts';
import { forEachName } from '../each.ts';

export const command = defineCommand({
  names: ['volume mount'],
  summary: 'Mount volumes and print where',
  usage: 'VOLUME [VOLUME...]',
  description:
    'Volumes with a file system or an image of their own are mounted while containers use them, and by this until ' +
    'volume unmount. The files of all others are always there.',
  examples: ['volume mount scratch'],
  options: {},
  args: { min: 1 },
  completeArgs: 'volume',
  run({ args }) {
    const { store } = openEngine();
    return forEachName(args, async (name) => mountVolumeFor(store, name));
  },
});
